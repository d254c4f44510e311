import { describe, expect, it } from 'vitest';
import type { ArmSamples, Sample, WindowSamples } from '../../analysis/evidence/sample.ts';
import { type ResidualTraffic, residualTrafficOf } from './residual-traffic.ts';

const vector = (value: number, labels: Record<string, string> = {}): Sample => ({
  kind: 'vector',
  series: [{ labels: { pod: 'p', ...labels }, value }],
});
const NONE: Sample = { kind: 'noData', message: 'no series' };
const DOWN: Sample = { kind: 'providerError', message: 'HTTP 500' };

const counted = (
  arm: ArmSamples['arm'],
  start: Sample,
  end: Sample,
  over: Partial<ArmSamples> = {},
): ArmSamples => ({
  metric: 'errors',
  arm,
  part: 'requests',
  promql: 'q',
  start,
  end,
  ...over,
});
const window = (...samples: ArmSamples[]): WindowSamples => ({ start: 1_000, end: 3_000, samples });
const busy = counted('stable', vector(100), vector(200));
const bucket = (le: string, value: number): { labels: Record<string, string>; value: number } => ({
  labels: { pod: 'p', le },
  value,
});
const buckets = (...values: [string, number][]): Sample => ({
  kind: 'vector',
  series: values.map(([le, value]) => bucket(le, value)),
});

describe('residualTrafficOf', () => {
  it.each<[string, WindowSamples, ResidualTraffic['kind'], number?]>([
    ['does not grow while stable’s does', window(counted('canary', vector(7), vector(7)), busy), 'still'],
    ['moves', window(counted('canary', vector(7), vector(9)), busy), 'moves', 2],
    ['moves while stable has no traffic', window(counted('canary', vector(7), vector(9))), 'moves', 2],
    ['was reset and counts again', window(counted('canary', vector(7), vector(3)), busy), 'moves', 3],
    [
      'does not grow, nor does stable’s',
      window(counted('canary', vector(7), vector(7)), counted('stable', vector(1), vector(1))),
      'unknown',
    ],
    [
      'does not grow, and stable’s is not known',
      window(counted('canary', vector(7), vector(7)), counted('stable', NONE, NONE)),
      'unknown',
    ],
    ['has no data', window(counted('canary', NONE, NONE), busy), 'unknown'],
    ['has no data any more', window(counted('canary', vector(7), NONE), busy), 'unknown'],
    ['has no data yet', window(counted('canary', NONE, vector(7)), busy), 'unknown'],
    ['cannot be asked for', window(counted('canary', DOWN, DOWN), busy), 'unknown'],
    ['is of no metric', window(), 'unknown'],
    ['is of a value only', window(counted('canary', vector(1), vector(2), { part: 'query' })), 'unknown'],
    [
      'moves by one metric of two',
      window(
        counted('canary', vector(7), vector(7)),
        busy,
        counted('canary', vector(7), vector(8), { metric: 'other' }),
      ),
      'moves',
      1,
    ],
    [
      'does not grow by the only metric that is known',
      window(
        counted('canary', vector(7), vector(7)),
        busy,
        counted('canary', DOWN, DOWN, { metric: 'other' }),
      ),
      'still',
    ],
    [
      'counts a request once that is in several buckets',
      window(
        counted(
          'canary',
          buckets(['0.1', 1], ['1', 4], ['+Inf', 5]),
          buckets(['0.1', 3], ['1', 7], ['+Inf', 8]),
          {
            part: 'buckets',
          },
        ),
      ),
      'moves',
      3,
    ],
    [
      'has no bucket of all',
      window(counted('canary', buckets(['0.1', 1]), buckets(['0.1', 1]), { part: 'buckets' }), busy),
      'unknown',
    ],
  ])('%s', (_what, samples, kind, requests) => {
    const moves = { kind, requests, from: 1_000, to: 3_000 };
    expect(residualTrafficOf(samples)).toMatchObject(requests === undefined ? { kind } : moves);
  });
});
