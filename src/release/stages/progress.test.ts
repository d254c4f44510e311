import { describe, expect, it } from 'vitest';
import { replicaSet, seen, statusOf } from '../../../test/fixtures/release.ts';
import type { ObservedPods } from '../canary/pod-health.ts';
import { availability } from './canary-pods.ts';

const set = replicaSet({ available: 0 });
const refused = {
  ...set,
  object: {
    ...set.object,
    status: { conditions: [{ type: 'ReplicaFailure', status: 'True', message: 'exceeded quota: gpus' }] },
  },
};
const none = { count: 0, text: '' };
const pods: ObservedPods = {
  restarts: none,
  evictions: none,
  lapsed: null,
  hopeless: null,
  stuck: 'pod a: Unschedulable: no GPU',
};

describe('pods that are waited for', () => {
  it.each([
    ['no more is known', seen({ canary: set }), '0 of 2 canary pods are available'],
    ['none exists', seen({ canary: null }), '0 of 2 canary pods are available'],
    [
      'none is made',
      seen({ canary: refused }),
      '0 of 2 canary pods are available; exceeded quota: gpus; raise the quota, or free what uses it up',
    ],
    [
      'one is stuck',
      seen({ canary: set, pods }),
      '0 of 2 canary pods are available; pod a: Unschedulable: no GPU',
    ],
  ])('%s', (_what, known, text) => {
    expect(availability(known, statusOf({ replicas: 2 }))).toBe(text);
  });
});
