import { beforeEach, describe, expect, it } from 'vitest';
import { createMemoryCluster, type MemoryCluster } from '../../test/fakes/memory-cluster.ts';
import { metricState, release as releaseOf, template } from '../../test/fixtures/release.ts';
import type { KubeObject } from '../api/meta.ts';
import type { Message } from '../api/release/message.ts';
import type { Release, ReleaseStatus } from '../api/release/release.ts';
import { SluiceError } from '../errors.ts';
import type { ApprovalDecision, DecisionResult } from '../ports/decision.ts';
import type { Notification, Receipt, Target } from '../ports/notifier.ts';
import { deliverMessages, hasNews, noticeKey } from './deliver.ts';
import type { Patience } from './delivery.ts';

const PATIENCE: Patience = { attempts: 3, firstMs: 5_000, mostMs: 60_000 };
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

type Answer = Receipt | Error;
interface Sent {
  readonly to: string;
  readonly message: Notification;
  readonly again: boolean;
}

let now = 0;
let cluster: MemoryCluster;
let sent: Sent[];
let submitted: ApprovalDecision[];
let figures: string[];
let answer: (target: Target, message: Notification) => Answer;

function message(seq: number, over: Partial<Message> = {}): Message {
  return {
    seq,
    at: new Date(now).toISOString(),
    severity: 'info',
    reason: 'WeightRaised',
    text: `message ${seq}`,
    ...over,
  };
}

function put(policy: object, status: Partial<ReleaseStatus>): string {
  const release = releaseOf(
    { phase: 'Stepping', stage: 'Analysing', step: 0, weight: 10, ...status },
    {},
    policy,
  );
  cluster.create(release);
  return noticeKey(release);
}

function deps(identity = 'one') {
  return {
    store: cluster.store,
    writer: cluster.writer,
    events: cluster.events,
    notifier: {
      send: async (target: Target, about: Notification, { again }: { again: boolean }): Promise<Receipt> => {
        const found = answer(target, about);
        if (found instanceof Error) throw found;
        sent.push({ to: target.to, message: about, again });
        return found;
      },
    },
    approvals: {
      submit: async (decision: ApprovalDecision): Promise<DecisionResult> => {
        submitted.push(decision);
        return { accepted: true, message: 'yes' };
      },
    },
    links: {
      link: async (_subject: unknown, decision: string, expires: number) =>
        `https://sluice.example/decide/${decision}-${expires}`,
    },
    defaults: async () => [{ name: 'default', severity: 'info' as const, slack: { channel: '#default' } }],
    telemetry: { message: (way: string, result: string) => void figures.push(`${way} ${result}`) },
    patience: PATIENCE,
    identity,
    clock: { now: () => now, monotonic: () => now },
    log: quiet,
  };
}

const pass = (key: string, identity?: string) => deliverMessages(deps(identity), key);
const statusOf = (): ReleaseStatus =>
  (cluster.get('Release', 'shop', 'model-h2') as Release).status as ReleaseStatus;
const failure = (retry: SluiceError['retry'] = 'backoff') =>
  new SluiceError('NOTIFICATION_FAILED', 'the receiver answered 500', { retry });

const TEAM = { name: 'team', slack: { channel: '#team' } };
const PAGER = {
  name: 'pager',
  severity: 'critical',
  webhook: { url: 'https://pager.example/', secret: { key: 'k' } },
};

const replicaSet = (image: string): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name: 'model-h2', namespace: 'shop' },
  spec: {
    template: {
      ...template(image),
      spec: { containers: [{ name: 'server', image, env: [{ name: 'TOKEN', value: 'hunter2' }] }] },
    },
  },
});

beforeEach(() => {
  now = Date.parse('2026-11-24T12:00:00Z');
  cluster = createMemoryCluster({ now: () => now });
  sent = [];
  submitted = [];
  figures = [];
  answer = () => ({});
});

