import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type HttpReceiver,
  type Received,
  type Served,
  startHttpReceiver,
} from '../../../test/fakes/http-server.ts';
import { type SlackServer, startSlackServer } from '../../../test/fakes/slack-server.ts';
import { type SmtpServer, startSmtpServer } from '../../../test/fakes/smtp-server.ts';
import { notification } from '../../../test/fixtures/notification.ts';
import { SluiceError } from '../../errors.ts';
import { createTargets } from '../../http/outgoing/targets.ts';
import type { Notifier, Receipt, Target } from '../../ports/notifier.ts';
import { createNotifier } from './notifier.ts';

const NOTHING: Received = { path: '', headers: {}, body: '{}' };
const NOW = Date.parse('2026-11-24T12:00:00Z');
const secrets = new Map<string, string>();
let web: HttpReceiver;
let slack: SlackServer;
let smtp: SmtpServer;
let notifier: Notifier;

const read = async (namespace: string, { name, key }: { name: string; key: string }): Promise<string> => {
  const value = secrets.get(key);
  if (value !== undefined) return value;
  throw new SluiceError('SECRET_MISSING', `Secret ${namespace}/${name} has no key ${key}`, {
    retry: 'backoff',
  });
};

beforeAll(async () => {
  [web, slack, smtp] = await Promise.all([startHttpReceiver(), startSlackServer(), startSmtpServer()]);
  notifier = createNotifier({
    slack: {
      apiUrl: slack.apiUrl,
      botToken: () => read('sluice-system', { name: 'c', key: 'bot' }),
      timeoutMs: 1_500,
    },
    secrets: { read },
    targets: createTargets(['127.0.0.0/8', '::1']),
    clock: { now: () => NOW },
    log: { warn: () => {} },
    limits: { timeoutMs: 1_500, maxBytes: 10_000 },
  });
});
afterAll(() => Promise.all([web.close(), slack.close(), smtp.close()]));
beforeEach(() => {
  secrets.clear();
  for (const [key, value] of [
    ['hmac', 'hunter2-webhook'],
    ['teams', `${web.url}/flow?sig=hunter2-teams`],
    ['bot', 'xoxb-hunter2'],
    ['smtp', 'hunter2-smtp'],
  ] as const)
    secrets.set(key, value);
  web.received.length = 0;
  slack.messages.length = 0;
  slack.calls.length = 0;
  slack.fault = () => undefined;
  smtp.messages.length = 0;
  smtp.refusal = null;
  web.answer = { status: 200 };
});

const ref = (key: string) => ({ name: 'sluice-notifications', key });
const base = { severity: 'info', asks: false } as const;
const webhook = (asks = false): Target => ({
  ...base,
  asks,
  to: 'hook',
  webhook: { url: `${web.url}/hook`, secret: ref('hmac') },
});
const teams = (): Target => ({ ...base, to: 'teams', teams: { url: ref('teams') } });
const channel = (name = '#ml', asks = false): Target => ({
  ...base,
  asks,
  to: 'slack',
  slack: { channel: name },
});
const mail = (over: object = {}): Target => ({
  ...base,
  to: 'mail',
  email: {
    to: ['ml@example.com'],
    from: 'sluice@example.com',
    host: '127.0.0.1',
    port: smtp.port,
    tls: 'none',
    ...over,
  },
});
const send = (target: Target, over = {}, thread: { ref?: string; again?: boolean } = {}): Promise<Receipt> =>
  notifier.send(target, notification(over), { again: false, ...thread });
const failing = async (sending: Promise<unknown>): Promise<SluiceError> => {
  const error = await sending.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof SluiceError)) throw new Error(`it did not fail as it must: ${String(error)}`);
  return error;
};

/** The signature by another program, from the description of Standard Webhooks. */
function opensslSignature(secret: string, text: string): string {
  const out = execFileSync('openssl', ['dgst', '-sha256', '-hmac', secret, '-binary'], { input: text });
  return out.toString('base64');
}

