import { yamlText } from '../yaml-text.ts';

/** How a client proves who it is: base64 PEM data, or a bearer token. */
export type Credentials = { readonly certificate: string; readonly key: string } | { readonly token: string };

export interface KubeconfigInput {
  readonly server: string;
  /** The API server's authority, base64 PEM. */
  readonly authority: string;
  readonly user: string;
  readonly credentials: Credentials;
}

/** A self-contained kubeconfig: no path in it, so that it can be moved. */
export function kubeconfig({ server, authority, user, credentials }: KubeconfigInput): string {
  const proof =
    'token' in credentials
      ? { token: credentials.token }
      : { 'client-certificate-data': credentials.certificate, 'client-key-data': credentials.key };
  return yamlText({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'sluice',
    clusters: [{ name: 'sluice', cluster: { server, 'certificate-authority-data': authority } }],
    users: [{ name: user, user: proof }],
    contexts: [{ name: 'sluice', context: { cluster: 'sluice', user } }],
  });
}
