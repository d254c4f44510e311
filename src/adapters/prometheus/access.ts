import { readFile } from 'node:fs/promises';
import type { Clock } from '../../clock.ts';
import { createTransports, type Transport } from '../../http/outgoing/agents.ts';

/** Credentials for a metric source. Files may be replaced at run time. */
export interface AccessOptions {
  /** Tenant, as Mimir, Cortex and Loki read it from X-Scope-OrgID. */
  readonly tenant?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly bearerToken?: string | undefined;
  readonly bearerTokenFile?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly passwordFile?: string | undefined;
  /** PEM files: the only CA to trust, and a client certificate with its key. */
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

/** Options of one request. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  /** How axios reaches a URL. */
  readonly transportFor: (url: string) => Transport;
}

/** Credentials, from memory or from their files. Rejects with a sentence that names the file, never its content. */
export interface Access {
  credentials(): Promise<Credentials>;
  /** Reads the files again at the next request: the server has just refused their content. */
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

/** Creates the access; files are read at the first request. `sockets` limits the connections to one host. */
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
      // Running requests finish on the old one; the server closes what is left.
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
