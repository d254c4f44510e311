import type { Calibration } from '../../api/analysis/calibration.ts';
import type { MetricState } from '../../api/release/analysis-state.ts';
import type { Analysis } from '../../api/rollout/rollout.ts';
import { type Expectation, expectationOf } from '../evidence/expectation.ts';
import { type Question, rateEvidence } from '../evidence/rate-evidence.ts';
import { boundedIn, comparedIn, NO_SERIES } from '../evidence/series.ts';
import { rateOf, type Tally } from '../evidence/tally.ts';
import type { KnownPods } from '../evidence/young-pods.ts';
import type { Margin, Rules } from './margin.ts';
import { countText } from './number-text.ts';

/** How the false-abort rate of a metric is divided: cold pods, and its margin and bound, where it has both. */
export const SHARES = { gross: 0.1, margin: 0.7, bound: 0.2 } as const;
/** Faults to detect, as multiples of what is allowed. */
const FAULTS: readonly number[] = [1.5, 2.2, 3.2, 5, 9, 25];
/** How much better a version may be proven to be. */
const BETTER: readonly number[] = [0.85, 0.6, 0.3, 0.05];
/** A rate of bad requests, as a part of the bound, that services with that bound hardly have more of. */
const USUAL = 0.2;
/** … where there is no bound. */
const USUAL_SHARE = 0.01;
/** What is allowed beside a stable that is beyond the bound itself, if the metric has no margin. */
const BESIDE: Margin = { relative: 0.25, absolute: 0.001 };

/** The results of the tests. Each is a clause for a sentence, or null. */
export interface Significance {
  /** The canary is proven to break the bound or the margin. */
  readonly fault: string | null;
  /** What the fault is against: the absolute bound, or stable. */
  readonly against?: 'bound' | 'stable';
  /** The canary is beyond the bound or the margin so far, but that may be chance. */
  readonly doubt: string | null;
  /** The doubt is that it is slower than stable, and no more so than its work explains. */
  readonly isExplained: boolean;
}

/** What a metric is judged by, beside its counts. */
export interface Judging {
  readonly analysis: Analysis;
  /** Chance of a false alarm over the whole release. */
  readonly alpha: number;
  readonly calibration?: Calibration | undefined;
  /** Canary pods with requests, and how long each is cold, seconds; by default as long as the past has shown. */
  readonly pods?: KnownPods;
  readonly coldSeconds?: number | undefined;
  /** Pods of the canary, among which what single pods have in common cancels out. Default: 1. */
  readonly canaryPods?: number;
  /** Whether what stable counts is kept, or the canary is compared with what was kept. */
  readonly stable?: 'remembered' | 'gone' | undefined;
  /** The canary needs no traffic now: without data nothing is missing. */
  readonly isFree?: boolean;
}

const allowedBy =
  ({ relative, absolute }: Margin) =>
  (rate: number): number =>
    rate * (1 + relative) + absolute;

function overOf({ canary }: MetricState): Tally {
  return { events: canary.events, bad: canary.over ?? canary.bad };
}

/** The odds of chance for people, from the logarithm of the evidence: `1 in 4,000`. */
export function oddsText(log: number): string {
  const odds = Math.exp(Math.min(log, 14));
  return odds > 999_999 ? '1 in a million' : `1 in ${countText(Math.floor(odds))}`;
}

/** What is expected of the rate of requests that are slower than an edge, or of failed ones. */
function expectation(rules: Rules, { calibration, canaryPods = 1 }: Judging, compared: boolean): Expectation {
  const isLatency = rules.tail > 0;
  const usual = isLatency ? rules.tail * (compared ? 1 : 0.5) : (rules.share ?? USUAL_SHARE / USUAL) * USUAL;
  // The rate of slow requests was learnt at the edge that the comparison uses.
  const { base: _, ...others } = calibration ?? { metric: '' };
  const known = isLatency && !compared && calibration !== undefined ? others : calibration;
  return expectationOf(known, usual, canaryPods);
}

/** The absolute bound; where stable itself is beyond it, what its rate allows, unless the policy wants an abort then. */
function boundQuestion(share: number, margin: Margin | null, { onSharedFault }: Analysis): Question {
  if (onSharedFault === 'abort') return { allowed: () => share, times: FAULTS };
  const beside = allowedBy(margin ?? BESIDE);
  return { allowed: (rate) => (rate > share ? Math.max(share, beside(rate)) : share), times: FAULTS };
}

type Fault = Required<Pick<Significance, 'against'>> & { readonly fault: string };

function faultOf(rules: Rules, state: MetricState, judging: Judging): Fault | null {
  const series = state.series ?? NO_SERIES;
  const { share, margin } = rules;
  const both = share !== null && margin !== null;
  const least = (part: number): number => -Math.log(judging.alpha * (both ? part : 1 - SHARES.gross));
  if (share !== null) {
    const question = boundQuestion(share, margin, judging.analysis);
    const log = rateEvidence(boundedIn(series), question, expectation(rules, judging, false), series.merged);
    if (log >= least(SHARES.bound))
      return { against: 'bound', fault: `beyond the bound, by chance less often than ${oddsText(log)}` };
  }
  if (margin === null) return null;
  const question = { allowed: allowedBy(margin), times: FAULTS };
  const log = rateEvidence(comparedIn(series), question, expectation(rules, judging, true), series.merged);
  return log >= least(SHARES.margin)
    ? { against: 'stable', fault: `worse than stable, by chance less often than ${oddsText(log)}` }
    : null;
}

/** One bad request more or less is always chance. */
const isBeyond = ({ events, bad }: Tally, allowed: number): boolean => bad - 1 > allowed * events;

function observedDoubt(rules: Rules, state: MetricState): string | null {
  if (rules.share !== null && isBeyond(overOf(state), rules.share))
    return 'beyond the bound, but that may be chance';
  if (rules.margin === null) return null;
  return isWorse(rules.margin, state) ? WORSE : null;
}

const WORSE = 'worse than stable, but that may be chance';

const isWorse = (margin: Margin, { canary, stable }: MetricState): boolean =>
  isBeyond(canary, allowedBy(margin)(rateOf(stable)));

/** Whether a canary that is worse than stable would not be without the slow requests that its work explains. */
function isExplained({ margin }: Rules, state: MetricState): boolean {
  const { explained, canary } = state;
  if (margin === null || explained === undefined) return false;
  return !isWorse(margin, { ...state, canary: { ...canary, bad: explained.bad } });
}

function unproven(margin: Margin, rules: Rules, state: MetricState, judging: Judging): string | null {
  const series = state.series ?? NO_SERIES;
  const question = { allowed: allowedBy(margin), times: BETTER };
  const log = rateEvidence(comparedIn(series), question, expectation(rules, judging, true), series.merged);
  if (log >= -Math.log(judging.alpha)) return null;
  return `not proven to be as good as stable: ${log > 0 ? `so far by chance in ${oddsText(log)}` : 'it is not known well enough yet'} (promoteOn: proven)`;
}

/** The results of the tests over the whole release. */
export function significance(rules: Rules, state: MetricState, judging: Judging): Significance {
  const fault = faultOf(rules, state, judging);
  if (fault !== null) return { ...fault, doubt: null, isExplained: false };
  const { margin } = rules;
  const proof =
    margin !== null && judging.analysis.promoteOn === 'proven'
      ? unproven(margin, rules, state, judging)
      : null;
  const doubt = observedDoubt(rules, state);
  return { fault: null, doubt: doubt ?? proof, isExplained: doubt === WORSE && isExplained(rules, state) };
}
