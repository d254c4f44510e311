import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Metric } from '../../api/analysis/analysis-template.ts';
import { MetricState } from '../../api/release/analysis-state.ts';
import { Analysis } from '../../api/rollout/rollout.ts';
import type { ArmSamples, Sample, Series, WindowSamples } from '../evidence/sample.ts';
import { judgeMetric, judgeStep } from './judge.ts';
import { startStep } from './state.ts';

const analysis = Analysis.parse({ templates: [{ name: 'http-generic' }], falseAbortRate: '1%' });
const errors: Metric = {
  name: 'errors',
  max: '5%',
  maxIncrease: '0.5pp',
  errors: { requests: 'r', failures: 'f' },
  onNoData: 'wait',
  dryRun: false,
};
const latency: Metric = {
  name: 'latency',
  max: '300ms',
  maxIncrease: '5pp',
  latency: { buckets: 'b', unit: 's', quantile: '95%' },
  onNoData: 'wait',
  dryRun: false,
};
const NO_DATA: Sample = { kind: 'noData', message: 'no series' };

const vector = (...series: Series[]): Sample => ({ kind: 'vector', series });
const counter = (pod: string, status: string, value: number): Series => ({
  labels: { __name__: 'http_requests_total', pod, status },
  value,
});

type Counts = readonly [events: number, bad: number];
type Arms = { canary: Counts | Sample; stable: Counts | Sample };

function errorSamples(arm: 'canary' | 'stable', grown: Counts | Sample): ArmSamples[] {
  const base = { metric: 'errors', arm, promql: '' } as const;
  if ('kind' in grown) {
    return (['requests', 'failures'] as const).map((part) => ({ ...base, part, start: grown, end: grown }));
  }
  const [events, bad] = grown;
  const failures = bad === 0 ? NO_DATA : vector(counter(arm, '500', bad));
  return [
    {
      ...base,
      part: 'requests',
      start: vector(counter(arm, '200', 1_000)),
      end: vector(
        counter(arm, '200', 1_000 + events - bad),
        ...(bad === 0 ? [] : [counter(arm, '500', bad)]),
      ),
    },
    { ...base, part: 'failures', start: NO_DATA, end: failures },
  ];
}

function errorWindow({ canary, stable }: Arms): WindowSamples {
  return {
    start: 0,
    end: 10_000,
    samples: [...errorSamples('canary', canary), ...errorSamples('stable', stable)],
  };
}

