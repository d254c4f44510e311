import { describe, expect, it } from 'vitest';
import { shareError } from './share-error.ts';

describe('how far a share is outside of its binomial interval', () => {
  it.each([
    ['no requests', 0, 0, 25, 0],
    ['exactly as promised', 200, 50, 25, 0],
    ['as far as chance can bring it', 200, 75, 25, 0],
    ['nothing of a half', 200, 0, 50, 33.5],
    ['everything instead of a half', 200, 200, 50, 33.5],
    ['a little too much, over a long time', 10_000, 2_800, 25, 0.92],
  ])('%s', (_name, requests, hits, percent, expected) => {
    expect(shareError(requests, hits, percent)).toBeCloseTo(expected, 1);
  });
});
