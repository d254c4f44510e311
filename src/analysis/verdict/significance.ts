import type { Evidence, MetricState } from '../../api/release/analysis-state.ts';
import type { Analysis } from '../../api/rollout/rollout.ts';
import { halfWidth } from '../evidence/confidence-sequence.ts';
import { logE, type Tally } from '../evidence/e-process.ts';
import { testsOf } from '../evidence/evidence-blocks.ts';
import type { Margin, Rules } from './margin.ts';
import { countText, percentText } from './number-text.ts';

/** How the false-abort rate of a metric is divided among its tests. */
const SHARES = { fast: 0.5, slow: 0.25, bound: 0.25 } as const;
/** Windows that the fast test waits for, so that one burst is not mistaken for a fault. */
const LEAST_WINDOWS = 3;
/** Blocks after which the variation of stable is known well enough … */
const LEAST_BLOCKS = 3;
/** … and the assumption before: a rate that varies by 60 % from block to block. */
const CAUTIOUS_CV2 = 0.6 ** 2;
/** A rate of bad requests, and a ratio to stable's, that no variation explains … */
const GROSS = { share: 0.25, times: 4 } as const;
/** … not even in a single window. */
const HOPELESS = { share: 0.5, times: 5 } as const;

/** The results of the tests. Each is a clause for a sentence, or null. */
export interface Significance {
  /** The canary is proven to break the bound or the margin. */
  readonly fault: string | null;
  /** The canary is beyond the bound or the margin so far, but that may be chance. */
  readonly doubt: string | null;
}

const share = ({ events, bad }: Tally): number => (events === 0 ? 0 : bad / events);

function overOf(state: MetricState): Tally {
  return { events: state.canary.events, bad: state.canary.over ?? state.canary.bad };
}

/** The odds of chance for people, from the logarithm of the evidence: `1 in 4,000`. */
export function oddsText(log: number): string {
  const odds = Math.exp(Math.min(log, 14));
  return odds > 999_999 ? '1 in a million' : `1 in ${countText(Math.floor(odds))}`;
}

function boundFault(rules: Rules, evidence: Evidence, alpha: number): string | null {
  if (rules.share === null) return null;
  const { bound, blocks } = testsOf(evidence, rules, 0);
  const log = logE(bound, blocks);
  return log >= -Math.log(alpha) ? `beyond the bound, by chance less often than ${oddsText(log)}` : null;
}

function isBeyond({ canary, stable }: MetricState, least: typeof GROSS | typeof HOPELESS): boolean {
  return share(canary) >= least.share && share(canary) >= least.times * share(stable);
}

function fastFault(rules: Rules, state: MetricState, evidence: Evidence, alpha: number): string | null {
  if (evidence.windows < LEAST_WINDOWS && !isBeyond(state, HOPELESS)) return null;
  const known = evidence.blocks >= LEAST_BLOCKS || isBeyond(state, GROSS);
  const { ratio, margin, blocks } = testsOf(evidence, rules, known ? 0 : CAUTIOUS_CV2);
  const log = Math.min(logE(ratio, blocks), logE(margin, blocks));
  return log >= -Math.log(alpha) ? `worse than stable, by chance less often than ${oddsText(log)}` : null;
}

function slowFault(margin: Margin, { difference }: Evidence, alpha: number): string | null {
  const least = difference.mean - halfWidth(difference, alpha);
  if (least <= margin.absolute) return null;
  return `worse than stable in the mean, by chance less often than 1 in ${countText(Math.round(1 / alpha))}`;
}

function observedDoubt(rules: Rules, state: MetricState): string | null {
  if (rules.share !== null && share(overOf(state)) > rules.share)
    return 'beyond the bound, but that may be chance';
  if (rules.margin === null) return null;
  const allowed = share(state.stable) * (1 + rules.margin.relative) + rules.margin.absolute;
  return share(state.canary) > allowed ? 'worse than stable, but that may be chance' : null;
}

function unproven({ absolute }: Margin, { difference }: Evidence, alpha: number): string | null {
  const most = difference.mean + halfWidth(difference, alpha);
  if (most <= absolute) return null;
  const known = Number.isFinite(most)
    ? `may be worse by up to ${percentText(most)}`
    : 'is not known well enough yet';
  return `not proven to be as good as stable: it ${known} (promoteOn: proven)`;
}

/** The results of the tests at a chance `alpha` of a false alarm over the whole release. */
export function significance(
  rules: Rules,
  state: MetricState,
  alpha: number,
  promoteOn: Analysis['promoteOn'],
): Significance {
  const { evidence } = state;
  if (evidence === undefined) return { fault: null, doubt: null };
  const { margin } = rules;
  const fault =
    boundFault(rules, evidence, alpha * SHARES.bound) ??
    (margin === null
      ? null
      : (fastFault(rules, state, evidence, alpha * SHARES.fast) ??
        slowFault(margin, evidence, alpha * SHARES.slow)));
  if (fault !== null) return { fault, doubt: null };
  const proof = margin !== null && promoteOn === 'proven' ? unproven(margin, evidence, alpha) : null;
  return { fault, doubt: observedDoubt(rules, state) ?? proof };
}
