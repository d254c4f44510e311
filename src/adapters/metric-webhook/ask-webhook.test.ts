import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type HttpReceiver, type Served, startHttpReceiver } from '../../../test/fakes/http-server.ts';
import { createTargets } from '../../http/outgoing/targets.ts';
import { createPost } from '../../http/post.ts';
import type { WebhookReply } from '../../ports/metric-webhook.ts';
import { createAskWebhook } from './ask-webhook.ts';

let web: HttpReceiver;
beforeAll(async () => {
  web = await startHttpReceiver();
});
afterAll(() => web.close());
beforeEach(() => {
  web.received.length = 0;
});

const AT = Date.parse('2026-11-24T12:00:00Z');
const paused: number[] = [];
/** A new asker, whose breakers know nothing and whose pauses take no time. */
const asker = (clock = { now: () => AT, monotonic: () => 0 }) =>
  createAskWebhook(
    clock,
    async (ms) => {
      paused.push(ms);
    },
    createPost(createTargets(['127.0.0.0/8', '::1'])),
  );
const request = (over: object = {}) => ({
  owner: { namespace: 'shop', name: 'model-1' },
  url: `${web.url}/judge`,
  secret: 'hush',
  id: 'uid.quality.3',
  body: '{"metric":"quality"}',
  timeoutMs: 5_000,
  ...over,
});
const alive = new AbortController().signal;
const json = (body: string, status = 200): Served => ({
  status,
  headers: { 'content-type': 'application/json' },
  body,
});

describe('an answer', () => {
  it.each<[string, Served, WebhookReply]>([
    ['is a verdict', json('{"verdict": "fail", "message": "F1 0.61"}'), { kind: 'fail', message: 'F1 0.61' }],
    ['is a bare verdict', json('{"verdict": "pass"}'), { kind: 'pass', message: '' }],
    ['is that it cannot say', json('{"verdict": "noData"}'), { kind: 'noData', message: '' }],
    ['is a number', json('{"value": 0.5}'), { kind: 'value', value: 0.5, message: '' }],
    ['has more in it', json('{"verdict": "pass", "model": "v2"}'), { kind: 'pass', message: '' }],
    ['has no type', { status: 200, body: '{"verdict": "pass"}' }, { kind: 'pass', message: '' }],
    [
      'has a message of many lines',
      json(JSON.stringify({ verdict: 'fail', message: `a\n\u001b[31mb${'x'.repeat(9_000)}` })),
      { kind: 'fail', message: `a [31mb${'x'.repeat(493)}` },
    ],
  ])('%s', async (_what, served, reply) => {
    web.answer = served;
    expect(await asker()(request(), alive)).toEqual(reply);
    expect(web.received).toHaveLength(1);
  });
});

