import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { run } from '../cluster/process/command.ts';
import type { Access } from './access.ts';

/** A kubeconfig of the controller with its own token, which identifies its requests in the audit log. */
export interface Credential {
  readonly kubeconfig: string;
  /** As the audit log names it. */
  readonly id: string;
}

interface Kubeconfig {
  readonly users: readonly { readonly user: object }[];
}

/** The identity of a ServiceAccount's token: the claim `jti`. */
export function credentialId(token: string): string {
  const [, payload = ''] = token.split('.');
  const { jti } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { jti: string };
  return `JTI=${jti}`;
}

/** Asks for one more token of the controller's ServiceAccount. */
export async function newCredential(access: Access, name: string): Promise<Credential> {
  const asAdmin = ['--kubeconfig', access.kubeconfig, '--namespace', 'sluice-system'];
  const token = (
    await run(access.kubectl, [...asAdmin, 'create', 'token', 'sluice', '--duration=24h'])
  ).trim();
  const config = parse(await readFile(access.controllerKubeconfig, 'utf8')) as Kubeconfig;
  const users = config.users.map((one) => ({ ...one, user: { token } }));
  const kubeconfig = join(access.dir, `${name}.kubeconfig`);
  await writeFile(kubeconfig, stringify({ ...config, users }), { mode: 0o600 });
  return { kubeconfig, id: credentialId(token) };
}
