import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Provider } from 'oidc-provider';
import { createAuthority, issue } from '../../hack/cluster/parts/certificates.ts';

/** A provider of OpenID Connect over TLS, in which everybody who comes is signed in at once. */
export interface OidcProvider {
  readonly issuer: string;
  /** Its CA, as a file (PEM). */
  readonly caFile: string;
  readonly ca: string;
  /** Who comes next, with their groups; null is somebody who refuses. */
  person: { readonly name: string; readonly groups: readonly string[] } | null;
  close(): Promise<void>;
}

/** The client of the dashboard. */
export const CLIENT = { id: 'sluice', secret: 'a-secret-of-sixteen-or-more' } as const;

let key: object | undefined;

/** One key for all providers of a process: making it takes seconds on a busy machine. */
function signingKey(): object {
  key ??= {
    ...generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({ format: 'jwk' }),
    use: 'sig',
    alg: 'RS256',
  };
  return key;
}

/** Starts it on a free port of loopback, for a dashboard at `publicUrl`. It asks whether to sign out, if it has a page for that. */
export async function startOidcProvider(
  publicUrl: string,
  { hasSignOut = true }: { readonly hasSignOut?: boolean } = {},
): Promise<OidcProvider> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-oidc-'));
  const authority = await createAuthority(folder, 'ca', 'test provider');
  const pair = await issue(authority, folder, 'server', { name: 'provider', altNames: ['IP:127.0.0.1'] });
  const server = createServer({ cert: readFileSync(pair.cert), key: readFileSync(pair.key) });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stage: OidcProvider = {
    issuer,
    caFile: authority.cert,
    ca: await readFile(authority.cert, 'utf8'),
    person: { name: 'ann', groups: [] },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await rm(folder, { recursive: true });
    },
  };
  const provider = new Provider(issuer, {
    jwks: { keys: [signingKey()] as never },
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [`${publicUrl}/auth/callback`],
        post_logout_redirect_uris: [`${publicUrl}/`],
      },
    ],
    claims: { openid: ['sub', 'groups'], email: ['email'], groups: [] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: hasSignOut } },
    interactions: { url: (_context, { uid }) => `/sign-in/${uid}` },
    findAccount: (_context, sub) => ({
      accountId: sub,
      claims: () => ({ sub, email: `${sub}@example.com`, groups: [...(stage.person?.groups ?? [])] }),
    }),
    // Nobody is asked what the dashboard may know.
    loadExistingGrant: async (context) => {
      const grant = new context.oidc.provider.Grant({
        clientId: context.oidc.client?.clientId ?? '',
        accountId: context.oidc.session?.accountId ?? '',
      });
      grant.addOIDCScope('openid email groups');
      await grant.save();
      return grant;
    },
    cookies: { keys: ['for tests only'] },
  });
  const answer = provider.callback();
  server.on('request', (request, response) => {
    if (request.url?.startsWith('/sign-in/') !== true) return void answer(request, response);
    const result =
      stage.person === null
        ? { error: 'access_denied', error_description: 'the person refused' }
        : { login: { accountId: stage.person.name } };
    void provider.interactionFinished(request, response, result);
  });
  return stage;
}
