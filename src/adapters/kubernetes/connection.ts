import { readFile } from 'node:fs/promises';
import type { SecureContextOptions } from 'node:tls';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import type { Clock } from '../../clock.ts';
import { SluiceError, wordsOf } from '../../errors.ts';
import { proxyFor } from '../../http/outgoing/proxy.ts';

/** How to reach an API server, and the credentials for it. */
export interface Connection {
  /** Base URL, without a slash at the end. */
  readonly server: string;
  /** Namespace of the kubeconfig's context, if it names one. */
  readonly namespace?: string | undefined;
  /** The pool of keep-alive connections, and the headers that authenticate. Called before each request. */
  open(): Promise<{ readonly dispatcher: Dispatcher; readonly headers: Readonly<Record<string, string>> }>;
  /** Reads the credentials again at the next request: the API server has just refused them. */
  refresh(): void;
  close(): Promise<void>;
}

/** Tokens in files are rotated by the kubelet well before they expire; they are read again this often. */
const CREDENTIALS_TTL_MS = 60_000;
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

type Tls = Pick<SecureContextOptions, 'ca' | 'cert' | 'key'> & {
  rejectUnauthorized?: boolean;
  servername?: string;
};

interface Credentials {
  readonly tls: Tls;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * HTTP/1.1, and as many connections as there are watches and requests at once: the client bounds its requests, and a
 * watch keeps its connection for as long as it lasts.
 */
function poolOf(tls: Tls, proxy: string | undefined): Dispatcher {
  const pool = { keepAliveTimeout: 30_000, pipelining: 1, allowH2: false } as const;
  if (proxy !== undefined) return new ProxyAgent({ ...pool, uri: proxy, requestTls: tls });
  return new Agent({
    ...pool,
    connect: { ...tls, timeout: 5_000, keepAlive: true, keepAliveInitialDelay: 30_000 },
  });
}

/** A connection whose credentials come from `read`; the pool is replaced only when the TLS part has changed. */
function createConnection(
  server: string,
  clock: Clock,
  read: () => Promise<Credentials>,
  proxy?: string,
): Connection {
  let known: { readonly at: number; readonly credentials: Credentials } | null = null;
  let pool: { readonly dispatcher: Dispatcher; readonly tls: string } | null = null;
  const credentialsNow = async (): Promise<Credentials> => {
    if (known === null || clock.monotonic() - known.at > CREDENTIALS_TTL_MS) {
      known = { at: clock.monotonic(), credentials: await read() };
    }
    return known.credentials;
  };
  return {
    server: server.replace(/\/$/, ''),
    open: async () => {
      const { tls, headers } = await credentialsNow();
      const fingerprint = JSON.stringify(tls);
      if (pool?.tls !== fingerprint) {
        // Running requests finish on the old pool.
        void pool?.dispatcher.close();
        pool = { dispatcher: poolOf(tls, proxy), tls: fingerprint };
      }
      return { dispatcher: pool.dispatcher, headers };
    },
    refresh: () => {
      known = null;
    },
    close: async () => {
      await pool?.dispatcher.destroy();
      pool = null;
    },
  };
}

/** A connection with fixed credentials, for tests and tools. */
export function connectTo(
  server: string,
  { token, ...tls }: { ca?: string; cert?: string; key?: string; token?: string } = {},
): Connection {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const clock = { now: () => 0, monotonic: () => 0 };
  return createConnection(server, clock, () => Promise.resolve({ tls, headers }));
}

/**
 * The pod's ServiceAccount, from the files in `folder`, read again as they are rotated. Implemented here because the
 * client library costs 0.4 s and 60 MB at every start.
 */
export function connectInCluster(
  { host, port }: { readonly host: string; readonly port: string },
  clock: Clock,
  folder: string = SERVICE_ACCOUNT,
): Connection {
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return createConnection(server, clock, async () => {
    const [ca, token] = await Promise.all([
      readFile(`${folder}/ca.crt`, 'utf8'),
      readFile(`${folder}/token`, 'utf8'),
    ]);
    return { tls: { ca }, headers: { authorization: `Bearer ${token.trim()}` } };
  });
}

/**
 * A connection without credentials of any kind, for those who bring a token of their own. The CA is read from its file
 * again as it is rotated.
 */
export function connectAsNobody(server: string, caFile: string, clock: Clock): Connection {
  return createConnection(server, clock, async () => {
    const ca = await readFile(caFile, 'utf8').catch((cause: unknown): never => {
      throw unusable(`the CA of the API server cannot be read: ${wordsOf(cause)}`, cause);
    });
    return { tls: { ca }, headers: {} };
  });
}

interface HttpsOptions extends Tls {
  headers?: Record<string, string>;
  auth?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A kubeconfig and its context, if not the default ones. */
interface Where {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

/** Everything a kubeconfig supports, including exec plugins, OIDC and client certificates. */
async function connectByKubeconfig(
  { kubeconfig: file, context }: Where,
  environment: Environment,
  clock: Clock,
): Promise<Connection> {
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const config = new KubeConfig();
  try {
    if (file === undefined) config.loadFromDefault();
    else config.loadFromFile(file);
  } catch (cause) {
    const why = wordsOf(cause);
    throw unusable(`kubeconfig ${file ?? '(default)'} cannot be read: ${why}`, cause);
  }
  if (context !== undefined) config.setCurrentContext(context);
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    const known = config.getContexts().map(({ name }) => name);
    throw unusable(
      `kubeconfig ${file ?? '(default)'} has no cluster for context ${config.getCurrentContext()}: set the context to one of ${known.join(', ')}`,
    );
  }
  const read = async (): Promise<Credentials> => {
    const https: HttpsOptions = {};
    await config.applyToHTTPSOptions(https as Parameters<typeof config.applyToHTTPSOptions>[0]);
    return credentialsOf(https);
  };
  // As in kubectl. An invalid server URL in a kubeconfig fails at the first request.
  const usual = URL.canParse(cluster.server) ? proxyFor(cluster.server, environment) : null;
  const proxy = cluster.proxyUrl ?? usual ?? undefined;
  const { namespace } = config.getContextObject(config.getCurrentContext()) ?? {};
  return { ...createConnection(cluster.server, clock, read, proxy), namespace };
}

function credentialsOf(https: HttpsOptions): Credentials {
  const { ca, cert, key, rejectUnauthorized, servername, auth } = https;
  const tls = Object.entries({ ca, cert, key, rejectUnauthorized, servername });
  const basic: Record<string, string> =
    auth === undefined ? {} : { authorization: `Basic ${Buffer.from(auth).toString('base64')}` };
  return {
    tls: Object.fromEntries(tls.filter(([, value]) => value !== undefined)),
    headers: { ...basic, ...https.headers },
  };
}

function unusable(message: string, cause?: unknown): SluiceError {
  return new SluiceError('CONFIG_INVALID', message, { retry: 'terminal', cause });
}

/**
 * The connection of a kubeconfig file and context; without them, that of the pod's ServiceAccount, or outside a cluster
 * that of the default kubeconfig. Rejects with CONFIG_INVALID if there is none. A kubeconfig's server is reached
 * through its `proxy-url`, else the proxy of the environment; the pod's own API server never is: an egress proxy must
 * not come between the controller and its cluster.
 */
export function connect(where: Where, environment: Environment, clock: Clock): Promise<Connection> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443', KUBECONFIG } = environment;
  const chosen = where.kubeconfig ?? where.context ?? KUBECONFIG;
  if (chosen === undefined && host !== undefined)
    return Promise.resolve(connectInCluster({ host, port }, clock));
  return connectByKubeconfig(where, environment, clock);
}
