import { Agent, type Dispatcher, request } from 'undici';
import { checkUrl, TargetRefused, type Targets } from '../../http/outgoing/targets.ts';

/** Reads the lines of one page; throws an `Error` with the cause. */
export type ReadPage = (url: string, onLine: (line: string) => void) => Promise<void>;

/** Bounds of one page. */
export interface PageLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly targets: Targets;
}

/** A line is a name, labels and a number; a longer line means that it is not a metrics page. */
const LONGEST_LINE = 64 * 1024;

const CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses the connection',
  ECONNRESET: 'closed the connection',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
  UND_ERR_SOCKET: 'closed the connection',
  UND_ERR_CONNECT_TIMEOUT: 'did not answer in time',
  UND_ERR_HEADERS_TIMEOUT: 'did not answer in time',
  UND_ERR_BODY_TIMEOUT: 'did not answer in time',
  ABORT_ERR: 'did not answer in time',
};

/** A page that cannot be read; the message is for people. */
export class PageError extends Error {}

function causeOf(error: unknown): string {
  if (error instanceof PageError || error instanceof TargetRefused) return error.message;
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'did not answer in time';
  const code = 'code' in error ? String(error.code) : '';
  return CAUSES[code] ?? `cannot be read: ${error.message.slice(0, 200)}`;
}

function check({ statusCode, headers }: Dispatcher.ResponseData): void {
  if (statusCode >= 300 && statusCode < 400) throw new PageError('redirects, which is not followed');
  if (statusCode !== 200) throw new PageError(`answered HTTP ${statusCode}`);
  const type = String(headers['content-type'] ?? '');
  if (/html|json/.test(type)) throw new PageError(`answered with ${type.slice(0, 80)} instead of metrics`);
  if (headers['content-encoding'] !== undefined) throw new PageError('packs its page though not asked to');
}

/** Passes on each line of a body, however it is chunked, and stops at the bounds. */
async function readLines(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  onLine: (line: string) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  let [bytes, rest] = [0, ''];
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new PageError(`has more than ${Math.floor(maxBytes / 1024 / 1024)} MiB`);
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST_LINE) throw new PageError('has a line without end: it is no page of metrics');
    for (const line of lines) onLine(line);
  }
  if (rest !== '') onLine(rest);
}

/** Creates the reader. It requests the uncompressed text format, follows no redirect and ignores the declared size. */
export function createPageReader({ timeoutMs, maxBytes, targets }: PageLimits): ReadPage {
  const dispatcher = new Agent({
    connections: 2,
    keepAliveTimeout: 15_000,
    connect: { timeout: timeoutMs, rejectUnauthorized: false },
  });
  return async (url, onLine) => {
    const headers = { accept: 'text/plain;version=0.0.4;q=1,*/*;q=0.1' };
    try {
      checkUrl(targets, url);
      const signal = AbortSignal.timeout(timeoutMs);
      const response = await request(url, { dispatcher, headers, signal });
      try {
        check(response);
        await readLines(response.body, maxBytes, onLine);
      } catch (error) {
        response.body.on('error', () => {}).destroy();
        throw error;
      }
    } catch (error) {
      throw new Error(`${url} ${causeOf(error)}`, { cause: error });
    }
  };
}