describe.each<[string, () => Target]>([
  ['slack', channel],
  ['webhook', webhook],
  ['teams', teams],
  ['email', mail],
])('%s, as every way of telling', (way, target) => {
  const arrived = (): string => {
    const all: Record<string, () => string> = {
      slack: () => JSON.stringify(slack.messages),
      webhook: () => web.received.map(({ body }) => body).join(''),
      teams: () => web.received.map(({ body }) => body).join(''),
      email: () => smtp.messages.join('').replaceAll('=\n', ''),
    };
    return all[way]?.() ?? '';
  };

  it('tells what, where, and the reason with numbers', async () => {
    await send(target());
    for (const part of [
      'ranker-h2',
      'WaitingForApproval',
      '612 ms against 300 ms',
      'v2',
      'grafana.example/d/x',
    ])
      expect(arrived()).toContain(part);
  });

  it('says which secret is missing, and tries again', async () => {
    secrets.clear();
    if (way === 'email') return;
    const error = await failing(send(target()));
    expect(error.message).toMatch(/has no key (hmac|teams|bot)/);
    expect(error.retry).toBe('backoff');
  });

  it('uses a secret that was rotated at once, and shows none in errors', async () => {
    web.answer = { status: 500, body: 'hunter2' };
    slack.fault = () => ({ status: 500, body: 'hunter2' });
    smtp.refusal = '451 hunter2';
    const error = await failing(send(target()));
    expect(JSON.stringify([error.message, error.cause ?? null])).not.toContain('hunter2');
    expect(error).toMatchObject({ code: 'NOTIFICATION_FAILED', retry: 'backoff' });
  });
});

describe('a webhook', () => {
  it('gets a CloudEvent with the id as idempotency key', async () => {
    await send(webhook());
    const [{ headers, body } = NOTHING] = web.received;
    expect(headers).toMatchObject({
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'idempotency-key': 'u-release/3',
      'webhook-id': 'u-release/3',
    });
    expect(JSON.parse(body)).toMatchObject({
      specversion: '1.0',
      id: 'u-release/3',
      source: '/sluice.dev/namespaces/shop/releases/ranker-h2',
      type: 'dev.sluice.approval.requested',
      subject: 'ranker-h2',
      time: '2026-11-24T12:00:00.000Z',
      severity: 'warning',
      data: { reason: 'WaitingForApproval', gate: { name: '50', quorum: 2 }, approvals: ['alice'] },
    });
    await send(webhook(), { gate: null, reason: 'AnalysisFailed' });
    expect(JSON.parse(web.received[1]?.body ?? '{}').type).toBe('dev.sluice.release.analysis-failed');
  });

  it('is signed, as another program finds', async () => {
    await send(webhook());
    secrets.set('hmac', 'rotated');
    await send(webhook());
    expect(web.received).toHaveLength(2);
    for (const [index, secret] of ['hunter2-webhook', 'rotated'].entries()) {
      const { headers, body } = web.received[index] ?? NOTHING;
      const signed = [headers['webhook-id'], headers['webhook-timestamp'], body].join('.');
      expect(headers['webhook-signature']).toBe(`v1,${opensslSignature(secret, signed)}`);
      expect(headers['webhook-timestamp']).toBe(String(NOW / 1_000));
    }
  });

  it('with a secret in the form of Standard Webhooks is signed with its bytes', async () => {
    secrets.set('hmac', `whsec_${Buffer.from('key of bytes').toString('base64')}`);
    await send(webhook());
    const { headers, body } = web.received[0] ?? NOTHING;
    const signed = [headers['webhook-id'], headers['webhook-timestamp'], body].join('.');
    expect(headers['webhook-signature']).toBe(`v1,${opensslSignature('key of bytes', signed)}`);
  });

  it.each<[string, Served, SluiceError['retry'], RegExp]>([
    ['hangs', 'hang', 'backoff', /did not answer within 1\.5 s/],
    [
      'redirects',
      { status: 302, headers: { location: 'http://169.254.169.254/' } },
      'terminal',
      /redirects are not followed/,
    ],
    ['answers 404', { status: 404 }, 'terminal', /answered 404/],
    ['answers 500 with a page', { status: 500, body: '<html>oops</html>' }, 'backoff', /answered 500$/],
    ['asks to wait', { status: 429, headers: { 'retry-after': '7' } }, { afterMs: 7_000 }, /answered 429/],
    ['answers too much', { status: 200, body: 'x'.repeat(20_000) }, 'backoff', /answered more than/],
  ])('that %s is reported as such', async (_case, answer, retry, message) => {
    web.answer = answer;
    const error = await failing(send(webhook()));
    expect(error.retry).toEqual(retry);
    expect(error.message).toMatch(message);
    expect(error.message).toContain('127.0.0.1');
    expect(web.received).toHaveLength(1);
  });

  it.each<[string, Served, Receipt]>([
    ['204', { status: 204 }, {}],
    [
      'a page',
      { status: 200, headers: { 'content-type': 'text/html' }, body: '<p>{"decision":"approve"}</p>' },
      {},
    ],
    [
      'broken JSON',
      { status: 200, headers: { 'content-type': 'application/json' }, body: '{"decision":' },
      {},
    ],
    ['a receipt', { status: 202, headers: { 'content-type': 'application/json' }, body: '{"ticket":7}' }, {}],
    [
      'a decision',
      {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: '{"decision":"reject","by":"board","reason":"freeze"}',
      },
      { decision: { decision: 'reject', who: 'board', reason: 'freeze' } },
    ],
  ])('that is asked and answers %s', async (_case, answer, receipt) => {
    web.answer = answer;
    expect(await send(webhook(true))).toEqual(receipt);
  });

  it('that is asked and decides wrongly is refused with the fix; a receiver that is not asked decides nothing', async () => {
    web.answer = {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: '{"decision":"yes","by":"x"}',
    };
    expect((await failing(send(webhook(true)))).message).toContain(
      'answer {"decision": "approve" or "reject"',
    );
    expect(await send(webhook())).toEqual({});
  });
});

