import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { bundle } from '../../hack/bundle/bundle.ts';
import type { Access } from '../../hack/testbed/access.ts';
import { CLIENT, type OidcProvider, startOidcProvider } from '../fakes/oidc-provider.ts';
import { type DashboardProcess, startDashboardProcess } from './dashboard-process.ts';

/** A dashboard for people of a provider of OpenID Connect, which the API server trusts while it runs. */
export interface ProvidedDashboard {
  readonly provider: OidcProvider;
  readonly dashboard: DashboardProcess;
  stop(): Promise<void>;
}

/** Whom the API server trusts. It reads the file again when it changes. */
async function trust({ dir }: Access, jwt: readonly object[]): Promise<void> {
  const config = { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthenticationConfiguration', jwt };
  await writeFile(join(dir, 'authentication.yaml'), stringify(config));
}

const CLAIMS = {
  username: { claim: 'sub', prefix: 'oidc:' },
  groups: { claim: 'groups', prefix: 'oidc:' },
};

/** Bundles and starts it on a port of loopback, behind what says it is a proxy: everybody comes from one address here. */
export async function startProvidedDashboard(access: Access, port: number): Promise<ProvidedDashboard> {
  const program = join(access.dir, `sluice-${port}.mjs`);
  const secret = join(access.dir, `oidc-secret-${port}`);
  const [provider] = await Promise.all([
    startOidcProvider(`http://127.0.0.1:${port}`),
    bundle('sluice', program),
    writeFile(secret, CLIENT.secret, { mode: 0o600 }),
  ]);
  const { issuer: url, ca: certificateAuthority } = provider;
  await trust(access, [
    { issuer: { url, audiences: [CLIENT.id], certificateAuthority }, claimMappings: CLAIMS },
  ]);
  const dashboard = await startDashboardProcess(access, program, port, [
    `--oidc-issuer=${url}`,
    `--oidc-client-id=${CLIENT.id}`,
    `--oidc-client-secret-file=${secret}`,
    `--oidc-ca-file=${provider.caFile}`,
    '--behind-proxy',
  ]);
  return {
    provider,
    dashboard,
    stop: async () => {
      await dashboard.stop();
      await trust(access, []);
      await provider.close();
    },
  };
}
