import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { type Dispatcher, request } from 'undici';
import { textOf } from './text-body.ts';

/** A POST, and how much of its answer is read. */
export interface TextRequest {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** The whole answer of a server, with any status. */
export interface TextAnswer {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData['headers'];
  readonly body: string;
}

/** An answer that is longer than was asked for, unpacked. */
export class AnswerTooLong extends Error {}

/** User and password of a URL as a header: undici leaves them out. */
function authorizationOf(url: string): Record<string, string> {
  const { username, password } = new URL(url);
  if (username === '' && password === '') return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
}

/** Names of headers differ in case; the later of two that are the same is sent. */
function merged(...all: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  return Object.fromEntries(
    all.flatMap((headers) => Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
  );
}

function unpacked({ body, headers }: Dispatcher.ResponseData): Readable {
  const encoding = headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return body;
  if (encoding !== 'gzip') throw new Error('packs its answer in a way that was not asked for');
  // What fails shows where the unpacked side is read.
  return pipeline(body, createGunzip(), () => {});
}

/**
 * Posts a text and reads the whole answer, of at most `maxBytes`; else rejects with `AnswerTooLong`. No redirect is
 * followed, so that neither body nor credentials reach a server that nobody named.
 */
export async function postText(
  { url, body, headers, maxBytes, signal }: TextRequest,
  dispatcher: Dispatcher,
): Promise<TextAnswer> {
  const given = { 'accept-encoding': 'gzip', 'user-agent': 'sluice' };
  const response = await request(url, {
    method: 'POST',
    body,
    headers: merged(given, headers, authorizationOf(url)),
    dispatcher,
    signal,
  });
  try {
    const text = await textOf(unpacked(response), maxBytes);
    if (text === null) throw new AnswerTooLong();
    return { status: response.statusCode, headers: response.headers, body: text };
  } finally {
    response.body.on('error', () => {}).destroy();
  }
}
