import { array, assert, boolean, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterProbe, BEFORE_PROBES } from './probe-state.ts';

function verdicts(
  results: readonly boolean[],
  probe: { successThreshold?: number; failureThreshold?: number },
) {
  let state = BEFORE_PROBES;
  return results.map((ok) => {
    state = afterProbe(state, ok, probe);
    return state.verdict;
  });
}

describe('afterProbe', () => {
  it.each([
    ['one success is enough', [true], {}, [true]],
    ['three failures are needed', [true, false, false, false], {}, [true, true, true, false]],
    [
      'a success in between restarts the count',
      [true, false, false, true, false],
      {},
      [true, true, true, true, true],
    ],
    [
      'thresholds of its own',
      [true, true, false],
      { successThreshold: 2, failureThreshold: 1 },
      [null, true, false],
    ],
    ['never up: no verdict before enough failures', [false, false, false], {}, [null, null, false]],
  ])('%s', (_name, results, probe, expected) => {
    expect(verdicts(results, probe)).toEqual(expected);
  });

  it('says what the last results of threshold length say, when they agree', () => {
    assert(
      property(array(boolean(), { minLength: 1 }), integer({ min: 1, max: 5 }), (results, threshold) => {
        const last = results.slice(-threshold);
        const agree = last.length === threshold && last.every((ok) => ok === last[0]);
        const verdict = verdicts(results, { successThreshold: threshold, failureThreshold: threshold }).at(
          -1,
        );
        expect(!agree || verdict === last[0]).toBe(true);
      }),
    );
  });
});
