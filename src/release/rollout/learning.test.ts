import { describe, expect, it } from 'vitest';
import { deployment, NOW, release, rollout, rolloutSeen } from '../../../test/fixtures/release.ts';
import { ERRORS, LATENCY } from '../../../test/fixtures/replay.ts';
import { calibrationsFor, learnable } from './calibrations.ts';
import { decideRollout } from './decide-rollout.ts';
import { learningDueAt } from './learning.ts';
import type { RolloutObservation } from './rollout-observation.ts';

const HOUR = 3_600_000;
const KNOWN = [
  { metric: 'errors', base: 0.01, variation: 0.4, lasts: 120, days: 7 },
  { metric: 'latency', base: 0.05, days: 7 },
];
const learntAt = (ms: number, more: object = {}) => ({
  at: new Date(ms).toISOString(),
  queries: 18,
  metrics: KNOWN,
  ...more,
});
const idle = { deployment: deployment({ paused: false, held: false, revision: 'v1' }) };
const metrics = { metrics: [ERRORS, LATENCY] };
const off = (spec: object) => {
  const one = rollout();
  return { ...one, spec: { ...one.spec, analysis: { ...one.spec.analysis, ...spec } } };
};

describe('learningDueAt', () => {
  it.each<[string, Partial<RolloutObservation>, number | null]>([
    ['nothing is known', {}, 0],
    [
      'a day after it was learnt',
      { rollout: rollout({ status: { learnt: learntAt(NOW) } }) },
      NOW + 24 * HOUR,
    ],
    [
      'sooner where a metric gave no answer',
      {
        rollout: rollout({ status: { learnt: learntAt(NOW, { message: 'errors: no series', queries: 3 }) } }),
      },
      NOW + 6 * HOUR,
    ],
    [
      'sooner where a metric is new',
      { rollout: rollout({ status: { learnt: learntAt(NOW, { metrics: KNOWN.slice(0, 1), queries: 3 }) } }) },
      NOW + 6 * HOUR,
    ],
    [
      'not sooner where that took many queries',
      { rollout: rollout({ status: { learnt: learntAt(NOW, { message: 'errors: no series' }) } }) },
      NOW + 24 * HOUR,
    ],
    ['never during a release', { releases: [release({ phase: 'Stepping', stage: 'Analysing' })] }, null],
    ['never while a release is about to begin', { deployment: deployment({}) }, null],
    ['never where the policy says so', { rollout: off({ learn: 'off' }) }, null],
    ['never without pods', { deployment: deployment({ ...idle.deployment, replicas: 0 }) }, null],
    ['never without a rate of requests', { metrics: { metrics: [] } }, null],
    [
      'never where the metrics are not known',
      { metrics: { problem: { reason: 'UnknownMetric', message: 'm' } } },
      null,
    ],
    ['never for a workload of another Rollout', { rival: 'other' }, null],
  ])('is due: %s', (_what, over, expected) => {
    expect(learningDueAt(rolloutSeen({ ...idle, metrics, ...over }))).toBe(expected);
  });
});

describe('what was learnt', () => {
  it('is kept in the status, also where nothing new was learnt', () => {
    const known = rollout({ status: { learnt: learntAt(NOW) } });
    expect(decideRollout(rolloutSeen({ ...idle, metrics, rollout: known })).status.learnt).toEqual(
      learntAt(NOW),
    );
    const newer = learntAt(NOW + HOUR);
    const seen = rolloutSeen({ ...idle, metrics, rollout: known, learnt: newer });
    expect(decideRollout(seen).status.learnt).toEqual(newer);
  });

  it('is copied into a release that begins, of the metrics that it has', () => {
    const known = rollout({ status: { ...rollout().status, learnt: learntAt(NOW) } });
    const { start } = decideRollout(rolloutSeen({ metrics: { metrics: [ERRORS] }, rollout: known }));
    expect(start?.spec.calibration).toEqual(KNOWN.slice(0, 1));
    expect(decideRollout(rolloutSeen({ metrics })).start?.spec).not.toHaveProperty('calibration');
  });

  it.each([
    [
      'replaces a figure',
      { calibration: [{ metric: 'errors', variation: 0.9 }] },
      { ...KNOWN[0], variation: 0.9 },
    ],
    [
      'stands alone where nothing is learnt',
      { learn: 'off', calibration: [{ metric: 'errors', lasts: 60 }] },
      { metric: 'errors', lasts: 60 },
    ],
  ])('yields to the policy, which %s', (_what, analysis, expected) => {
    const one = off(analysis);
    const known = { ...one, status: { ...one.status, learnt: learntAt(NOW) } };
    expect(
      calibrationsFor(
        known as typeof one,
        learnable([ERRORS]).map(({ name }) => name),
      ),
    ).toEqual([expected]);
  });
});
