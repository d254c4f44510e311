import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../api/meta.ts';
import { podsSeen } from './pods.ts';

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
          text: 'container server of pod model-h2-a ended with exit code 137 (OOMKilled)',
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
      { ...NOTHING, restarts: { count: 2, text: 'container fetch of pod model-h2-a ended' } },
    ],
    [
      'that are on their way out',
      pod({ phase: 'Failed', reason: 'Evicted' }, { deletionTimestamp: at(1) }),
      NOTHING,
    ],
  ])('%s', (_what, object, seen) => {
    expect(podsSeen([object])).toEqual(seen);
  });
});
