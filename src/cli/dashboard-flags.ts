import { readFile } from 'node:fs/promises';
import { parseDuration } from '../api/values/duration.ts';
import { wordsOf } from '../errors.ts';
import { CliError, EXIT } from './cli-error.ts';
import type { ExamineFlags } from './examiner.ts';
import type { ClusterFlags } from './session.ts';

/** The flags of a dashboard that people sign in to, as they are written. */
export interface ServeFlags extends ClusterFlags, ExamineFlags {
  readonly serve: string;
  readonly publicUrl?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly behindProxy?: boolean;
  readonly apiServer?: string;
  readonly apiServerCa: string;
  readonly oidcIssuer?: string;
  readonly oidcClientId?: string;
  readonly oidcClientSecretFile?: string;
  readonly oidcCaFile?: string;
  readonly oidcScopes: string;
  readonly oidcSignOut?: boolean;
  readonly token?: boolean;
  readonly session: string;
  readonly namespaces?: string;
}

/** The same, checked. Times are in milliseconds. */
export interface ServeConfig {
  readonly host: string;
  readonly port: number;
  /** Reads the certificate and its key. */
  readonly tls?: () => Promise<{ readonly cert: string; readonly key: string }>;
  /** Whether browsers reach it by TLS only. */
  readonly isSecure: boolean;
  readonly isBehindProxy: boolean;
  readonly publicUrl: URL | null;
  readonly apiServer: string;
  readonly apiServerCa: string;
  readonly oidc: {
    readonly issuer: string;
    readonly clientId: string;
    readonly clientSecret: string | undefined;
    readonly ca: string | undefined;
    readonly scopes: string;
    /** Whether signing out of the dashboard signs out of the provider. */
    readonly signsOut: boolean;
  } | null;
  readonly takesTokens: boolean;
  readonly sessionMs: number;
  readonly namespaces: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

const LOOPBACK = /^(127(\.[0-9]{1,3}){3}|::1|localhost)$/;

function urlIn(
  text: string | undefined,
  flag: string,
  problems: string[],
  protocols: readonly string[],
): URL | null {
  if (text === undefined) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && protocols.includes(url.protocol)) return url;
  problems.push(
    `${flag} ${text}: must be a URL that begins with ${protocols.join(' or ').replaceAll(':', '://')}`,
  );
  return null;
}

function addressIn(text: string, problems: string[]): { readonly host: string; readonly port: number } {
  const found = /^(?:\[([^\]]+)\]|([^:]*)):([0-9]{1,5})$/.exec(text);
  const port = Number(found?.[3]);
  if (found !== null && port <= 65_535) return { host: found[1] ?? (found[2] || '0.0.0.0'), port };
  problems.push(`--serve ${text}: must be HOST:PORT or :PORT, like :8443 or 127.0.0.1:8443`);
  return { host: '', port: 0 };
}

async function fileIn(
  path: string | undefined,
  flag: string,
  problems: string[],
): Promise<string | undefined> {
  if (path === undefined) return undefined;
  return readFile(path, 'utf8').then(
    (text) => text.trim(),
    (error: unknown) => {
      problems.push(`${flag} ${path}: cannot be read: ${wordsOf(error)}`);
      return undefined;
    },
  );
}

