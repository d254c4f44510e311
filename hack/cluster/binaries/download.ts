import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { EnvHttpProxyAgent, fetch, type Response } from 'undici';
import { ClusterError, messageOf } from '../cluster-error.ts';

const connectTimeoutMs = 4_000;
const unreachable = new Set<string>();

/** A file to download and where its publisher says its SHA-256: a file of `<digest>  <name>` lines or of the digest alone. */
export interface Download {
  readonly url: string;
  readonly sumsUrl: string;
}

const agent = new EnvHttpProxyAgent({ connect: { timeout: connectTimeoutMs } });

async function open(url: string): Promise<Response> {
  const { host } = new URL(url);
  if (unreachable.has(host)) throw new ClusterError(`${host} could not be reached before`);
  const answered = new AbortController();
  const timer = setTimeout(() => answered.abort(), 2 * connectTimeoutMs);
  try {
    const response = await fetch(url, { dispatcher: agent, signal: answered.signal });
    if (!response.ok) throw new ClusterError(`${url} answered ${response.status}`);
    return response;
  } catch (error) {
    if (error instanceof ClusterError) throw error;
    unreachable.add(host);
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw new ClusterError(`${host} cannot be reached (${messageOf(cause)})`);
  } finally {
    clearTimeout(timer);
  }
}

/** The digest that a sums file gives for a file name; null when it names other files only. */
export function digestFor(sums: string, name: string): string | null {
  for (const line of sums.split('\n')) {
    const [digest, file] = line.trim().split(/\s+\*?/);
    if (digest !== undefined && /^[0-9a-f]{64}$/.test(digest) && (file === undefined || file === name))
      return digest;
  }
  return null;
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/**
 * Downloads a file and checks it against its publisher's SHA-256. A host that does not answer within four seconds is
 * not tried again by this process; throws a `ClusterError` in every case of failure.
 */
export async function download({ url, sumsUrl }: Download, file: string): Promise<void> {
  const sums = await (await open(sumsUrl)).text();
  const expected = digestFor(sums, url.slice(url.lastIndexOf('/') + 1));
  if (expected === null) throw new ClusterError(`${sumsUrl} has no SHA-256 of ${url}`);
  const { body } = await open(url);
  if (body === null) throw new ClusterError(`${url} is empty`);
  await pipeline(Readable.fromWeb(body), createWriteStream(file));
  const actual = await sha256(file);
  if (actual !== expected)
    throw new ClusterError(`${url} has SHA-256 ${actual}, its publisher says ${expected}`);
}
