import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addresses } from '../addresses.ts';
import {
  asBase64,
  createAuthority,
  createTokenKeys,
  issue,
  type KeyPair,
  type Subject,
} from './certificates.ts';
import { type Credentials, kubeconfig } from './kubeconfig.ts';

/** Everything that says who is who in a cluster, and the means to introduce somebody else. */
export interface Identities {
  readonly authority: KeyPair;
  readonly frontProxyAuthority: KeyPair;
  readonly frontProxyClient: KeyPair;
  readonly server: KeyPair;
  /** What istiod shows to the API server. */
  readonly istiodServer: KeyPair;
  readonly tokenKeys: { readonly key: string; readonly publicKey: string };
  /** Writes a kubeconfig for a user known by certificate and returns its path. */
  userKubeconfig(user: Omit<Subject, 'altNames'>): Promise<string>;
  /** Writes a kubeconfig for a bearer token and returns its path. */
  tokenKubeconfig(name: string, token: string): Promise<string>;
}

/** Where clients inside the namespace find the API server. */
export const apiServerUrl = `https://127.0.0.1:${addresses.ports.apiServer}`;

const serverNames = [
  'IP:127.0.0.1',
  `IP:${addresses.apiServer}`,
  `IP:${addresses.apiService}`,
  'DNS:localhost',
  ...[
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
  ].map((name) => `DNS:${name}`),
];

const fileName = (name: string): string => name.replaceAll(/[^A-Za-z0-9.-]/g, '_');

/** Makes the authorities, the servers' certificates and the token keys of a new cluster below `directory`. */
export async function createIdentities(directory: string): Promise<Identities> {
  const pki = join(directory, 'pki');
  await mkdir(pki, { recursive: true, mode: 0o700 });
  const [authority, frontProxyAuthority, tokenKeys] = await Promise.all([
    createAuthority(pki, 'ca', 'sluice-cluster'),
    createAuthority(pki, 'front-proxy-ca', 'sluice-front-proxy'),
    createTokenKeys(pki),
  ]);
  const [server, istiodServer, frontProxyClient, ca] = await Promise.all([
    issue(authority, pki, 'server', { name: 'kube-apiserver', altNames: serverNames }),
    issue(authority, pki, 'istiod', { name: 'istiod', altNames: ['IP:127.0.0.1'] }),
    issue(frontProxyAuthority, pki, 'front-proxy-client', { name: 'front-proxy-client' }),
    asBase64(authority.cert),
  ]);
  async function write(name: string, credentials: Credentials): Promise<string> {
    const file = join(directory, `${fileName(name)}.kubeconfig`);
    const text = kubeconfig({ server: apiServerUrl, authority: ca, user: name, credentials });
    await writeFile(file, text, { mode: 0o600 });
    return file;
  }
  return {
    authority,
    frontProxyAuthority,
    frontProxyClient,
    server,
    istiodServer,
    tokenKeys,
    async userKubeconfig(user) {
      const { cert, key } = await issue(authority, pki, `user-${fileName(user.name)}`, user);
      return write(user.name, { certificate: await asBase64(cert), key: await asBase64(key) });
    },
    tokenKubeconfig: (name, token) => write(name, { token }),
  };
}
