import { describe, expect, it } from 'vitest';
import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { MetricState } from '../../api/release/analysis-state.ts';
import { Analysis } from '../../api/rollout/rollout.ts';
import type { Sample, WindowSamples } from '../evidence/sample.ts';
import { judgeMetric } from './judge.ts';

const analysis = Analysis.parse({ templates: [{ name: 'x' }], minWindows: 2 });
const metric: Metric = {
  name: 'memory',
  max: '0.9',
  min: '0.1',
  value: { query: 'q', failureLimit: 1 },
  onNoData: 'abort',
  dryRun: false,
};
const NO_DATA: Sample = { kind: 'noData', message: 'no series' };
const one = (...values: number[]): Sample => ({
  kind: 'vector',
  series: values.map((value, index) => ({ labels: { pod: String(index) }, value })),
});

function windowOf(end: Sample): WindowSamples {
  const query = { metric: 'memory', arm: 'canary', part: 'query', promql: 'q' } as const;
  return { start: 0, end: 10_000, samples: [{ ...query, start: NO_DATA, end }] };
}

function judged(samples: readonly Sample[], of: Metric = metric): MetricState {
  let state: MetricState | undefined;
  for (const sample of samples) state = judgeMetric(of, analysis, state, windowOf(sample));
  if (state === undefined) throw new Error('no window');
  return state;
}

describe('a value', () => {
  it.each([
    ['too few windows', [one(0.5)], 'inconclusive', 'needs 1 more measurement (minWindows 2)'],
    ['within bounds', [one(0.5), one(0.9)], 'pass', '0.9 against 0.1 to 0.9, failed in 0 of 2 measurements'],
    ['out of bounds once', [one(0.5), one(0.95)], 'inconclusive', 'failed in 1 of 2 measurements'],
    ['well again', [one(0.5), one(0.95), one(0.5)], 'pass', 'failed in 1 of 3 measurements'],
    ['beyond the limit', [one(0.95), one(0.5), one(0.01)], 'fail', '0.01 against 0.1 to 0.9'],
    ['several series', [one(0.5, 0.6)], 'providerError', 'gives 2 series and must give one'],
    ['no number', [{ kind: 'notANumber', message: 'NaN' } as const], 'providerError', 'NaN'],
    ['no data', [NO_DATA], 'noData', 'no series'],
    ['no data for long', [NO_DATA, NO_DATA, NO_DATA], 'fail', 'onNoData: abort'],
  ] as const)('with %s', (_, samples, verdict, message) => {
    expect(judged(samples)).toMatchObject({ verdict, message: expect.stringContaining(message) });
  });

  it.each([
    [{ max: '5' }, 'at most 5'],
    [{ min: '5' }, 'at least 5'],
  ])('says which bound it has: %o', (bounds, text) => {
    const { max: _max, min: _min, ...rest } = metric;
    expect(judged([one(5)], { ...rest, ...bounds }).message).toContain(`5 against ${text},`);
  });
});