describe('Teams', () => {
  it('gets an Adaptive Card', async () => {
    await send(teams());
    const card = JSON.parse(web.received[0]?.body ?? '{}');
    expect(card.type).toBe('message');
    expect(card.attachments[0].contentType).toBe('application/vnd.microsoft.card.adaptive');
    expect(card.attachments[0].content).toMatchObject({ type: 'AdaptiveCard', version: '1.4' });
    expect(web.received[0]?.path).toBe('/flow?sig=hunter2-teams');
  });

  it('says where the URL of the workflow must be, without it', async () => {
    secrets.set('teams', 'hunter2');
    const { message } = await failing(send(teams()));
    expect(message).toBe('key teams of Secret sluice-notifications must be the URL of a workflow');
  });
});

describe('e-mail', () => {
  it('is a thread for each release, the same id for the same message', async () => {
    await send(mail());
    await send(mail());
    const ids = smtp.messages.map((text) => /^Message-ID: (.*)$/m.exec(text)?.[1]);
    expect(ids).toEqual(['<u-release.3@release.sluice.dev>', '<u-release.3@release.sluice.dev>']);
    expect(smtp.messages[0]).toMatch(/^References: <u-release@release\.sluice\.dev>$/m);
    expect(smtp.messages[0]).toMatch(/^Auto-Submitted: auto-generated$/m);
  });

  it.each<[string, string, SluiceError['retry']]>([
    ['for now', '451 later', 'backoff'],
    ['for good', '550 no such user', 'terminal'],
  ])('that is refused %s', async (_case, refusal, retry) => {
    smtp.refusal = refusal;
    const error = await failing(send(mail()));
    expect(error).toMatchObject({ retry });
    expect(error.message).toContain(`it answered ${refusal.slice(0, 3)}`);
  });

  it('never sends a password without encryption', async () => {
    const error = await failing(send(mail({ username: 'u', password: ref('smtp') })));
    expect(error.message).toContain('a password is not sent over tls: none');
    expect((await failing(send(mail({ tls: 'starttls' })))).retry).toBe('backoff');
    expect(smtp.messages).toEqual([]);
  });
});

