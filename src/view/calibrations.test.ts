import { describe, expect, it } from 'vitest';
import { canvas, NOW, release, stepping } from '../../test/fixtures/cli.ts';
import { rollout } from '../../test/fixtures/release.ts';
import { view as plan } from '../cli/commands/prepare/plan.ts';
import { view as explain } from '../cli/commands/show/explain.ts';
import { viewOf } from './view-of.ts';

const LEARNT = { metric: 'errors', base: 0.01, variation: 0.6, lasts: 300, days: 7 };
const TEXT =
  '1 % of the requests are bad, one version varies by ±0.6 pp for 5m at a time (learnt from 7 days)';

describe('what is known of the metrics from the past', () => {
  it('is, of a release, what it began with', () => {
    const one = release(stepping(), { calibration: [LEARNT] });
    expect(viewOf({ release: one, now: NOW }).calibrations).toEqual([
      { ...LEARNT, days: undefined, source: 'learnt', text: TEXT },
    ]);
    expect(explain(one, canvas(120)).join('\n')).toContain(`Known before\n  errors: ${TEXT}`);
  });

  it('is, of a Rollout without one, what the next will begin with', () => {
    const known = rollout({
      status: { learnt: { at: '2026-11-30T00:00:00Z', queries: 18, metrics: [LEARNT] } },
    });
    expect(viewOf({ rollout: known, now: NOW }).calibrations).toMatchObject([
      { metric: 'errors', source: 'learnt', text: TEXT },
    ]);
    const spec = {
      ...known.spec,
      analysis: {
        ...known.spec.analysis,
        learn: 'off' as const,
        calibration: [{ metric: 'errors', lasts: 60 }],
      },
    };
    expect(viewOf({ rollout: { ...known, spec }, now: NOW }).calibrations).toMatchObject([
      { source: 'policy', lasts: 60 },
    ]);
    expect(viewOf({ rollout: rollout(), now: NOW }).calibrations).toEqual([]);
  });

  it('stands below a plan', () => {
    const empty = {
      connect: null,
      steps: [],
      promotionMs: null,
      gates: [],
      totalMs: null,
      traffic: [],
      calibrations: [LEARNT],
    };
    expect(plan(empty, canvas(120)).join(' ')).toContain(`Known of errors: ${TEXT}.`);
  });
});
