import { notesOf } from '../../src/cli/commands/prepare/plan.ts';
import { unseenRoutes } from '../../src/cli/preflight/hidden.ts';
import type { Examiner } from '../../src/dashboard/server/policy/examiner.ts';
import { planOf } from '../../src/replay/plan.ts';
import { replay } from '../../src/replay/replay.ts';
import { periodWith, policyOf } from '../fixtures/replay.ts';

const period = periodWith({ pods: 4, perSecond: 20, bad: () => 0.01 });
const TO = Date.parse('2026-03-01T12:00:00Z');
const hidden = ['destinationrules', 'virtualservices'].map((plural) => ({
  kind: '',
  group: 'networking.istio.io',
  plural,
  namespace: 'models',
}));

const { all: routes } = unseenRoutes(hidden, 'models', 'ann');

const plan = () => ({
  ...planOf({
    policy: { ...policyOf(), approval: { at: ['promotion'], onTimeout: 'hold', quorum: 1 } as never },
    metrics: period.metrics.map(({ metric }) => metric),
    traffic: [
      { metric: 'errors', perSecond: 12.345, badShare: 0.01 },
      { metric: 'latency', perSecond: null },
    ],
    replicas: 4,
    loadMs: 95_000,
    promotionMs: 60_000,
  }),
  hidden: routes,
});

/** Examinations with answers of the real functions on counts that are made up: everything that such an answer can have. */
export const EXAMINER: Examiner = {
  asksForAll: true,
  preflight: async () => [
    {
      about: 'workload and routes',
      state: 'unknown',
      details: routes,
    },
    {
      about: 'canary pods',
      state: 'ok',
      details: ['at most 2 beside 4', 'nvidia.com/gpu: 4 more than the 8 that serve'],
    },
    {
      about: 'metric latency',
      state: 'failed',
      problem: {
        reason: 'NoBucketEdge',
        message:
          'buckets: no edge is near 600ms; the edges are 100ms, 250ms, 1s: take one of them as the bound',
      },
      details: ['buckets: 12 series'],
    },
  ],
  plan: async () => {
    const found = plan();
    return { ...found, notes: notesOf(found) };
  },
  replay: async (_of, _asked, { onProgress }) => {
    onProgress({ stage: 'replaying', done: 1, total: 20 });
    return replay({
      rollout: 'ranker',
      namespace: 'models',
      fromMs: TO - 7 * 86_400_000,
      toMs: TO,
      countsFromMs: TO - 3 * 86_400_000,
      seed: 1,
      leftOut: [{ metric: 'lag', why: 'it is measured by asking at the time, which the past cannot answer' }],
      empty: 40,
      policy: policyOf(),
      periods: [period, periodWith({ pods: 1, perSecond: 20, bad: () => 0.01, seed: 2 })],
      runs: 20,
      faultRuns: 4,
    });
  },
};
