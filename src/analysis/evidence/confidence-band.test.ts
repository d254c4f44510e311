import { check, integer, property } from 'fast-check';
import { expect, it } from 'vitest';
import { confidenceBandOf } from './confidence-band.ts';

const widthOf = (events: number, bad: number, alpha: number): number => {
  const { low, high } = confidenceBandOf({ events, bad }, alpha);
  return high - low;
};

it('knows nothing of a share without requests', () => {
  expect(confidenceBandOf({ events: 0, bad: 0 }, 0.01)).toEqual({ low: 0, high: 1 });
});

it('has the share in it, and gets narrower with more requests and with a greater chance to be wrong', () => {
  const count = integer({ min: 1, max: 100_000 });
  const holds = property(count, integer({ min: 0, max: 100 }), (events, percent) => {
    const bad = Math.round((events * percent) / 100);
    const { low, high } = confidenceBandOf({ events, bad }, 0.01);
    const isIn = low <= bad / events && bad / events <= high && low >= 0 && high <= 1;
    return (
      isIn &&
      widthOf(events * 10, bad * 10, 0.01) <= widthOf(events, bad, 0.01) &&
      widthOf(events, bad, 0.05) <= widthOf(events, bad, 0.01)
    );
  });
  expect(check(holds)).toMatchObject({ failed: false });
});

it('misses the true share in no more releases than it may, checked after every window', () => {
  // A generator of its own, so that the test is the same on every run.
  let seed = 1;
  const uniform = (): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  let missed = 0;
  for (let release = 0; release < 400; release++) {
    let [bad, out] = [0, false];
    for (let events = 1; events <= 1_500; events++) {
      if (uniform() < 0.1) bad++;
      if (events < 100 || events % 50 !== 0) continue;
      const { low, high } = confidenceBandOf({ events, bad }, 0.05);
      out ||= low > 0.1 || high < 0.1;
    }
    if (out) missed++;
  }
  expect(missed / 400).toBeLessThanOrEqual(0.05);
});
