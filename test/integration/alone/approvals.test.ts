import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createController } from '../../../hack/testbed/controller.ts';
import { receivedMessagesOf } from '../../../hack/testbed/evidence/received-messages.ts';
import { MODEL } from '../../../hack/testbed/model.ts';
import { onSite, type Pushed, type Site } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import { API_VERSION } from '../../../src/api/meta.ts';
import type { Release } from '../../../src/api/release/release.ts';
import { type HttpReceiver, startHttpReceiver } from '../../fakes/http-server.ts';
import {
  type SlackMessage,
  type SlackServer,
  signedInteraction,
  startSlackServer,
} from '../../fakes/slack-server.ts';
import { type Client, createClient } from '../kubectl.ts';

const access = inject('access');
const APPROVALS = 'http://127.0.0.1:18301';
const [SIGNING_SECRET, HMAC] = ['signing-secret-of-slack', 'secret-of-the-webhook'];
const ADA = { id: 'U0ADA', username: 'ada' };
const MALLORY = { id: 'U0MAL', username: 'mallory' };

const root = createClient(access);
let slack: SlackServer;
let board: HttpReceiver;
let controller: ReturnType<typeof createController>;

beforeAll(async () => {
  [slack, board] = await Promise.all([startSlackServer(), startHttpReceiver()]);
  const literals = {
    'slack-bot-token': 'xoxb-1',
    'slack-signing-secret': SIGNING_SECRET,
    'link-key': 'key-of-links',
  };
  await root.ok([
    '-n',
    'sluice-system',
    'create',
    'secret',
    'generic',
    'sluice-credentials',
    ...Object.entries(literals).map(([key, value]) => `--from-literal=${key}=${value}`),
  ]);
  controller = createController(access, {
    name: 'approvals',
    flags: [
      `--slack-api-url=${slack.apiUrl}`,
      `--approvals-address=127.0.0.1:${new URL(APPROVALS).port}`,
      `--approvals-url=${APPROVALS}`,
    ],
  });
  await controller.start();
});
afterAll(async () => {
  await controller.stop();
  await root.run(['-n', 'sluice-system', 'delete', 'secret', 'sluice-credentials']);
  await Promise.all([slack.close(), board.close()]);
});

const policyOf = (): object => ({
  target: { name: MODEL },
  steps: [{ weight: 25 }, { weight: 50 }],
  traffic: { istio: { virtualService: MODEL } },
  analysis: {
    templates: [{ name: 'http-generic' }],
    bounds: [
      { name: 'latency', max: '500ms', maxIncrease: '30pp' },
      { name: 'errors', max: '5%', maxIncrease: '5pp' },
    ],
    interval: '2s',
    warmup: '1s',
    minRequests: 10,
    minWindows: 2,
  },
  settle: '1s',
  drain: '2s',
  approval: {
    at: ['start', '25', '50', 'promotion'],
    from: { users: ['alice'], slackUsers: [ADA.id] },
    slack: { channel: '#ml' },
    webhook: { url: `${board.url}/board`, secret: { key: 'hmac' } },
  },
});

async function prepare({ api, namespace }: Site): Promise<Client> {
  const admin = root.with('-n', namespace);
  await admin.ok(['create', 'secret', 'generic', 'sluice-notifications', `--from-literal=hmac=${HMAC}`]);
  for (const user of ['alice', 'bob']) {
    await admin.ok(['create', 'rolebinding', `${user}-edit`, '--clusterrole=edit', `--user=${user}`]);
    await admin.ok(['create', 'rolebinding', user, '--clusterrole=sluice-approve', `--user=${user}`]);
  }
  await admin.ok(['create', 'rolebinding', 'edith', '--clusterrole=edit', '--user=edith']);
  await api.create({
    apiVersion: API_VERSION,
    kind: 'Rollout',
    metadata: { name: 'policy' },
    spec: policyOf(),
  });
  return admin;
}

const untilWaiting = (site: Site, pushed: Pushed, gate: string): Promise<Release> =>
  until(`it waits at ${gate}`, async () => {
    const release = await site.releaseOf(pushed);
    return release?.status?.waitingFor === gate ? release : null;
  });

