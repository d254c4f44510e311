import { request } from 'undici';
import type { Connection } from './connection.ts';

/** The answer to a GET of any path of the API server, with any HTTP status. */
export type FetchText = (path: string) => Promise<{ readonly code: number; readonly text: string }>;

/** Longest answer, in characters. */
const MOST = 64 * 1024 * 1024;

/** GETs of any path with the credentials of a connection. Rejects if nothing answers, or with more than 64 MiB. */
export function fetchTextOf(connection: Connection, timeoutMs: number): FetchText {
  return async (path) => {
    const { dispatcher, headers } = await connection.open();
    const limits = { headersTimeout: timeoutMs, bodyTimeout: timeoutMs };
    const { statusCode, body } = await request(`${connection.server}${path}`, {
      dispatcher,
      headers,
      ...limits,
    });
    let text = '';
    for await (const part of body.setEncoding('utf8')) {
      text += String(part);
      if (text.length > MOST) throw new Error('the answer is longer than 64 MiB');
    }
    return { code: statusCode, text };
  };
}
