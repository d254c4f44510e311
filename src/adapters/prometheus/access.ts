import { readFile } from 'node:fs/promises';
import type { Clock } from '../../clock.ts';
import { createTransports, type Transport } from '../../http/outgoing/agents.ts';

/** How this program makes itself known to a source of metrics. What is in files may be replaced while it runs. */
export interface AccessOptions {
  /** Tenant, as Mimir, Cortex and Loki read it from X-Scope-OrgID. */
  readonly tenant?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly bearerToken?: string | undefined;
  readonly bearerTokenFile?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly passwordFile?: string | undefined;
  /** PEM files: a CA to trust beside none else, and a certificate of our own with its key. */
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

/** What goes into one request. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  /** How axios reaches a URL. */
  readonly transportFor: (url: string) => Transport;
}

/** Credentials, from memory or read anew. Rejects with a sentence that names the file, never what is in it. */
export interface Access {
  credentials(): Promise<Credentials>;
  /** Reads the files again at the next request: the server has just refused what was in them. */
  refresh(): void;
}

/** Tokens and certificates are rotated well before they expire; they are read again this often. */
const TTL_MS = 60_000;

async function contentOf(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new Error(`the file ${file} cannot be read (${code})`, { cause: error });
  }
}

async function authorization(options: AccessOptions): Promise<Record<string, string>> {
  const token = options.bearerToken ?? (await contentOf(options.bearerTokenFile))?.trim();
  if (token !== undefined) return { Authorization: `Bearer ${token}` };
  if (options.username === undefined) return {};
  const password = options.password ?? (await contentOf(options.passwordFile))?.trim() ?? '';
  return {
    Authorization: `Basic ${Buffer.from(`${options.username}:${password}`).toString('base64')}`,
  };
}

async function headersOf(options: AccessOptions): Promise<Record<string, string>> {
  const tenant = options.tenant === undefined ? {} : { 'X-Scope-OrgID': options.tenant };
  return { ...options.headers, ...tenant, ...(await authorization(options)) };
}

/** Makes the access; files are read at the first request. `sockets` bounds the connections to one host. */
export function createAccess(
  options: AccessOptions,
  clock: Pick<Clock, 'monotonic'>,
  sockets: number,
): Access {
  const pool = { keepAlive: true, maxSockets: sockets };
  let secure: { readonly pem: string; readonly transportFor: Credentials['transportFor'] } | null = null;
  let known: { readonly at: number; readonly credentials: Promise<Credentials> } | null = null;

  const read = async (): Promise<Credentials> => {
    const [headers, ca, cert, key] = await Promise.all([
      headersOf(options),
      contentOf(options.caFile),
      contentOf(options.certFile),
      contentOf(options.keyFile),
    ]);
    const pem = JSON.stringify([ca, cert, key]);
    if (secure?.pem !== pem) {
      // What is under way over the old one ends as it would; its server closes what is left.
      const transportFor = createTransports({
        ...pool,
        ...(ca === undefined ? {} : { ca }),
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
      });
      secure = { pem, transportFor };
    }
    return { headers, transportFor: secure.transportFor };
  };

  return {
    credentials: () => {
      if (known === null || clock.monotonic() - known.at > TTL_MS) {
        const entry = { at: clock.monotonic(), credentials: read() };
        known = entry;
        entry.credentials.catch(() => {
          if (known === entry) known = null;
        });
      }
      return known.credentials;
    },
    refresh: () => {
      known = null;
    },
  };
}