/** The message with the buttons for the gate, as people see it in the channel. */
const untilAsked = (gate: string): Promise<SlackMessage> =>
  until(`Slack is asked for ${gate}`, () =>
    slack.messages.find(
      ({ thread_ts, blocks }) =>
        thread_ts === undefined &&
        blocks.some(({ elements = [] }) =>
          elements.some(
            ({ action_id, value }) =>
              action_id === 'sluice_approve' && value?.includes(`"gate":"${gate}"`) === true,
          ),
        ),
    ),
  );

async function press(
  message: SlackMessage,
  button: string,
  user: typeof ADA,
  secret = SIGNING_SECRET,
): Promise<string> {
  const before = slack.responses.length;
  const { headers, body } = signedInteraction(secret, slack.press(message, button, user), Date.now());
  const answer = await fetch(`${APPROVALS}/slack/interactions`, { method: 'POST', headers, body });
  if (!answer.ok) return `${answer.status} ${await answer.text()}`;
  return until('Slack is answered', () => slack.responses[before]);
}

const json = { 'content-type': 'application/json' };
const decide = (link: string, by: string): Promise<Response> =>
  fetch(link, { method: 'POST', headers: json, body: JSON.stringify({ by, reason: 'change 4711' }) });

async function bySlack(site: Site, pushed: Pushed): Promise<void> {
  await untilWaiting(site, pushed, 'start');
  const message = await untilAsked('start');
  expect(await press(message, 'sluice_approve', MALLORY)).toContain('you (U0MAL) may not decide');
  expect(await press(message, 'sluice_approve', ADA, 'guessed')).toContain(
    '401 the signature is not that of Slack',
  );
  expect((await site.releaseOf(pushed))?.spec.approvals).toBeUndefined();
  expect(await press(message, 'sluice_approve', ADA)).toContain('"start" of Release');
}

async function byWebhook(site: Site, pushed: Pushed): Promise<void> {
  await untilWaiting(site, pushed, '25');
  const asked = await until('the board is asked', () =>
    board.received.find(({ body }) => body.includes('"name":"25"')),
  );
  const signed = [asked.headers['webhook-id'], asked.headers['webhook-timestamp'], asked.body].join('.');
  const mac = execFileSync('openssl', ['dgst', '-sha256', '-hmac', HMAC, '-binary'], {
    input: signed,
  }).toString('base64');
  expect(asked.headers['webhook-signature']).toBe(`v1,${mac}`);
  const { gate, changes } = JSON.parse(asked.body).data as { gate: { approve: string }; changes: string[] };
  expect(changes.join('\n')).toContain('v2');
  expect((await decide(`${gate.approve}x`, 'mallory')).status).toBe(403);
  expect(await (await decide(gate.approve, 'change-board')).json()).toMatchObject({ accepted: true });
  expect((await decide(gate.approve, 'mallory')).status).toBe(409);
}

async function byKubectl(site: Site, pushed: Pushed, admin: Client): Promise<void> {
  const { metadata } = await untilWaiting(site, pushed, '50');
  const value = { gate: '50', reason: 'looks well' };
  const patch = JSON.stringify([{ op: 'add', path: '/spec/approvals/-', value }]);
  const approve = ['patch', 'release', metadata.name, '--type=json', '-p', patch];
  expect(await admin.with('--as=edith').refused(approve)).toContain(
    'edith may not approve releases in namespace',
  );
  expect(await admin.with('--as=bob').refused(approve)).toContain('its policy names users [alice]');
  await admin.with('--as=alice').ok(approve);
}

const annotate = (value: string): string[] => [
  'annotate',
  'rollout',
  'policy',
  `sluice.dev/approve=${value}`,
  '--overwrite',
];

async function byGit(site: Site, pushed: Pushed, admin: Client): Promise<void> {
  const { metadata, spec } = await untilWaiting(site, pushed, 'promotion');
  const entry = `${spec.revision}:promotion`;
  expect(await admin.with('--as=edith').refused(annotate(entry))).toContain('edith may not approve releases');
  await admin.with('--as=alice').ok(annotate('another:promotion'));
  await admin.with('--as=bob').ok(annotate(entry));
  await until('it says why the one of bob does not count', async () =>
    (await receivedMessagesOf(site.api, 'Release', metadata.name)).find(
      ({ reason }) => reason === 'ApprovalRefused',
    ),
  );
  expect((await site.releaseOf(pushed))?.spec.approvals).toHaveLength(3);
  await admin.with('--as=alice').ok(['annotate', 'rollouts.sluice.dev', 'policy', 'sluice.dev/approve-']);
  await admin.with('--as=alice').ok(annotate(entry));
}

