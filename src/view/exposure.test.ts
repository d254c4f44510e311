import { expect, it } from 'vitest';
import { NOW, release, stepping } from '../../test/fixtures/cli.ts';
import type { MetricState } from '../api/release/analysis-state.ts';
import { viewOf } from './view-of.ts';

const [errors, latency] = stepping().analysis?.metrics ?? [];
const exposure = (...metrics: (MetricState | undefined)[]) => {
  const known = metrics.filter((one) => one !== undefined);
  return viewOf({ release: release({ ...stepping(), analysis: { windows: 4, metrics: known } }), now: NOW })
    .exposure;
};
const withSpans = (state: MetricState | undefined, ...spans: number[][]): MetricState => ({
  ...(state as MetricState),
  series: { spans, merged: 0 },
});

it('adds up the whole release, not the step', () => {
  expect(exposure(withSpans(errors, [30, 100, 1, 900, 9], [30, 400, 4, 600, 6]))).toEqual({
    requests: 500,
    metrics: [{ metric: 'errors', requests: 500, bad: 5, asStable: 5 }],
    text: 'the canary has answered 500 requests: 5 bad by errors, about 5 at the rate of stable',
  });
});

it('takes what is held against a bound where nothing is compared, and the metric that counts most', () => {
  const view = exposure(
    withSpans(errors, [30, 100, 1, 0, 0]),
    withSpans(latency, [30, 0, 0, 0, 0, 1_200, 70, 0, 0]),
  );
  expect(view?.requests).toBe(1_200);
  expect(view?.text).toBe('the canary has answered 1,200 requests: 1 bad by errors; 70 bad by latency');
});

it('is nothing before the first request', () => {
  expect(exposure(errors)).toBeNull();
  expect(exposure(withSpans(errors, [30, 0, 0, 900, 9]))).toBeNull();
});
