import { array, assert, double, property } from 'fast-check';
import { expect, it } from 'vitest';
import { createHistogram } from './histogram.ts';

it('writes cumulative buckets, sum and count in the text format', () => {
  const histogram = createHistogram([0.1, 0.3]);
  for (const value of [0.1, 0.25, 0.25, 4]) histogram.observe(value);
  expect(histogram.text('t_seconds').split('\n')).toEqual([
    't_seconds_bucket{le="0.1"} 1',
    't_seconds_bucket{le="0.3"} 3',
    't_seconds_bucket{le="+Inf"} 4',
    't_seconds_sum 4.6',
    't_seconds_count 4',
  ]);
});

it('has each observation in every bucket from its own up', () => {
  assert(
    property(array(double({ min: 0, max: 10, noNaN: true })), (values) => {
      const edges = [0.1, 1, 5];
      const histogram = createHistogram(edges);
      for (const value of values) histogram.observe(value);
      const counts = histogram
        .text('t')
        .split('\n')
        .map((line) => Number(line.split(' ')[1]));
      const expected = [...edges, Infinity].map((edge) => values.filter((value) => value <= edge).length);
      expect(counts.slice(0, 4)).toEqual(expected);
    }),
  );
});