describe('a release that people must approve', () => {
  it('is approved by each of the four ways, with who did it, and refused when it should be', async () => {
    await onSite(access, { rate: 60 }, async (site) => {
      const admin = await prepare(site);
      await site.untilGated('policy');
      const v2 = await site.push('v2');
      await bySlack(site, v2);
      await byWebhook(site, v2);
      await byKubectl(site, v2, admin);
      await byGit(site, v2, admin);
      const { metadata, spec, status } = await site.untilEnded(v2);
      expect(status).toMatchObject({ phase: 'Promoted' });
      const sluice = 'system:serviceaccount:sluice-system:sluice';
      expect(spec.approvals).toMatchObject([
        { gate: 'start', by: sluice, onBehalfOf: 'U0ADA ada', via: 'slack' },
        { gate: '25', by: sluice, onBehalfOf: 'change-board', via: 'webhook', reason: 'change 4711' },
        { gate: '50', by: 'alice', onBehalfOf: '', reason: 'looks well' },
        { gate: 'promotion', by: sluice, onBehalfOf: 'alice', via: 'git' },
      ]);
      expect(status?.approvals?.map(({ gate, who, via }) => `${gate} ${who} ${via}`)).toEqual([
        'start U0ADA ada slack',
        '25 change-board webhook',
        '50 alice kubernetes',
        'promotion alice git',
      ]);
      const told = await receivedMessagesOf(site.api, 'Release', metadata.name);
      expect(told.filter(({ reason }) => reason === 'Approved')).toHaveLength(4);
      const story = await admin.ok(['describe', 'release', metadata.name]);
      for (const part of ['"start" was approved by U0ADA ada through slack', 'Promoted'])
        expect(story).toContain(part);

      const thread = await until('the channel hears of the end', () => {
        const [top] = slack.messages;
        return top?.text.includes('Promoted') ? top : null;
      });
      expect(slack.messages.filter(({ thread_ts }) => thread_ts === undefined)).toHaveLength(1);
      expect(slack.messages.filter(({ thread_ts }) => thread_ts === thread.ts).length).toBeGreaterThan(6);
      expect(JSON.stringify(thread.blocks)).not.toContain('sluice_approve');

      // A newer revision needs a new approval; a rejection rolls back, and after the end nothing can be decided.
      const v3 = await site.push('v3');
      await untilWaiting(site, v3, 'start');
      const message = await untilAsked('start');
      expect(await press(message, 'sluice_reject', ADA)).toContain('is rolled back');
      const rejected = await site.untilEnded(v3);
      expect(rejected.status).toMatchObject({ phase: 'Aborted', reason: 'Rejected' });
      expect(rejected.status?.message).toContain('"start" was rejected by U0ADA ada through slack');
      const late = await press(message, 'sluice_approve', ADA).catch(() => 'no buttons are left');
      expect(late).toMatch(/has ended|no buttons are left/);
      const ends = await until('everything is delivered', async () => {
        const { status: last } = (await site.releaseOf(v3)) ?? {};
        return last?.notified === last?.messages?.at(-1)?.seq ? last : null;
      });
      expect(ends.deliveries).toMatchObject([
        { to: 'approval.slack', failed: 0 },
        { to: 'approval.webhook', failed: 0 },
      ]);
    });
  });

  it('does not wait for receivers that do not answer: it is rolled back meanwhile', async () => {
    await onSite(access, { rate: 60 }, async (site) => {
      await prepare(site);
      slack.fault = () => ({ status: 503 });
      board.answer = 'hang';
      try {
        await site.untilGated('policy');
        const v2 = await site.push('v2');
        const { metadata } = await untilWaiting(site, v2, 'start');
        const asked = Date.now();
        await site.api.merge('Release', metadata.name, { spec: { abort: { reason: 'changed my mind' } } });
        const ended = await site.untilEnded(v2);
        expect(ended.status).toMatchObject({ phase: 'Aborted', reason: 'AbortRequested' });
        console.log(
          `aborted ${Date.now() - asked} ms after it was asked, with Slack away and a webhook that hangs`,
        );
      } finally {
        slack.fault = () => undefined;
        board.answer = { status: 200 };
      }
    });
  });
});
