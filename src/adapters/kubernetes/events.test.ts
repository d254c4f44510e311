import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../api/meta.ts';
import { SluiceError } from '../../errors.ts';
import type { KubeClient } from './client.ts';
import { createEvents, cut } from './events.ts';

const rollout: KubeObject = {
  apiVersion: 'sluice.dev/v1alpha1',
  kind: 'Rollout',
  metadata: { name: 'ranker', namespace: 'shop', uid: 'u1', resourceVersion: '7' },
};

type Body = Record<string, unknown> & { series?: { count: number } };

function setUp(fail: (verb: string, sent: number) => SluiceError | undefined = () => undefined) {
  const created: KubeObject[] = [];
  const patched: { name: string; count: number | undefined }[] = [];
  const logged: string[] = [];
  let now = Date.parse('2026-03-01T12:00:00.250Z');
  let dropped = 0;
  let sent = 0;
  const guard = (verb: string): void => {
    const error = fail(verb, (sent += 1));
    if (error !== undefined) throw error;
  };
  const client: Pick<KubeClient, 'create' | 'patch'> = {
    create: async (_resource, object) => {
      guard('create');
      created.push(object);
      return object;
    },
    patch: async (_resource, { name }, _type, body) => {
      guard('patch');
      patched.push({ name, count: (body as Body).series?.count });
      return rollout;
    },
  };
  const events = createEvents({
    client,
    clock: { now: () => now, monotonic: () => now },
    instance: 'sluice-0',
    log: { warn: (_fields, message) => void logged.push(message) },
    onDrop: () => void (dropped += 1),
  });
  const pass = (ms: number): void => {
    now += ms;
  };
  return { events, created, patched, logged, pass, dropped: () => dropped };
}

const missing = new SluiceError('KUBERNETES_NOT_FOUND', 'gone', { retry: 'terminal' });
const refused = new SluiceError('KUBERNETES_FORBIDDEN', 'no', { retry: 'terminal' });

describe('events', () => {
  test('say what, about whom, when and by whom', async () => {
    const { events, created } = setUp();
    events.record(rollout, 'Warning', 'Aborted', 'p95 was 900 ms');
    await events.idle();
    expect(created).toMatchObject([
      {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { namespace: 'shop', name: expect.stringMatching(/^ranker\.[0-9a-z]+$/) },
        eventTime: '2026-03-01T12:00:00.250000Z',
        reportingController: 'sluice.dev/controller',
        reportingInstance: 'sluice-0',
        type: 'Warning',
        reason: 'Aborted',
        action: 'Aborted',
        note: 'p95 was 900 ms',
        regarding: {
          apiVersion: 'sluice.dev/v1alpha1',
          kind: 'Rollout',
          name: 'ranker',
          namespace: 'shop',
          uid: 'u1',
          resourceVersion: '7',
        },
      },
    ]);
  });

  test('about what has no namespace are reported in default', async () => {
    const { events, created } = setUp();
    const { namespace: _namespace, ...metadata } = rollout.metadata;
    events.record({ ...rollout, metadata }, 'Normal', 'Approved', 'once');
    await events.idle();
    expect(created[0]?.metadata.namespace).toBe('default');
    expect(created[0]?.['regarding']).not.toHaveProperty('namespace');
  });

  test('that are equal count up one series, with ever fewer writes', async () => {
    const { events, created, patched } = setUp();
    for (let count = 0; count < 100; count += 1) {
      events.record(rollout, 'Normal', 'HoldBypassed', 'waits');
      await events.idle();
    }
    expect(created).toHaveLength(1);
    expect(patched.map(({ count }) => count)).toEqual([2, 4, 8, 16, 32, 64]);
    expect(new Set(patched.map(({ name }) => name))).toEqual(new Set([created[0]?.metadata.name]));
  });

  test('that come while the first is on its way are not sent one by one', async () => {
    const { events, created, patched } = setUp();
    for (let count = 0; count < 10; count += 1) events.record(rollout, 'Normal', 'HoldBypassed', 'waits');
    await events.idle();
    expect(created.length + patched.length).toBe(1);
  });

  test('of another note, reason or object are others', async () => {
    const { events, created } = setUp();
    events.record(rollout, 'Normal', 'HoldBypassed', 'waits');
    events.record(rollout, 'Normal', 'HoldBypassed', 'waits for alice');
    events.record(rollout, 'Normal', 'Paused', 'waits');
    events.record(
      { ...rollout, metadata: { ...rollout.metadata, uid: 'u2' } },
      'Normal',
      'HoldBypassed',
      'waits',
    );
    await events.idle();
    expect(new Set(created.map(({ metadata }) => metadata.name)).size).toBe(4);
  });

  test('that come again much later are new ones', async () => {
    const { events, created, pass } = setUp();
    events.record(rollout, 'Normal', 'HoldBypassed', 'waits');
    await events.idle();
    pass(31 * 60_000);
    events.record(rollout, 'Normal', 'HoldBypassed', 'waits');
    await events.idle();
    expect(new Set(created.map(({ metadata }) => metadata.name)).size).toBe(2);
  });

  test('are created again when the API server has forgotten them', async () => {
    const { events, created } = setUp((verb) => (verb === 'patch' ? missing : undefined));
    for (let count = 0; count < 2; count += 1) {
      events.record(rollout, 'Normal', 'HoldBypassed', 'waits');
      await events.idle();
    }
    expect(created).toHaveLength(2);
  });

  test('that are refused are dropped and logged, and the next ones are sent', async () => {
    const { events, created, logged, dropped } = setUp((_verb, sent) => (sent === 1 ? refused : undefined));
    events.record(rollout, 'Normal', 'StepPassed', 'is refused');
    events.record(rollout, 'Normal', 'StepSkipped', 'is sent');
    await events.idle();
    expect(created.map((one) => one['reason'])).toEqual(['StepSkipped']);
    expect(logged).toEqual(['event was not recorded']);
    expect(dropped()).toBe(1);
  });

  test('that are too many are dropped, and nobody waits', async () => {
    const { events, created, dropped } = setUp();
    for (let count = 0; count < 1_200; count += 1)
      events.record(rollout, 'Normal', 'WeightRaised', `number ${count}`);
    await events.idle();
    expect(created).toHaveLength(1_000);
    expect(dropped()).toBe(200);
  });

  test('have notes as long as the API server takes', async () => {
    const { events, created } = setUp();
    events.record(rollout, 'Normal', 'AnalysisFailed', 'ü'.repeat(2_000));
    await events.idle();
    expect(Buffer.byteLength(created[0]?.['note'] as string)).toBe(1_024);
  });
});

describe('a text', () => {
  test.each([
    ['short', 10, 'short'],
    ['exact', 5, 'exact'],
    ['üü', 3, 'ü'],
    ['a🚀b', 4, 'a'],
    ['', 4, ''],
  ])('%j is cut to %i bytes as %j', (text, bytes, expected) => {
    expect(cut(text, bytes)).toBe(expected);
  });
});