function judged(metric: Metric, windows: readonly WindowSamples[], policy = analysis): MetricState {
  let state: MetricState | undefined;
  for (const window of windows) {
    state = judgeMetric(metric, policy, state, window);
    if (state.verdict === 'fail') return state;
  }
  if (state === undefined) throw new Error('no window');
  return state;
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

/** Cumulative counts at 0.1, 0.3, 0.6 s and in all. */
type Buckets = readonly [number, number, number, number];

function latencySamples(arm: 'canary' | 'stable', grown: Buckets): ArmSamples {
  const series = (counts: readonly number[]): Series[] =>
    ['0.1', '0.3', '0.6', '+Inf'].map((le, index) => ({
      labels: { __name__: 'd_bucket', pod: arm, le },
      value: counts[index] ?? 0,
    }));
  return {
    metric: 'latency',
    arm,
    part: 'buckets',
    promql: '',
    start: vector(...series([7, 7, 7, 7])),
    end: vector(...series(grown.map((count) => count + 7))),
  };
}

function latencyWindow(canary: Buckets, stable: Buckets): WindowSamples {
  return {
    start: 0,
    end: 10_000,
    samples: [latencySamples('canary', canary), latencySamples('stable', stable)],
  };
}

describe('judgeMetric on errors', () => {
  it('passes a healthy canary after minWindows and minRequests', () => {
    const window = errorWindow({ canary: [100, 0], stable: [900, 1] });
    expect(judged(errors, times(2, window)).verdict).toBe('inconclusive');
    const state = judged(errors, times(3, window));
    expect(state.verdict).toBe('pass');
    expect(state.message).toBe('error rate 0 % against 5 % bound and 0.11 % stable, 300 requests, 3 windows');
  });

  it('says which requests are still missing', () => {
    const state = judged(errors, times(4, errorWindow({ canary: [10, 0], stable: [900, 1] })));
    expect(state).toMatchObject({ verdict: 'inconclusive' });
    expect(state.message).toContain('needs 10 more requests (minRequests 50)');
  });

  it('fails a canary without a good answer in its first window', () => {
    const state = judged(errors, [errorWindow({ canary: [75, 75], stable: [675, 0] })]);
    expect(state.verdict).toBe('fail');
    expect(state.windows).toBe(1);
    expect(state.message).toContain(
      'error rate 100 % against 5 % bound and 0 % stable, 75 requests, 1 window',
    );
  });

  it('fails 5 % errors beside a faultless stable within a few windows', () => {
    const window = errorWindow({ canary: [80, 4], stable: [720, 0] });
    const state = judged({ ...errors, max: '1%' }, times(10, window));
    expect(state.verdict).toBe('fail');
    expect(state.windows).toBeLessThanOrEqual(4);
  });

  it('neither passes nor fails what may be chance', () => {
    const state = judged(errors, times(3, errorWindow({ canary: [20, 1], stable: [180, 0] })));
    expect(state.verdict).toBe('inconclusive');
    expect(state.message).toContain('may be chance');
  });

  it('does not hold a step for one chance error in fifty requests', () => {
    const { maxIncrease: _, ...alone } = { ...errors, max: '1%' };
    const windows = [[17, 1] as const, [17, 0] as const, [17, 0] as const];
    const state = judged(
      alone,
      windows.map((canary) => errorWindow({ canary, stable: [900, 1] })),
    );
    expect(state.verdict).toBe('pass');
    const twice = [[17, 1] as const, [17, 1] as const, [17, 0] as const];
    const held = judged(
      alone,
      twice.map((canary) => errorWindow({ canary, stable: [900, 1] })),
    );
    expect(held.verdict).toBe('inconclusive');
  });

  it('holds while stable is beyond the bound as well, and counts none of it', () => {
    const healthy = times(2, errorWindow({ canary: [100, 1], stable: [900, 9] }));
    const outage = times(12, errorWindow({ canary: [100, 32], stable: [900, 270] }));
    const held = judged(errors, [...healthy, ...outage]);
    expect(held).toMatchObject({ verdict: 'inconclusive', holds: 'sharedFault', windows: 2 });
    expect(held.message).toContain(
      'stable is beyond the bound as well (30 % bad, the canary 32 %, 5 % bound)',
    );
    const over = judged(errors, [...healthy, ...outage, ...healthy]);
    expect(over).toMatchObject({ verdict: 'pass', canary: { events: 400, bad: 4 } });
    expect(over.holds).toBeUndefined();
  });

  it('fails a canary that is far worse than a stable beyond the bound', () => {
    const outage = times(6, errorWindow({ canary: [100, 85], stable: [900, 72] }));
    expect(judged(errors, outage).verdict).toBe('fail');
  });

  it('rolls back in a shared fault where the policy asks for it', () => {
    const abort = { ...analysis, onSharedFault: 'abort' } as const;
    const outage = times(12, errorWindow({ canary: [100, 71], stable: [900, 630] }));
    expect(judged(errors, outage)).toMatchObject({ verdict: 'inconclusive', holds: 'sharedFault' });
    expect(judged(errors, outage, abort).verdict).toBe('fail');
  });

  it('catches a fault that begins after a long healthy time', () => {
    const healthy = times(100, errorWindow({ canary: [100, 1], stable: [900, 9] }));
    const broken = times(5, errorWindow({ canary: [100, 50], stable: [900, 9] }));
    expect(judged(errors, healthy).verdict).toBe('pass');
    const state = judged(errors, [...healthy, ...broken]);
    expect(state.verdict).toBe('fail');
    expect(state.windows).toBeLessThanOrEqual(102);
  });

  it('does not fail where stable is just as bad', () => {
    const window = errorWindow({ canary: [100, 4], stable: [900, 36] });
    expect(judged(errors, times(60, window)).verdict).toBe('pass');
  });

  it('waits without data and rolls back only where onNoData asks for it', () => {
    const window = errorWindow({ canary: NO_DATA, stable: [900, 1] });
    expect(judged(errors, times(50, window))).toMatchObject({ verdict: 'noData', misses: 50 });
    const abort = { ...errors, onNoData: 'abort' } as const;
    expect(judged(abort, times(2, window)).verdict).toBe('noData');
    expect(judged(abort, times(3, window)).verdict).toBe('fail');
  });

  it('never rolls back because the provider fails', () => {
    const broken: Sample = { kind: 'providerError', message: 'HTTP 503' };
    const window = errorWindow({ canary: broken, stable: broken });
    const state = judged({ ...errors, onNoData: 'abort' }, times(20, window));
    expect(state).toMatchObject({ verdict: 'providerError' });
    expect(state.message).toContain('HTTP 503');
  });

  it('does not take a window without any scrape for a missing canary', () => {
    const abort = { ...errors, onNoData: 'abort' } as const;
    const still = errorWindow({ canary: [0, 0], stable: [0, 0] });
    expect(judged(abort, times(20, still))).toMatchObject({ verdict: 'noData', misses: 0 });
    const dead = errorWindow({ canary: [0, 0], stable: [900, 0] });
    expect(judged(abort, times(3, dead)).verdict).toBe('fail');
  });

  it('waits for proof where that is asked for', () => {
    const proven = { ...analysis, promoteOn: 'proven' } as const;
    const window = errorWindow({ canary: [300, 1], stable: [2_700, 9] });
    const early = judged(errors, times(6, window), proven);
    expect(early).toMatchObject({ verdict: 'inconclusive' });
    expect(early.message).toContain('not proven to be as good as stable');
    expect(judged(errors, times(30, window), proven).verdict).toBe('pass');
  });

  it('does not pass without stable, yet still tests the bound', () => {
    const healthy = errorWindow({ canary: [100, 0], stable: NO_DATA });
    expect(judged(errors, times(5, healthy)).verdict).toBe('noData');
    const failing = errorWindow({ canary: [100, 40], stable: NO_DATA });
    expect(judged(errors, times(5, failing)).verdict).toBe('fail');
    const { maxIncrease: _, ...alone } = errors;
    expect(judged(alone, times(5, healthy)).verdict).toBe('pass');
  });
});

describe('judgeMetric on latency', () => {
  it('passes a canary that is as fast as stable', () => {
    const state = judged(latency, times(3, latencyWindow([50, 97, 100, 100], [450, 873, 900, 900])));
    expect(state).toMatchObject({ verdict: 'pass', edge: 0.3, stableEdge: 0.3 });
    expect(state.message).toBe(
      'p95 291 ms against 300 ms bound and 291 ms stable, 3 % over 300 ms (5 % allowed), 3 % over 300 ms (stable 3 %), 300 requests, 3 windows',
    );
  });

  it('fails a canary with twice the p95', () => {
    const state = judged(latency, times(5, latencyWindow([20, 60, 95, 100], [450, 873, 900, 900])));
    expect(state.verdict).toBe('fail');
    expect(state.windows).toBeLessThanOrEqual(2);
    expect(state.message).toMatch(/^p95 600 ms against 300 ms bound and 291 ms stable/);
  });

  it('compares with stable where there is no bound', () => {
    const { max: _, ...relative } = latency;
    const slow = latencyWindow([20, 60, 95, 100], [450, 873, 900, 900]);
    expect(judged(relative, times(12, slow))).toMatchObject({ verdict: 'fail', stableEdge: 0.3 });
  });

  it('names the edges where the bound is none', () => {
    const window = latencyWindow([50, 97, 100, 100], [450, 873, 900, 900]);
    const state = judged({ ...latency, max: '450ms' }, [window]);
    expect(state.verdict).toBe('providerError');
    expect(state.message).toContain('the edges are 0.1, 0.3, 0.6 s');
  });
});

describe('judgeStep', () => {
  const pass = judged(errors, times(3, errorWindow({ canary: [100, 0], stable: [900, 1] })));
  const fail = judged(errors, [errorWindow({ canary: [75, 75], stable: [675, 0] })]);
  const none = judged(errors, [errorWindow({ canary: NO_DATA, stable: [900, 1] })]);

  it.each([
    ['a pass', [pass], [errors], 'pass', true],
    ['a failure', [fail], [errors], 'fail', false],
    ['no data', [none], [errors], 'noData', false],
    ['no state yet', [], [errors], 'inconclusive', false],
    ['one metric that is not measured yet', [pass], [errors, latency], 'inconclusive', false],
    ['a failing dry run', [fail], [{ ...errors, dryRun: true }], 'noData', false],
    ['only ignored ones', [none], [{ ...errors, onNoData: 'ignore' as const }], 'noData', false],
    ['the beginning of a step', [startStep(pass)], [errors], 'inconclusive', false],
  ])('judges %s', (_, states, metrics, verdict, ready) => {
    expect(judgeStep(analysis, states, metrics)).toMatchObject({ verdict, ready });
  });
});

const counts = fc
  .tuple(fc.integer({ min: 0, max: 500 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([events, share]): Counts => [events, Math.floor(events * share)]);
const arms = fc.record({ canary: counts, stable: counts });

describe('properties', () => {
  it('a state that went through JSON gives the same verdicts', () => {
    fc.assert(
      fc.property(fc.array(arms, { minLength: 1, maxLength: 12 }), (windows) => {
        let kept: MetricState | undefined;
        let reloaded: MetricState | undefined;
        for (const one of windows) {
          kept = judgeMetric(errors, analysis, kept, errorWindow(one));
          reloaded = judgeMetric(errors, analysis, reloaded, errorWindow(one));
          reloaded = MetricState.parse(JSON.parse(JSON.stringify(reloaded)));
        }
        expect(reloaded).toEqual(kept);
      }),
    );
  });

  it('no evidence never passes', () => {
    const nothing = fc.constantFrom<Counts | Sample>([0, 0], NO_DATA, {
      kind: 'providerError',
      message: 'down',
    });
    fc.assert(
      fc.property(
        fc.array(fc.record({ canary: nothing, stable: counts }), { minLength: 1, maxLength: 20 }),
        (windows) => {
          const state = judged(errors, windows.map(errorWindow));
          expect(['noData', 'providerError']).toContain(state.verdict);
          expect(judgeStep(analysis, [state], [errors]).ready).toBe(false);
        },
      ),
    );
  });
});
