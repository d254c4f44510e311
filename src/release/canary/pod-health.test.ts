import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../api/meta.ts';
import { observePods, usualRestarts } from './pod-health.ts';

const at = (second: number): string => new Date(Date.UTC(2026, 10, 24, 12, 0, second)).toISOString();
const pod = (status: object, metadata: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'model-h2-a', ...metadata },
  status,
});
const ready = (status: string, second: number): object => ({
  type: 'Ready',
  status,
  lastTransitionTime: at(second),
});
const container = (over: object): object => ({ name: 'server', restartCount: 0, ...over });
const NOTHING = {
  restarts: { count: 0, text: '' },
  evictions: { count: 0, text: '' },
  lapsed: null,
  hopeless: null,
  stuck: null,
};

describe('pods', () => {
  it.each([
    ['that have no status yet', pod({}), NOTHING],
    [
      'that load',
      pod({
        conditions: [ready('False', 0)],
        containerStatuses: [container({ state: { running: { startedAt: at(3) } } })],
      }),
      NOTHING,
    ],
    [
      'that are ready',
      pod({
        conditions: [ready('True', 9)],
        containerStatuses: [container({ state: { running: { startedAt: at(3) } } })],
      }),
      NOTHING,
    ],
    [
      'that were ready and are not any more',
      pod({
        conditions: [ready('False', 40)],
        containerStatuses: [container({ state: { running: { startedAt: at(3) } } })],
      }),
      {
        ...NOTHING,
        lapsed: { since: Date.parse(at(40)), text: 'pod model-h2-a was ready and is not any more' },
      },
    ],
    [
      'that crash',
      pod({
        conditions: [ready('False', 9)],
        containerStatuses: [
          container({
            restartCount: 3,
            state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s' } },
            lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
          }),
        ],
      }),
      {
        ...NOTHING,
        restarts: {
          count: 3,
          text: 'container server of pod model-h2-a ended with exit code 137 (OOMKilled); it was started again 3 times',
        },
        stuck: 'pod model-h2-a: CrashLoopBackOff: back-off 40s',
      },
    ],
    [
      'that were evicted',
      pod({ phase: 'Failed', reason: 'Evicted', message: 'low on memory' }),
      { ...NOTHING, evictions: { count: 1, text: 'pod model-h2-a was evicted: low on memory' } },
    ],
    [
      'that no node has room for',
      pod({
        conditions: [
          {
            type: 'PodScheduled',
            status: 'False',
            reason: 'Unschedulable',
            message: '0/3 nodes are available: 3 Insufficient nvidia.com/gpu.',
          },
        ],
      }),
      {
        ...NOTHING,
        stuck: 'pod model-h2-a: Unschedulable: 0/3 nodes are available: 3 Insufficient nvidia.com/gpu.',
      },
    ],
    [
      'whose image has no name',
      pod({ containerStatuses: [container({ state: { waiting: { reason: 'InvalidImageName' } } })] }),
      {
        ...NOTHING,
        hopeless: 'pod model-h2-a: InvalidImageName',
        stuck: 'pod model-h2-a: InvalidImageName',
      },
    ],
    [
      'whose init container crashes',
      pod({ initContainerStatuses: [container({ name: 'fetch', restartCount: 2, state: {} })] }),
      {
        ...NOTHING,
        restarts: {
          count: 2,
          text: 'container fetch of pod model-h2-a ended; it was started again 2 times',
        },
      },
    ],
    [
      'that are on their way out',
      pod({ phase: 'Failed', reason: 'Evicted' }, { deletionTimestamp: at(1) }),
      NOTHING,
    ],
  ])('%s', (_what, object, seen) => {
    expect(observePods([object])).toEqual(seen);
  });
});

describe('restarts', () => {
  const restarted = (counts: Readonly<Record<string, number>>): KubeObject =>
    pod({
      initContainerStatuses: [container({ name: 'fetch', restartCount: counts['fetch'] ?? 0 })],
      containerStatuses: [container({ restartCount: counts['server'] ?? 0 })],
    });
  const each = (count: number): KubeObject[] => [restarted({ server: count }), restarted({ server: count })];

  it.each<[string, KubeObject[], KubeObject[], number]>([
    ['are no sum over pods', each(1), [], 1],
    ['are no sum over containers', [restarted({ server: 1, fetch: 1 })], [], 1],
    ['are those of the worst', [restarted({ server: 1 }), restarted({ fetch: 4 })], [], 4],
    ['beyond what every pod of stable has', each(3), each(1), 2],
    ['are not excused by one pod of stable', each(3), [...each(0), restarted({ server: 9 })], 3],
    ['are not excused by another container', each(3), [restarted({ fetch: 3 })], 3],
    ['are excused by no more than a start explains', each(40), each(40), 37],
    [
      'are not excused by pods that go',
      each(3),
      [pod(restarted({ server: 3 })['status'] as object, { deletionTimestamp: at(1) })],
      3,
    ],
  ])('%s', (_what, canary, stable, count) => {
    expect(observePods(canary, usualRestarts(stable)).restarts.count).toBe(count);
  });

  it('say what stable does too', () => {
    expect(observePods(each(3), usualRestarts(each(1))).restarts.text).toContain(
      'started again 3 times, in every pod of stable once',
    );
  });
});
