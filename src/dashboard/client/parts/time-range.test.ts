import { expect, it } from 'vitest';
import { timeRange } from './time-range.ts';

it.each([
  ['what it shows', 100, 200, 0, [100, 200]],
  ['what it shows, with room for the dots at its ends', 100, 200, 0.05, [95, 205]],
  ['a single moment with some time around it', 100, 100, 0.05, [70, 130]],
])('a plot goes over %s', (_what, min, max, share, range) => {
  expect(timeRange(min, max, share, 30)).toEqual(range);
});
