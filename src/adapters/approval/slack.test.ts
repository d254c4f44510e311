import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type SlackMessage,
  type SlackServer,
  signedInteraction,
  startSlackServer,
} from '../../../test/fakes/slack-server.ts';
import { createStage, NOW, quiet } from '../../../test/fixtures/approval-stage.ts';
import { notification } from '../../../test/fixtures/notification.ts';
import type { ReleaseStatus } from '../../api/release/release.ts';
import type { Listening } from '../../http/listen.ts';
import { createTargets } from '../../http/outgoing/targets.ts';
import { createNotifier } from '../notify/notifier.ts';
import { serveApprovals } from './server.ts';
import { createSlackApp, createSocketReceiver } from './slack-app.ts';
import { createSlackHttp } from './slack-http.ts';

const ADA = { id: 'U0ADA', username: 'ada' };
const MALLORY = { id: 'U0MAL', username: 'mallory' };
const stage = createStage();
let slack: SlackServer;
let server: Listening;

const decide = async () => ({ status: 404, type: 'text/plain', body: '' });
const botToken = async (): Promise<string> => 'xoxb-1';
const url = (path: string): string => `http://127.0.0.1:${server.port}${path}`;

beforeAll(async () => {
  slack = await startSlackServer();
  const interactions = createSlackHttp({
    apiUrl: slack.apiUrl,
    botToken,
    approvals: stage.approvals,
    log: quiet,
    signingSecret: async () => stage.signingSecret,
    clock: { now: () => stage.now },
  });
  server = await serveApprovals({ host: '127.0.0.1', port: 0 }, { decide, slack: interactions }, quiet);
});
afterAll(() => Promise.all([server.close(), slack.close()]));
beforeEach(() => {
  stage.reset();
  slack.messages.length = 0;
  slack.responses.length = 0;
  slack.groups.clear();
  slack.fault = () => undefined;
});

/** The message with the buttons, as our adapter posts it. */
async function asked(over: object = {}): Promise<SlackMessage> {
  const gate = { subject: { ...stage.subject(), ...over }, quorum: 1, links: null };
  const notifier = createNotifier({
    log: { warn: () => {} },
    slack: { apiUrl: slack.apiUrl, botToken },
    secrets: { read: async () => '' },
    targets: createTargets(),
    clock: { now: () => stage.now },
  });
  const target = { to: 'approval.slack', severity: 'info', asks: true, slack: { channel: '#ml' } } as const;
  await notifier.send(target, notification({ gate }), { again: false });
  const [message] = slack.messages;
  if (message === undefined) throw new Error('nothing was posted');
  return message;
}

const post = async (payload: object, sign: { at?: number; with?: string } = {}): Promise<Response> => {
  const { headers, body } = signedInteraction(
    sign.with ?? stage.signingSecret,
    payload,
    sign.at ?? stage.now,
  );
  return fetch(url('/slack/interactions'), { method: 'POST', headers, body });
};
const heard = (count = 1) => vi.waitFor(() => expect(slack.responses).toHaveLength(count));

describe('a button in Slack', () => {
  it('approves for somebody who may, and says so', async () => {
    stage.waiting();
    const pressed = slack.press(await asked(), 'sluice_approve', ADA);
    expect((await post(pressed)).status).toBe(200);
    await heard();
    expect(slack.responses).toEqual(['"50" of Release model-h2 is approved']);
    expect(stage.openBy()).toEqual([['U0ADA ada', 'slack']]);
  });

  it('rejects, which rolls back', async () => {
    stage.waiting();
    await post(slack.press(await asked(), 'sluice_reject', ADA));
    await heard();
    expect(stage.release().spec.abort).toMatchObject({ gate: '50', onBehalfOf: 'U0ADA ada', via: 'slack' });
  });

  it('shows the details to everybody', async () => {
    stage.waiting();
    await post(slack.press(await asked(), 'sluice_details', MALLORY));
    await heard();
    expect(slack.responses[0]).toContain('waits');
    expect(stage.release().spec.approvals).toBeUndefined();
  });

  it('approves for a member of a group', async () => {
    stage.waiting();
    slack.groups.set('S0LEADS', ['U0MAL']);
    await post(slack.press(await asked(), 'sluice_approve', MALLORY));
    await heard();
    expect(stage.openBy()).toEqual([['U0MAL mallory', 'slack']]);
  });

  it('counts a person once, by ID', async () => {
    stage.waiting({ quorum: 2 });
    const message = await asked();
    await post(slack.press(message, 'sluice_approve', ADA));
    await heard();
    await post(slack.press(message, 'sluice_approve', { ...ADA, username: 'ada-renamed' }));
    await heard(2);
    expect(slack.responses[0]).toContain('1 more must approve');
    expect(stage.release().spec.approvals).toHaveLength(1);
  });

  it('counts two people at once', async () => {
    stage.waiting({ quorum: 2, from: { slackUsers: ['U0ADA', 'U0MAL'] } });
    const message = await asked();
    await Promise.all([ADA, MALLORY].map((who) => post(slack.press(message, 'sluice_approve', who))));
    await heard(2);
    expect(stage.release().spec.approvals).toHaveLength(2);
  });

  it.each<[string, object, RegExp]>([
    ['somebody who is not named', {}, /you \(U0MAL\) may not decide: the policy names U0ADA, S0LEADS/],
    ['anybody where nobody is named', { from: { users: ['alice'] } }, /nobody may decide in Slack/],
  ])('does nothing for %s', async (_who, approval, answer) => {
    stage.waiting(approval);
    await post(slack.press(await asked(), 'sluice_approve', MALLORY));
    await heard();
    expect(slack.responses[0]).toMatch(answer);
    expect(stage.release().spec.approvals).toBeUndefined();
  });

  it('decides nothing while Slack does not say who is in the group', async () => {
    stage.waiting();
    const message = await asked();
    slack.fault = (method) =>
      method === 'usergroups.users.list' ? { status: 429, headers: { 'retry-after': '30' } } : undefined;
    await post(slack.press(message, 'sluice_approve', MALLORY));
    await heard();
    expect(slack.responses[0]).toContain('nothing was decided: Slack does not tell who is in the group');
  });

  it.each<[string, Partial<ReleaseStatus>, object, RegExp]>([
    ['has ended', { phase: 'Promoted', stage: undefined }, {}, /has ended \(Promoted\)/],
    ['is rolled back', { phase: 'Aborting', stage: 'Draining' }, {}, /is being rolled back/],
    ['does not wait any more', { waitingFor: undefined }, {}, /does not wait at "50"/],
    ['is another of that name', {}, { uid: 'old' }, /does not exist any more/],
    ['has no such gate', {}, { gate: '10' }, /has no gate "10"/],
  ])('does nothing for a Release that %s', async (_case, status, over, answer) => {
    stage.waiting({}, status);
    await post(slack.press(await asked(over), 'sluice_approve', ADA));
    await heard();
    expect(slack.responses[0]).toMatch(answer);
    expect(stage.release().spec.approvals).toBeUndefined();
  });
});