const buttons = () =>
  slack.messages[0]?.blocks.flatMap(({ elements = [] }) => elements.map((one) => one.action_id));

describe('Slack', () => {
  it('gets one thread for each release, whose root is brought up to date', async () => {
    const first = await send(channel('#ml', true));
    const root = slack.messages[0]?.ts;
    expect(first).toEqual({ ref: `CML:${root}` });
    expect(buttons()).toEqual(expect.arrayContaining(['sluice_approve', 'sluice_reject', 'sluice_details']));
    const over = {
      id: 'u-release/4',
      reason: 'Promoted',
      phase: 'Promoted',
      severity: 'info',
      gate: null,
    } as const;
    const second = await send(channel('#ml', true), over, { ref: first.ref ?? '' });
    expect(second).toEqual(first);
    expect(slack.messages).toHaveLength(2);
    expect(slack.messages[1]).toMatchObject({ channel: 'CML', thread_ts: root });
    expect(slack.messages[0]?.updates).toBe(1);
    expect(buttons()).not.toContain('sluice_approve');
    expect(slack.calls[0]?.token).toBe('xoxb-hunter2');
  });

  it('shows what changes and the verdicts, with what is markup for Slack escaped', async () => {
    await send(channel());
    const text = JSON.stringify(slack.messages[0]);
    expect(text).toContain('2 → &lt;3 &amp; more&gt;');
    expect(text).toContain('errors: pass: 0.2 % against 1 % ▁▅█▅');
    expect(buttons()).not.toContain('sluice_approve');
  });

  it('is looked through where an earlier try may have got through', async () => {
    const { ref: thread = '' } = await send(channel());
    await send(channel(), { id: 'u-release/4' }, { ref: thread });
    expect(await send(channel(), { id: 'u-release/4' }, { ref: thread, again: true })).toEqual({
      ref: thread,
    });
    expect(await send(channel('CML'), {}, { again: true })).toEqual({ ref: thread });
    expect(slack.messages).toHaveLength(2);
    await send(channel(), { id: 'u-release/5' }, { ref: thread, again: true });
    expect(slack.messages).toHaveLength(3);
  });

  it('is asked once and then left alone as long as it says', async () => {
    slack.fault = () => ({ status: 429, headers: { 'retry-after': '30' } });
    const error = await failing(send(channel()));
    expect(error).toMatchObject({ retry: { afterMs: 30_000 }, message: 'Slack asks to wait 30 s' });
    expect(slack.calls).toHaveLength(1);
  });

  it.each<[string, () => { status: number; body?: string }, SluiceError['retry'], string]>([
    ['an outage', () => ({ status: 503 }), 'backoff', 'Slack answered 503'],
    ['a page', () => ({ status: 200, body: '<html>' }), 'backoff', 'something else than its API'],
    [
      'a revoked token',
      () => ({ status: 200, body: '{"ok":false,"error":"token_revoked"}' }),
      'backoff',
      'token_revoked',
    ],
    [
      'a lost scope',
      () => ({ status: 200, body: '{"ok":false,"error":"missing_scope"}' }),
      'terminal',
      'chat:write',
    ],
  ])('that has %s', async (_case, fault, retry, message) => {
    slack.fault = fault;
    const error = await failing(send(channel()));
    expect(error.retry).toEqual(retry);
    expect(error.message).toContain(message);
  });

  it('that has no such channel says how to put it right', async () => {
    const error = await failing(send(channel('#nowhere')));
    expect(error).toMatchObject({ code: 'NOTIFICATION_REFUSED', retry: 'terminal' });
    expect(error.message).toContain('/invite');
  });
});