describe('messages to people', () => {
  it('comes in order, once, and only what the receiver wants', async () => {
    const messages = [
      message(1),
      message(2, { severity: 'critical', text: 'p95 612 ms against 300 ms' }),
      message(3),
    ];
    const key = put({ notifications: [TEAM, PAGER] }, { messages });
    expect(await pass(key)).toEqual({});
    expect(sent.filter(({ to }) => to === 'team').map((one) => one.message.text)).toEqual([
      'message 1',
      'p95 612 ms against 300 ms',
      'message 3',
    ]);
    expect(sent.filter(({ to }) => to === 'pager').map((one) => one.message.text)).toEqual([
      'p95 612 ms against 300 ms',
    ]);
    expect(statusOf()).toMatchObject({
      notified: 3,
      deliveries: [
        { to: 'team', seq: 3, delivered: 3, failed: 0 },
        { to: 'pager', seq: 3, delivered: 1, failed: 0 },
      ],
    });
    expect(statusOf().delivering).toBeUndefined();
    const before = sent.length;
    expect(await pass(key)).toEqual({});
    expect(sent).toHaveLength(before);
  });

  it('goes to the default of the namespace where the policy does not say, and to nobody where it says so', async () => {
    const key = put({}, { messages: [message(1)] });
    await pass(key);
    expect(sent.map(({ to }) => to)).toEqual(['default']);
    cluster.delete('Release', 'shop', 'model-h2');
    const silent = put({ notifications: [] }, { messages: [message(1)] });
    await pass(silent);
    expect(sent).toHaveLength(1);
  });

  it('has what changes, how the metrics stand, and no value of an environment variable', async () => {
    cluster.create(replicaSet('v2'));
    const key = put(
      { notifications: [TEAM] },
      {
        messages: [message(1)],
        analysis: { windows: 3, metrics: [metricState('pass', '0.2 % against 1 %')] },
      },
    );
    await pass(key);
    const [first] = sent;
    expect(first?.message.changes.join('\n')).toContain('v2');
    expect(JSON.stringify(first)).not.toContain('hunter2');
    expect(first?.message.metrics).toMatchObject([
      { name: 'errors', verdict: 'pass', message: '0.2 % against 1 %' },
    ]);
  });

  it('has the links of the policy, filled in', async () => {
    const url = 'https://grafana.example/d/x?ns={namespace}&w={workload}&r={revision}&other={other}';
    await pass(
      put({ notifications: [TEAM], links: [{ name: 'Dashboard', url }] }, { messages: [message(1)] }),
    );
    expect(sent[0]?.message.links).toEqual([
      { name: 'Dashboard', url: 'https://grafana.example/d/x?ns=shop&w=model&r=v2&other={other}' },
    ]);
  });

  it('keeps the thread that a receiver names', async () => {
    answer = () => ({ ref: 'C1:1.2' });
    await pass(put({ notifications: [TEAM] }, { messages: [message(1)] }));
    expect(statusOf().deliveries).toMatchObject([{ ref: 'C1:1.2' }]);
  });
});

describe('a receiver that fails', () => {
  it('is tried again later, the others are not held up', async () => {
    answer = ({ to }) => (to === 'team' ? failure() : {});
    const key = put({ notifications: [TEAM, { ...PAGER, severity: 'info' }] }, { messages: [message(1)] });
    expect(await pass(key)).toEqual({ wakeAt: now + 5_000 });
    expect(statusOf().deliveries).toMatchObject([
      { to: 'team', seq: 0, attempts: 1, error: 'the receiver answered 500' },
      { to: 'pager', seq: 1, delivered: 1 },
    ]);
    now += 5_000;
    answer = () => ({});
    expect(await pass(key)).toEqual({});
    expect(sent.map(({ to }) => to)).toEqual(['pager', 'team']);
    expect(statusOf()).toMatchObject({ notified: 1 });
  });

  it('waits as long as the receiver asks', async () => {
    answer = () => failure({ afterMs: 30_000 });
    expect(await pass(put({ notifications: [TEAM] }, { messages: [message(1)] }))).toEqual({
      wakeAt: now + 30_000,
    });
  });

  it('fails for good after some tries, which is visible; the next message is still tried', async () => {
    answer = (_target, { text }) => (text === 'message 1' ? failure() : {});
    const key = put({ notifications: [TEAM] }, { messages: [message(1), message(2)] });
    for (let tries = 0; tries < 3; tries++) {
      await pass(key);
      now += 60_000;
    }
    expect(sent.map((one) => one.message.text)).toEqual(['message 2']);
    expect(statusOf()).toMatchObject({ notified: 2, deliveries: [{ seq: 2, delivered: 1, failed: 1 }] });
    expect(statusOf().conditions).toMatchObject([
      { type: 'Notified', status: 'False', reason: 'DeliveryFailed' },
    ]);
    expect(cluster.recorded.map(({ reason }) => reason)).toEqual(['NotificationFailed']);
    expect(figures).toEqual(['slack failed', 'slack failed', 'slack givenUp', 'slack delivered']);
  });

  it('that refuses fails for good at once', async () => {
    answer = () => failure('terminal');
    await pass(put({ notifications: [TEAM] }, { messages: [message(1)] }));
    expect(statusOf().deliveries?.[0]?.error).toBe(
      'message 1 failed for good after 1 try: the receiver answered 500',
    );
  });

  it('by a fault of ours tells no property of the error', async () => {
    answer = () => Object.assign(new TypeError('token xoxb-secret'), { config: { token: 'xoxb-secret' } });
    await pass(put({ notifications: [TEAM] }, { messages: [message(1)] }));
    expect(JSON.stringify(statusOf())).not.toContain('xoxb-secret');
    expect(statusOf().deliveries?.[0]?.error).toBe('unexpected TypeError');
  });
});

