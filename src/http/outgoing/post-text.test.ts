import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpReceiver, startHttpReceiver } from '../../../test/fakes/http-server.ts';
import { createDispatchers } from './agents.ts';
import { AnswerTooLong, postText, type TextRequest } from './post-text.ts';

let server: HttpReceiver;
const dispatcherOf = createDispatchers({});
const post = (given: Partial<TextRequest> = {}) => {
  const asked = {
    url: server.url,
    body: '{}',
    headers: {},
    maxBytes: 1_000,
    signal: AbortSignal.timeout(9_000),
  };
  return postText({ ...asked, ...given }, dispatcherOf(server.url));
};
const packed = (encoding: string, body: Buffer) => ({
  status: 200,
  headers: { 'content-encoding': encoding },
  body,
});

beforeAll(async () => {
  server = await startHttpReceiver();
});
afterAll(() => server.close());

describe('postText', () => {
  it('sends user and password of the URL, rather than other credentials', async () => {
    const url = server.url.replace('//', '//me:p%40ss@');
    await post({ url, headers: { Authorization: 'Bearer other' } });
    expect(server.received.at(-1)?.headers.authorization).toBe(`Basic ${btoa('me:p@ss')}`);
  });

  it('unpacks gzip, for which it asks, and nothing else', async () => {
    server.answer = packed('gzip', gzipSync('hello'));
    expect((await post()).body).toBe('hello');
    expect(server.received.at(-1)?.headers['accept-encoding']).toBe('gzip');
    server.answer = packed('br', brotliCompressSync('hello'));
    await expect(post()).rejects.toThrow('packs its answer in a way that was not asked for');
    server.answer = packed('gzip', Buffer.from('no gzip'));
    await expect(post()).rejects.toThrow('incorrect header check');
  });

  it('reads no more than it may, unpacked', async () => {
    server.answer = packed('gzip', gzipSync('x'.repeat(1_000)));
    expect((await post()).body).toHaveLength(1_000);
    await expect(post({ maxBytes: 999 })).rejects.toBeInstanceOf(AnswerTooLong);
  });

  it('follows no redirect', async () => {
    const before = server.received.length;
    server.answer = { status: 307, headers: { location: `${server.url}/elsewhere` } };
    expect(await post()).toMatchObject({ status: 307, headers: { location: `${server.url}/elsewhere` } });
    expect(server.received).toHaveLength(before + 1);
  });
});