describe('no answer', () => {
  const html = { 'content-type': 'text/html; charset=utf-8' };
  it.each<[string, Served, string, number]>([
    [
      'a page',
      { status: 200, headers: html, body: '<html>token=1</html>' },
      'answered text/html that is no JSON',
      1,
    ],
    ['no body', { status: 204 }, 'answered 204 without a body; answer JSON such as {"verdict"', 1],
    ['half of it', json('{"verdict": "pa'), 'answered application/json that is no JSON', 1],
    ['a string', json('"pass"'), 'answered JSON that is no verdict: Invalid input: expected object', 1],
    ['a word of its own', json('{"verdict": "great"}'), 'is no verdict: verdict: Invalid option', 1],
    ['both', json('{"verdict": "pass", "value": 1}'), 'must have exactly one of verdict and value', 1],
    ['neither', json('{"ok": true}'), 'must have exactly one of verdict and value', 1],
    ['a number in words', json('{"value": "0.9"}'), 'is no verdict: value: Invalid input', 1],
    ['a number without end', json('{"value": 1e999}'), 'is no verdict: value: Invalid', 1],
    [
      'a redirect',
      { status: 302, headers: { location: 'http://169.254.169.254/' } },
      'answered 302: redirects are not followed',
      1,
    ],
    ['a refusal', { status: 401 }, 'answered 401: it refuses the request; are secret and token the same', 1],
    ['a wrong path', { status: 404 }, 'answered 404', 1],
    ['an error', { status: 500, body: 'boom' }, 'answered 500, 3 times', 3],
    ['too much', json(`{"message": "${'x'.repeat(70_000)}"}`), 'answered more than 64 KiB, 3 times', 3],
  ])('%s', async (_what, served, message, times) => {
    web.answer = served;
    const reply = await asker()(request(), alive);
    expect(reply).toEqual({ kind: 'providerError', message: expect.stringContaining(message) });
    expect(JSON.stringify(reply)).not.toMatch(/token=1|boom|hush/);
    expect(web.received).toHaveLength(times);
  });

  it('in time', async () => {
    web.answer = 'hang';
    const reply = await asker()(request({ timeoutMs: 50 }), alive);
    expect(reply).toMatchObject({
      kind: 'providerError',
      message: expect.stringContaining('did not answer within 0.05 s, 3 times'),
    });
  });

  it('where nobody listens', async () => {
    const reply = await asker()(request({ url: 'http://127.0.0.1:9/' }), alive);
    expect(reply).toMatchObject({
      message: 'the webhook of 127.0.0.1:9 cannot be reached: ECONNREFUSED, 3 times',
    });
  });

  it('that anybody wants any more', async () => {
    web.answer = 'hang';
    const nobody = new AbortController();
    const asked = asker()(request(), nobody.signal);
    while (web.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    nobody.abort();
    expect((await asked).kind).toBe('providerError');
    expect(web.received).toHaveLength(1);
  });
});

const askedBy = (namespace: string, url: string) => request({ owner: { namespace, name: 'model-1' }, url });

describe('several namespaces', () => {
  it('do not wait for one whose webhooks hang', async () => {
    const slow = await startHttpReceiver();
    slow.answer = 'hang';
    const [ask, stop] = [asker(), new AbortController()];
    const hung = Array.from({ length: 40 }, () => ask(askedBy('greedy', `${slow.url}/judge`), stop.signal));
    web.answer = json('{"verdict": "pass"}');
    expect(await ask(askedBy('shop', `${web.url}/judge`), alive)).toMatchObject({ kind: 'pass' });
    stop.abort();
    await Promise.all(hung);
    expect(slow.received.length).toBeLessThanOrEqual(4);
    await slow.close();
  });

  it('ask a server on that keeps failing for another', async () => {
    const ask = asker();
    web.answer = { status: 500 };
    await ask(askedBy('greedy', `${web.url}/wrong`), alive);
    await ask(askedBy('greedy', `${web.url}/wrong`), alive);
    web.answer = json('{"verdict": "pass"}');
    expect(await ask(askedBy('shop', `${web.url}/judge`), alive)).toMatchObject({ kind: 'pass' });
  });
});

it('tries again with longer pauses, under the same id', async () => {
  paused.length = 0;
  web.answer = { status: 503 };
  const asked = asker()(request(), alive);
  await asked;
  expect(paused).toEqual([250, 500]);
  expect(new Set(web.received.map(({ headers }) => headers['idempotency-key']))).toEqual(
    new Set(['uid.quality.3']),
  );
});

it('leaves a server alone that keeps failing, and tries it again later', async () => {
  let now = 0;
  const ask = asker({ now: () => AT, monotonic: () => now });
  web.answer = { status: 500 };
  await ask(request(), alive);
  const second = await ask(request(), alive);
  expect(web.received).toHaveLength(5);
  expect(second.message).toContain('keeps failing (answered 500); next try in 10 s');
  await ask(request(), alive);
  expect(web.received).toHaveLength(5);
  now = 10_001;
  web.answer = json('{"verdict": "pass"}');
  expect(await ask(request(), alive)).toMatchObject({ kind: 'pass' });
});

it.each(['hush', `whsec_${Buffer.from('hush').toString('base64')}`])('signs with %s', async (secret) => {
  web.answer = json('{"verdict": "pass"}');
  await asker()(request({ secret }), alive);
  const [{ headers, body }] = web.received as [(typeof web.received)[0]];
  const text = `uid.quality.3.${AT / 1_000}.${body}`;
  const mac = execFileSync('openssl', ['dgst', '-sha256', '-hmac', 'hush', '-binary'], { input: text });
  expect(headers).toMatchObject({
    'content-type': 'application/json; charset=utf-8',
    'webhook-id': 'uid.quality.3',
    'webhook-timestamp': String(AT / 1_000),
    'webhook-signature': `v1,${mac.toString('base64')}`,
  });
});

it('carries the token where there is one, and none that is no header', async () => {
  web.answer = json('{"verdict": "pass"}');
  await asker()(request({ token: 'ey.who\n' }), alive);
  await asker()(request(), alive);
  expect(web.received.map(({ headers }) => headers['authorization'])).toEqual(['Bearer ey.who', undefined]);
  const reply = await asker()(request({ token: 'two\nlines' }), alive);
  expect(reply).toMatchObject({
    kind: 'providerError',
    message: expect.stringContaining('webhook.token must be one line of visible ASCII'),
  });
  expect(web.received).toHaveLength(2);
});