describe('a process that dies', () => {
  it('before it has written down what it sent makes the next one ask whether it got through', async () => {
    const key = put({ notifications: [TEAM] }, { messages: [message(1)] });
    cluster.failWrites(({ patch }) =>
      JSON.stringify(patch).includes('/status/deliveries')
        ? { when: 'before', error: new Error('killed') }
        : undefined,
    );
    await expect(pass(key)).rejects.toThrow('killed');
    cluster.failWrites(null);
    const { wakeAt } = await pass(key, 'two');
    expect(sent).toHaveLength(1);
    now = wakeAt ?? 0;
    await pass(key, 'two');
    expect(sent.map(({ again, message: { id } }) => [again, id])).toEqual([
      [false, 'uid-1/1'],
      [true, 'uid-1/1'],
    ]);
    expect(statusOf()).toMatchObject({ notified: 1 });
  });

  it('leaves to another what it had not begun', async () => {
    const key = put({ notifications: [TEAM] }, { messages: [message(1)] });
    cluster.failWrites(() => ({ when: 'before', error: new Error('killed') }));
    await expect(pass(key)).rejects.toThrow('killed');
    cluster.failWrites(null);
    await pass(key, 'two');
    expect(sent).toMatchObject([{ again: false }]);
  });
});

describe('whatever write a process dies at', () => {
  const writes = [0, 1, 2, 3];
  it.each(writes.flatMap((at) => (['before', 'after'] as const).map((when) => [at, when] as const)))(
    'number %i, %s it: each message arrives, in order, and a second time only with the same id and a warning',
    async (at, when) => {
      const key = put({ notifications: [TEAM] }, { messages: [message(1), message(2)] });
      let count = 0;
      cluster.failWrites(() => (count++ === at ? { when, error: new Error('killed') } : undefined));
      let identity = 0;
      let wake: number | undefined = now;
      for (let turns = 0; wake !== undefined && turns < 20; turns++) {
        now = Math.max(now, wake);
        const id = `process-${identity}`;
        wake = await pass(key, id).then(
          ({ wakeAt }) => wakeAt,
          () => {
            identity += 1;
            return now;
          },
        );
      }
      expect(statusOf()).toMatchObject({ notified: 2, deliveries: [{ seq: 2, failed: 0 }] });
      const firsts = sent.filter(({ again }) => !again).map((one) => one.message.id);
      expect(new Set(sent.map((one) => one.message.id))).toEqual(new Set(['uid-1/1', 'uid-1/2']));
      expect(firsts).toEqual([...new Set(firsts)]);
    },
  );
});

describe('two processes', () => {
  it('do not send the same message: the second claim loses', async () => {
    const key = put({ notifications: [TEAM] }, { messages: [message(1)] });
    const stale = cluster.store.get('Release', 'shop', 'model-h2');
    await pass(key, 'one');
    const store = { ...cluster.store, get: () => stale };
    await expect(deliverMessages({ ...deps('two'), store }, key)).rejects.toThrow('Test failed');
    expect(sent).toHaveLength(1);
  });

  it('do not undo what the Release has become meanwhile', async () => {
    const key = put({ notifications: [TEAM] }, { messages: [message(1)] });
    answer = () => {
      cluster.update(
        'Release',
        'shop',
        'model-h2',
        (draft) => {
          const status = draft['status'] as ReleaseStatus;
          draft['status'] = {
            ...status,
            phase: 'Aborting',
            messages: [message(1), message(2, { severity: 'critical' })],
          };
        },
        'status',
      );
      return {};
    };
    await pass(key);
    expect(statusOf()).toMatchObject({ phase: 'Aborting', notified: 1 });
    expect(hasNews(cluster.get('Release', 'shop', 'model-h2') as KubeObject)).toBe(true);
  });
});

describe('a system that is asked for approval', () => {
  const asked = {
    notifications: [],
    approval: { at: ['25'], webhook: { url: 'https://ci.example/', secret: { key: 'k' } } },
  };
  const gate = { waitingFor: '25', waitingSince: '2026-11-24T12:00:00Z' };
  const ask = { severity: 'warning', reason: 'WaitingForApproval' } as const;

  it('hears only of the gate, with links that end, and what it answers is handed in', async () => {
    answer = () => ({ decision: { decision: 'approve', who: 'change-board' } });
    await pass(put(asked, { ...gate, messages: [message(1), message(2, ask)] }));
    expect(sent).toHaveLength(1);
    const expires = Date.parse('2026-11-25T12:00:00Z');
    expect(sent[0]?.message.gate?.links).toEqual({
      approve: `https://sluice.example/decide/approve-${expires}`,
      reject: `https://sluice.example/decide/reject-${expires}`,
    });
    expect(submitted).toMatchObject([
      {
        decision: 'approve',
        who: 'change-board',
        via: 'webhook',
        subject: { gate: '25', release: 'model-h2', uid: 'uid-1' },
      },
    ]);
  });

  it('hears nothing where the gate waits no more', async () => {
    await pass(put(asked, { messages: [message(1, ask)] }));
    expect(sent).toEqual([]);
  });
});
