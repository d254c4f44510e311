import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliError } from './cli-error.ts';
import { type ServeFlags, serveConfig } from './dashboard-flags.ts';

const POD = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '6443' };
const EXAMINE = { controllerNamespace: 'sluice-system', rootNamespace: 'istio-system' };
const DEFAULTS = { apiServerCa: '/ca.crt', oidcScopes: 'openid email groups', session: '1h', ...EXAMINE };

let folder = '';
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-flags-'));
  await Promise.all(['cert', 'key', 'secret'].map((name) => writeFile(file(name), `${name}\n`)));
});
afterAll(() => rm(folder, { recursive: true }));

const flags = (more: Partial<ServeFlags>): ServeFlags => ({ serve: ':8443', ...DEFAULTS, ...more });

/** Everything that is wrong with flags. */
async function mistakes(more: Partial<ServeFlags>, env: Record<string, string> = POD): Promise<string> {
  const error: unknown = await serveConfig(flags(more), env).then(
    () => null,
    (one: unknown) => one,
  );
  return error instanceof CliError ? [error.message, ...error.next].join('\n') : '';
}

const tls = (): Partial<ServeFlags> => ({ tlsCert: file('cert'), tlsKey: file('key') });
const oidc = {
  oidcIssuer: 'https://id.example',
  oidcClientId: 'sluice',
  publicUrl: 'https://sluice.example',
};

const secure = async (more: Partial<ServeFlags>): Promise<boolean> =>
  (await serveConfig(flags(more), POD)).isSecure;

describe('serving people', () => {
  it.each<[string, () => Partial<ServeFlags>]>([
    ['with TLS', tls],
    ['behind a proxy', () => ({ behindProxy: true })],
    ['on loopback', () => ({ serve: '127.0.0.1:0' })],
    ['on loopback by IPv6', () => ({ serve: '[::1]:8443' })],
    ['with a provider', () => ({ ...tls(), ...oidc, oidcClientSecretFile: file('secret') })],
  ])('%s is fine', async (_how, given) => {
    expect(await mistakes(given())).toBe('');
  });

  it.each<[string, () => Partial<ServeFlags>, string]>([
    ['every address without TLS', () => ({}), 'tokens would cross the network in the clear'],
    [
      'another address without TLS',
      () => ({ serve: '192.0.2.1:80' }),
      'or --behind-proxy if a proxy in front ends TLS',
    ],
    ['half of a certificate', () => ({ tlsCert: file('cert') }), '--tls-cert and --tls-key go together'],
    ['a file that is not there', () => ({ ...tls(), tlsKey: file('none') }), 'none: cannot be read'],
    ['no port', () => ({ serve: '127.0.0.1' }), 'must be HOST:PORT or :PORT'],
    ['a kubeconfig', () => ({ ...tls(), kubeconfig: 'x' }), '--kubeconfig has no meaning with --serve'],
    [
      'an issuer alone',
      () => ({ ...tls(), oidcIssuer: 'https://id.example' }),
      '--oidc-issuer needs --oidc-client-id',
    ],
    ['a client alone', () => ({ ...tls(), oidcClientId: 'x' }), '--oidc-client-id needs --oidc-issuer'],
    [
      'a provider without a public URL',
      () => ({ ...tls(), ...oidc, publicUrl: undefined as never }),
      'needs --public-url',
    ],
    [
      'a provider without TLS',
      () => ({ ...tls(), ...oidc, oidcIssuer: 'http://id.example' }),
      'begins with https://',
    ],
    [
      'scopes without openid',
      () => ({ ...tls(), ...oidc, oidcScopes: 'email' }),
      'openid must be among them',
    ],
    ['no way to sign in', () => ({ ...tls(), token: false }), 'leaves nobody a way to sign in'],
    ['a session for ever', () => ({ ...tls(), session: '90d' }), 'must be a duration from 1m to 24h'],
  ])('%s is refused', async (_what, given, text) => {
    expect(await mistakes(given())).toContain(text);
  });

  it('outside of a pod needs the API server', async () => {
    expect(await mistakes(tls(), {})).toContain('--api-server is missing');
    expect(await mistakes({ ...tls(), apiServer: 'https://cluster:6443' }, {})).toBe('');
    expect(await mistakes({ ...tls(), apiServer: 'http://cluster' }, {})).toContain('begins with https://');
  });

  it('says all that is wrong at once', async () => {
    expect((await mistakes({ serve: 'x', session: 'y', token: false }, {})).split('\n')).toHaveLength(4);
  });

  it('is secure where browsers come by TLS', async () => {
    expect(await secure(tls())).toBe(true);
    expect(await secure({ behindProxy: true, publicUrl: 'https://sluice.example' })).toBe(true);
    expect(await secure({ serve: '127.0.0.1:80' })).toBe(false);
  });
});
