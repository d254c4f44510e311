import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { holdOf } from '../../admission/hold.ts';
import { issueServing, makeAuthority } from './issue.ts';
import { type Server, serveWebhook } from './server.ts';

const HOST = 'sluice-webhook.sluice-system.svc';
const MIB = 2 ** 20;
const LIMITS = {
  requestTimeout: 1_000,
  headersTimeout: 500,
  handshakeTimeout: 3_000,
  connectionsCheckingInterval: 50,
};
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const REVIEW = JSON.stringify({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: {
    uid: 'abc',
    userInfo: { username: 'alice' },
    object: { metadata: { name: 'ranker' }, spec: {} },
    oldObject: null,
  },
});

let server: Server;
let ca = '';
const open: (ClientRequest | Socket)[] = [];
beforeEach(async () => {
  const now = Date.now();
  const authority = await makeAuthority(now);
  ca = authority.cert;
  server = await serveWebhook({ host: '::', port: 0 }, { hold: holdOf }, log, LIMITS);
  server.use(await issueServing(authority, HOST, now));
});
afterEach(async () => {
  for (const one of open.splice(0)) one.on('error', () => {}).destroy();
  await server.close();
});

/** Begins a request from an address of this machine; the caller sends the body. */
function begin(from: string, headers: Record<string, number | string>): ClientRequest {
  const at = {
    port: server.port,
    host: '127.0.0.1',
    localAddress: from,
    ca,
    servername: HOST,
    agent: false,
  } as const;
  const asked = request({ ...at, path: '/admit/hold', method: 'POST', headers });
  open.push(asked);
  return asked;
}

const answered = async (asked: ClientRequest): Promise<number> => {
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode ?? 0;
};

const review = (from: string): Promise<number> => {
  const asked = begin(from, { 'content-length': REVIEW.length });
  asked.end(REVIEW);
  return answered(asked);
};

describe('the server of the webhook', () => {
  it('refuses a body that is too long by its length, without reading it', async () => {
    const asked = begin('127.0.0.1', { 'content-length': 8 * MIB + 1 });
    asked.flushHeaders();
    expect(await answered(asked)).toBe(413);
  });

  it('answers the API server while a stranger has begun to send all that may be held for one address', async () => {
    for (let index = 0; index < 20; index += 1) begin('127.0.0.2', { 'content-length': 8 * MIB }).write('{');
    // Two of them are held now, the others wait.
    expect(await review('127.0.0.1')).toBe(200);
  });

  it('ends a request that does not come to its end, and gives the room back', async () => {
    const slow = Array.from({ length: 6 }, () => begin('127.0.0.2', { 'content-length': 8 * MIB }));
    const ends = slow.map((asked) => Promise.race([answered(asked), once(asked, 'error')]));
    for (const asked of slow) asked.write('{');
    await Promise.all(ends);
    expect(await review('127.0.0.2')).toBe(200);
  });

  it('closes what one address has more than 128 connections of, and takes those of others', async () => {
    const sockets = Array.from({ length: 140 }, () =>
      connect({ port: server.port, host: '127.0.0.1', localAddress: '127.0.0.2' }).on('error', () => {}),
    );
    open.push(...sockets);
    const closed = sockets.map(async (socket) => once(socket, 'close'));
    await Promise.all(closed.slice(128));
    expect(sockets.filter((socket) => !socket.destroyed)).toHaveLength(128);
    expect(await review('127.0.0.1')).toBe(200);
  });
});
