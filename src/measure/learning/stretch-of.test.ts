import { describe, expect, it } from 'vitest';
import { ERRORS, LATENCY } from '../../../test/fixtures/replay.ts';
import type { MetricCounts } from '../../replay/counts.ts';
import { stretchOf } from './stretch-of.ts';

const errors = (pods: MetricCounts['pods']): MetricCounts => ({
  metric: ERRORS,
  categories: ['good', 'bad'],
  pods,
});

describe('stretchOf', () => {
  it('has the pods of the version that was there the most', () => {
    const found = stretchOf(
      errors([
        { pod: 'web-old-aaaaa', windows: [[90, 10], [90, 10], null] },
        { pod: 'web-new-bbbbb', windows: [null, [99, 1], [99, 1]] },
        { pod: 'web-new-ccccc', windows: [null, null, [99, 1]] },
      ]),
      30_000,
    );
    expect(found?.pods.map(({ pod }) => pod)).toEqual(['web-new-bbbbb', 'web-new-ccccc']);
    expect(found?.seconds).toBe(30);
  });

  it('begins and ends with that version, so that a young one has pods that were there all along', () => {
    const found = stretchOf(
      errors([{ pod: 'web-new-bbbbb', windows: [null, [99, 1], [98, 2], null] }]),
      30_000,
    );
    expect(found?.pods[0]?.windows).toEqual([
      { events: 100, bad: 1 },
      { events: 100, bad: 2 },
    ]);
  });

  it('takes requests for slow beyond the edge that is nearest to the quantile of the metric', () => {
    const counts = {
      metric: LATENCY,
      categories: ['0.1', '0.5', '+Inf'],
      pods: [{ pod: 'web-new-bbbbb', windows: [[700, 240, 60]] }],
    };
    expect(stretchOf(counts, 30_000)?.pods[0]?.windows).toEqual([{ events: 1_000, bad: 60 }]);
  });

  it('is nothing without pods, or without a slow request to choose an edge by', () => {
    expect(stretchOf(errors([]), 30_000)).toBeNull();
    expect(stretchOf({ metric: LATENCY, categories: ['0.1', '+Inf'], pods: [] }, 30_000)).toBeNull();
  });
});
