import type { Evidence, MetricState } from '../api/release.ts';
import type { Margin, Rules } from './bound.ts';
import { againstRatio, againstShare, logE, type Tally } from './evidence.ts';
import { halfWidth, includeDifference } from './sequence.ts';
import { includeStable, variation } from './spread.ts';
import type { ArmTally } from './tally.ts';

/** How the false-abort rate of a metric is divided among its tests. */
const SHARES = { fast: 0.5, slow: 0.25, bound: 0.25 } as const;
/** Windows that the fast test waits for, so that one burst is not taken for a fault … */
const LEAST_WINDOWS = 3;
/** … unless most requests of the canary are bad, and many times more than with stable. */
const GROSS = { share: 0.5, times: 5 } as const;
/**
 * The margin is a sum of a relative and an absolute part. Whoever is beyond twice the one and beyond twice the other
 * is beyond their sum, so two exact tests that both reject are an exact test of the sum, with nothing to estimate.
 */
const TWICE = 2;

/** What the tests say. Each is a clause for a sentence, or null. */
export interface Findings {
  /** The canary is proven to break the bound or the margin. */
  readonly fault: string | null;
  /** The canary is beyond the bound or the margin in what was seen, yet that may be chance. */
  readonly doubt: string | null;
}

function compare(before: Evidence, windows: number, margin: Margin, canary: Tally, stable: Tally): Evidence {
  const spread = includeStable(before.stable, stable);
  const cv2 = variation(spread);
  const arms = { canary, stable };
  return {
    ...before,
    windows,
    stable: spread,
    ratio: againstRatio(before.ratio, windows, arms, { times: TWICE * (1 + margin.relative), cv2 }),
    margin: againstShare(before.margin, windows, canary, { share: TWICE * margin.absolute, cv2 }),
    ...includeDifference(before, arms, margin.relative),
  };
}

/** The evidence with one more window. Without stable, or before its edge is chosen, only the bound is tested. */
export function takeIn(before: Evidence, rules: Rules, canary: ArmTally, stable: ArmTally | null): Evidence {
  const windows = before.windows + 1;
  let after: Evidence = { ...before, windows };
  if (
    rules.margin !== null &&
    stable !== null &&
    stable.events > 0 &&
    canary.bad !== null &&
    stable.bad !== null
  ) {
    const ours = { events: canary.events, bad: canary.bad };
    after = compare(before, windows, rules.margin, ours, { events: stable.events, bad: stable.bad });
  }
  if (rules.share === null || canary.over === null) return after;
  const over = { events: canary.events, bad: canary.over };
  const rule = { share: rules.share, cv2: variation(after.stable) };
  return { ...after, bound: againstShare(before.bound, windows, over, rule) };
}

const share = ({ events, bad }: Tally): number => (events === 0 ? 0 : bad / events);

function overOf(state: MetricState): Tally {
  return { events: state.canary.events, bad: state.canary.over ?? state.canary.bad };
}

function oddsText(log: number): string {
  const odds = Math.exp(Math.min(log, 14));
  return odds > 999_999 ? '1 in a million' : `1 in ${Math.floor(odds).toLocaleString('en-US')}`;
}

function boundFault(rules: Rules, evidence: Evidence, alpha: number): string | null {
  if (rules.share === null) return null;
  const log = logE(evidence.bound, evidence.windows);
  return log >= -Math.log(alpha) ? `beyond the bound, by chance less often than ${oddsText(log)}` : null;
}

function fastFault(state: MetricState, evidence: Evidence, alpha: number): string | null {
  const log = Math.min(logE(evidence.ratio, evidence.windows), logE(evidence.margin, evidence.windows));
  if (log < -Math.log(alpha)) return null;
  const gross =
    share(state.canary) >= GROSS.share && share(state.canary) >= GROSS.times * share(state.stable);
  if (evidence.windows < LEAST_WINDOWS && !gross) return null;
  return `worse than stable, by chance less often than ${oddsText(log)}`;
}

function slowFault(margin: Margin, evidence: Evidence, alpha: number): string | null {
  const { difference } = evidence;
  const least = difference.mean - halfWidth(difference, alpha);
  if (least <= margin.absolute) return null;
  return `worse than stable in the mean of ${difference.windows} windows, by chance less often than 1 in ${Math.round(1 / alpha)}`;
}

function doubtOf(rules: Rules, state: MetricState): string | null {
  if (rules.share !== null && share(overOf(state)) > rules.share)
    return 'beyond the bound, but that may be chance';
  if (rules.margin === null) return null;
  const allowed = share(state.stable) * (1 + rules.margin.relative) + rules.margin.absolute;
  return share(state.canary) > allowed ? 'worse than stable, but that may be chance' : null;
}

/** What the evidence says at a chance `alpha` of a false alarm over the whole release. */
export function findings(rules: Rules, state: MetricState, alpha: number): Findings {
  const { evidence } = state;
  if (evidence === undefined) return { fault: null, doubt: null };
  const fault =
    boundFault(rules, evidence, alpha * SHARES.bound) ??
    (rules.margin === null
      ? null
      : (fastFault(state, evidence, alpha * SHARES.fast) ??
        slowFault(rules.margin, evidence, alpha * SHARES.slow)));
  return { fault, doubt: fault === null ? doubtOf(rules, state) : null };
}