describe('a request to the address of Slack', () => {
  it.each<[string, { at?: number; with?: string }, number, RegExp]>([
    ['with another secret', { with: 'guessed' }, 401, /signature is not that of Slack/],
    ['from before', { at: NOW - 6 * 60_000 }, 401, /more than 5 minutes off/],
    ['from the future', { at: NOW + 6 * 60_000 }, 401, /more than 5 minutes off/],
  ])('%s is refused', async (_case, sign, status, why) => {
    stage.waiting();
    const answer = await post(slack.press(await asked(), 'sluice_approve', ADA), sign);
    expect(answer.status).toBe(status);
    expect(await answer.text()).toMatch(why);
    expect(stage.release().spec.approvals).toBeUndefined();
  });

  it('that comes twice is refused the second time', async () => {
    stage.waiting();
    const pressed = slack.press(await asked(), 'sluice_details', ADA);
    expect((await post(pressed)).status).toBe(200);
    expect((await post(pressed)).status).toBe(409);
    await heard();
  });

  it('is checked with the secret of now', async () => {
    stage.waiting();
    const pressed = slack.press(await asked(), 'sluice_details', ADA);
    stage.signingSecret = 'rotated';
    expect((await post(pressed, { with: 'signing-secret' })).status).toBe(401);
    expect((await post(pressed)).status).toBe(200);
    await heard();
  });

  it.each<[string, RequestInit, number]>([
    ['without a signature', { method: 'POST', body: 'payload={}' }, 401],
    ['by GET', {}, 405],
    ['that is too long', { method: 'POST', body: 'x'.repeat(300_000) }, 413],
  ])('%s is refused', async (_case, init, status) => {
    expect((await fetch(url('/slack/interactions'), init)).status).toBe(status);
  });

  it('that is signed but is nothing of ours is acknowledged and changes nothing', async () => {
    stage.waiting();
    const { headers } = signedInteraction(stage.signingSecret, {}, stage.now);
    expect(
      (await fetch(url('/slack/interactions'), { method: 'POST', headers, body: 'payload=x' })).status,
    ).toBe(401);
    const pressed = slack.press(await asked(), 'sluice_approve', ADA) as { actions: { value: string }[] };
    (pressed.actions[0] as { value: string }).value = '{"namespace":"kube-system"}';
    expect((await post(pressed)).status).toBe(200);
    await heard();
    expect(slack.responses[0]).toContain('another version');
  });
});

describe('Socket Mode', () => {
  it('takes the same buttons, without an address', async () => {
    stage.waiting();
    const receiver = await createSocketReceiver('xapp-1', { apiUrl: slack.apiUrl, log: quiet });
    await createSlackApp({
      apiUrl: slack.apiUrl,
      botToken,
      approvals: stage.approvals,
      log: quiet,
      receiver,
    });
    await receiver.start();
    try {
      const envelope = slack.deliver(slack.press(await asked(), 'sluice_approve', ADA));
      await heard();
      expect(slack.acknowledged).toContain(envelope);
      expect(stage.openBy()).toEqual([['U0ADA ada', 'slack']]);
      expect(slack.calls.find(({ method }) => method === 'apps.connections.open')?.token).toBe('xapp-1');
    } finally {
      await receiver.stop();
    }
  });
});