async function pairIn(cert: string, key: string): Promise<{ readonly cert: string; readonly key: string }> {
  return { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
}

/** The API server of the pod, unless another is named. */
function apiServerIn({ apiServer }: ServeFlags, env: Environment, problems: string[]): string {
  if (apiServer !== undefined)
    return urlIn(apiServer, '--api-server', problems, ['https:'])?.href.replace(/\/$/, '') ?? '';
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = env;
  if (host !== undefined) return `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  problems.push(
    '--api-server is missing: outside of a pod, name the URL of the API server, and its CA by --api-server-ca',
  );
  return '';
}

/** TLS here or in front, unless nobody but this machine can reach it. */
function checkTls(flags: ServeFlags, host: string, problems: string[]): void {
  const { tlsCert, tlsKey, behindProxy } = flags;
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    problems.push('--tls-cert and --tls-key go together: give both');
  if (tlsCert === undefined && behindProxy !== true && !LOOPBACK.test(host))
    problems.push(
      `--serve ${flags.serve}: tokens would cross the network in the clear; give --tls-cert and --tls-key, or --behind-proxy if a proxy in front ends TLS, or serve 127.0.0.1`,
    );
}

async function oidcIn(flags: ServeFlags, problems: string[]): Promise<ServeConfig['oidc']> {
  const { oidcIssuer, oidcClientId, oidcScopes: scopes } = flags;
  const clientSecret = await fileIn(flags.oidcClientSecretFile, '--oidc-client-secret-file', problems);
  const ca = await fileIn(flags.oidcCaFile, '--oidc-ca-file', problems);
  const issuer = urlIn(oidcIssuer, '--oidc-issuer', problems, ['https:']);
  if (oidcIssuer === undefined && oidcClientId === undefined) return null;
  if (oidcIssuer === undefined) problems.push('--oidc-client-id needs --oidc-issuer');
  if (oidcClientId === undefined) problems.push('--oidc-issuer needs --oidc-client-id');
  if (flags.publicUrl === undefined)
    problems.push('--oidc-issuer needs --public-url, to which the provider sends people back');
  if (!scopes.split(' ').includes('openid')) problems.push('--oidc-scopes: openid must be among them');
  // The issuer is kept as it was written: the provider compares it letter by letter.
  return issuer === null
    ? null
    : {
        issuer: oidcIssuer ?? '',
        clientId: oidcClientId ?? '',
        clientSecret,
        ca,
        scopes,
        signsOut: flags.oidcSignOut !== false,
      };
}

function sessionIn(text: string, problems: string[]): number {
  const ms = parseDuration(text);
  if (ms !== null && ms >= 60_000 && ms <= 24 * 3_600_000) return ms;
  problems.push(`--session ${text}: must be a duration from 1m to 24h, like 8h`);
  return 0;
}

/** Checks all flags; rejects with one line for each mistake. */
export async function serveConfig(flags: ServeFlags, env: Environment): Promise<ServeConfig> {
  const problems: string[] = [];
  for (const name of ['kubeconfig', 'context', 'namespace'] as const)
    if (flags[name] !== undefined)
      problems.push(`--${name} has no meaning with --serve: it has no rights of its own; name --api-server`);
  const { host, port } = addressIn(flags.serve, problems);
  checkTls(flags, host, problems);
  await fileIn(flags.tlsCert, '--tls-cert', problems);
  await fileIn(flags.tlsKey, '--tls-key', problems);
  const { tlsCert, tlsKey } = flags;
  const publicUrl = urlIn(flags.publicUrl, '--public-url', problems, ['https:', 'http:']);
  const apiServer = apiServerIn(flags, env, problems);
  const oidc = await oidcIn(flags, problems);
  const takesTokens = flags.token !== false;
  const sessionMs = sessionIn(flags.session, problems);
  if (!takesTokens && oidc === null && problems.length === 0)
    problems.push('--no-token leaves nobody a way to sign in: give --oidc-issuer');
  if (problems.length > 0)
    throw new CliError(problems[0] ?? '', { exit: EXIT.usage, next: problems.slice(1) });
  return {
    host,
    port,
    ...(tlsCert === undefined || tlsKey === undefined ? {} : { tls: () => pairIn(tlsCert, tlsKey) }),
    isSecure: tlsCert !== undefined || publicUrl?.protocol === 'https:',
    isBehindProxy: flags.behindProxy === true,
    publicUrl,
    apiServer,
    apiServerCa: flags.apiServerCa,
    oidc,
    takesTokens,
    sessionMs,
    namespaces: (flags.namespaces ?? '')
      .split(',')
      .map((one) => one.trim())
      .filter(Boolean),
  };
}
