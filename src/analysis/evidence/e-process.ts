import { logSum } from './log-sum.ts';
import type { Tally } from './tally.ts';

/**
 * Faults to detect, as multiples of what is allowed. Their likelihood ratios are averaged, so that large faults are
 * detected at once and small ones later.
 */
const FAULTS: readonly number[] = [1.5, 2.5, 5, 15, 60];

/** Rounded, so that a status stays small; the last digits carry no information. */
export const short = (value: number): number => Number(value.toPrecision(7));

/**
 * Updates the log likelihood ratios with one block. A fault may begin in any block: the part 1/(t(t+1)) of the stake is
 * put on its beginning in block `t`. So the sum stays an e-process (the stakes sum to 1), and a fault that begins late
 * is still detected soon.
 */
function carry(before: readonly number[], block: number, gains: readonly number[]): number[] {
  const stake = -Math.log(block * (block + 1));
  return gains.map((gain, index) => {
    const held = before[index];
    return short(gain + (held === undefined ? stake : logSum([held, stake])));
  });
}

/**
 * Log of the e-value after `blocks` blocks: the evidence of all of them against the hypothesis. Under the hypothesis,
 * the chance that this ever exceeds log(1/a) is at most `a`, however often it is evaluated (Ville's inequality).
 */
export function logE(ratios: readonly number[], blocks: number): number {
  if (ratios.length === 0) return 0;
  const kept = -Math.log(blocks + 1);
  return logSum([kept, logSum(ratios) - Math.log(ratios.length)]);
}

/**
 * The weight of a block if the rate itself varies from block to block: the part of the variance that is due to chance.
 * `cv2` is the squared coefficient of variation of the rest.
 */
function weightOf(sampling: number, cv2: number): number {
  return sampling / (sampling + cv2);
}

/**
 * Adds a block to the test of the hypothesis that the canary has at most `times` the bad events per request of stable.
 * A given bad event is the canary's with a chance that depends only on the requests of both, so stable's own rate need
 * not be known (Lindon and Malek, arXiv 2011.03567).
 */
export function againstRatio(
  before: readonly number[],
  block: number,
  arms: { readonly canary: Tally; readonly stable: Tally },
  rule: { readonly times: number; readonly cv2: number },
): number[] {
  const { canary, stable } = arms;
  if (canary.events === 0 || stable.events === 0) return [...before];
  const odds = (rule.times * canary.events) / stable.events;
  const bad = canary.bad + stable.bad;
  const sampling = bad === 0 ? 1 : (1 + odds) / (bad * odds) + (1 + odds) / bad;
  const weight = weightOf(sampling, 2 * rule.cv2);
  const gains = FAULTS.map((fault) => {
    const ours = Math.log((fault * (1 + odds)) / (1 + fault * odds));
    const theirs = Math.log((1 + odds) / (1 + fault * odds));
    return weight * (canary.bad * ours + stable.bad * theirs);
  });
  return carry(before, block, gains);
}
