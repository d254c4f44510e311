import { ascending, quantileOf } from '../analysis/evidence/binomial.ts';
import type { Calibration } from '../api/analysis/calibration.ts';
import type { Policy } from '../api/rollout/rollout.ts';
import { type Period, splitPods, splitRequests } from './arms.ts';
import type { NoCounts } from './counts.ts';
import { type Estimate, estimate } from './interval.ts';
import { rateOf } from './period.ts';
import { createRandom, type Random } from './random.ts';
import { type InjectedFault, type Trial, tryRelease } from './trial.ts';

/** Faults that are tried: additional rates of bad requests of the canary. */
export const FAULTS: readonly number[] = [0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5];
/** The rate of roll-backs from which a fault counts as found. */
const POWER = 0.8;

/** How often releases with a fault are rolled back. */
export interface Level {
  readonly extra: number;
  readonly found: Estimate;
  /** Median time to the roll-back. */
  readonly medianSeconds: number | null;
}

/** The faults that a policy finds by one metric at this traffic. */
export interface Sensitivity {
  readonly metric: string;
  /** Smallest fault that is found in 8 of 10 releases; null if not even the greatest is. */
  readonly smallest: number | null;
  readonly levels: readonly Level[];
}

/** The result of one period. */
export interface PeriodReport {
  readonly startMs: number;
  readonly pods: number;
  readonly perSecond: number;
  /** Share of failed requests; null where no metric counts them. */
  readonly badShare: number | null;
  readonly trials: number;
  readonly falseAborts: number;
}

/** The result of a policy on the undisturbed past of a workload. */
export interface ReplayReport {
  readonly rollout: string;
  readonly namespace: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly seed: number;
  readonly windowSeconds: number;
  /** Longest time that a release was followed. */
  readonly forSeconds: number;
  /** How canary and stable were formed: from pods, or from single requests if there was one pod. */
  readonly split: 'pods' | 'requests' | 'pods and requests';
  readonly periods: readonly PeriodReport[];
  /** Periods in which no version served throughout, or without traffic. */
  readonly empty: number;
  readonly allowed: number;
  readonly falseAborts: Estimate;
  readonly falseAbortsBy: readonly {
    readonly metric: string;
    readonly count: number;
    readonly example: string;
  }[];
  readonly promoted: number;
  readonly undecided: number;
  /** What an undecided release waited for at the end. */
  readonly undecidedExample: string | null;
  /** Seconds to the promotion, of each promoted release. */
  readonly decisionSeconds: readonly number[];
  readonly medianSeconds: number | null;
  readonly p90Seconds: number | null;
  readonly sensitivity: readonly Sensitivity[];
  readonly leftOut: readonly NoCounts[];
}

/** The input of a replay. */
export interface ReplayInput
  extends Pick<ReplayReport, 'rollout' | 'namespace' | 'fromMs' | 'toMs' | 'seed' | 'leftOut' | 'empty'> {
  readonly policy: Policy;
  /** What a release would begin with. */
  readonly calibrations?: readonly Calibration[];
  readonly periods: readonly Period[];
  /** Releases to replay without a fault, and for each fault. */
  readonly runs: number;
  readonly faultRuns: number;
}

interface Tried {
  readonly period: number;
  readonly trial: Trial;
}

function tryAll(input: ReplayInput, runs: number, fault: InjectedFault | null, random: Random): Tried[] {
  const { periods, policy, calibrations = [] } = input;
  return Array.from({ length: runs }, (_, run) => {
    const index = run % periods.length;
    const period = periods[index] as Period;
    const split = (period.pods.length > 1 ? splitPods : splitRequests)(period, random);
    return { period: index, trial: tryRelease({ policy, period, split, fault, random, calibrations }) };
  });
}

function estimateOf(tried: readonly Tried[], periods: number): Estimate {
  const groups = Array.from({ length: periods }, () => ({ hits: 0, trials: 0 }));
  for (const { period, trial } of tried) {
    const group = groups[period] as { hits: number; trials: number };
    group.trials++;
    if (trial.outcome === 'aborted') group.hits++;
  }
  return estimate(groups);
}

function sensitivityOf(input: ReplayInput, metric: string, random: Random): Sensitivity {
  const levels = FAULTS.map((extra): Level => {
    const tried = tryAll(input, input.faultRuns, { metric, share: extra }, random);
    const aborted = tried.filter(({ trial }) => trial.outcome === 'aborted');
    const times = ascending(aborted.map(({ trial }) => trial.seconds));
    return { extra, found: estimateOf(tried, input.periods.length), medianSeconds: quantileOf(times, 0.5) };
  });
  const missed = levels.findLastIndex(({ found }) => found.share < POWER);
  return { metric, smallest: levels[missed + 1]?.extra ?? null, levels };
}

function byMetric(aborted: readonly Trial[]): ReplayReport['falseAbortsBy'] {
  const names = [...new Set(aborted.map(({ metric = '' }) => metric))];
  return names.map((metric) => {
    const ours = aborted.filter((trial) => trial.metric === metric);
    return { metric, count: ours.length, example: ours[0]?.message ?? '' };
  });
}

function periodReports({ periods }: ReplayInput, tried: readonly Tried[]): PeriodReport[] {
  return periods.map((period, index) => {
    const ours = tried.filter((one) => one.period === index);
    const rates = period.metrics.map((metric) => rateOf(period, metric));
    return {
      startMs: period.startMs,
      pods: period.pods.length,
      perSecond: Math.max(...rates.map(({ perSecond }) => perSecond)),
      badShare: rates.find(({ badShare }) => badShare !== null)?.badShare ?? null,
      trials: ours.length,
      falseAborts: ours.filter(({ trial }) => trial.outcome === 'aborted').length,
    };
  });
}

function splitText(periods: readonly Period[]): ReplayReport['split'] {
  const single = periods.filter(({ pods }) => pods.length === 1).length;
  if (single === 0) return 'pods';
  return single === periods.length ? 'requests' : 'pods and requests';
}

/**
 * Replays releases of a policy over periods in which nothing was released: without a fault they show how often it would
 * roll back falsely, with faults which of them it finds. There must be a period.
 */
export function replay(input: ReplayInput): ReplayReport {
  const { periods, policy, rollout, namespace, fromMs, toMs, seed, leftOut, empty } = input;
  const random = createRandom(seed);
  const tried = tryAll(input, input.runs, null, random);
  const trials = tried.map(({ trial }) => trial);
  const promoted = ascending(
    trials.filter(({ outcome }) => outcome === 'promoted').map(({ seconds }) => seconds),
  );
  const undecided = trials.filter(({ outcome }) => outcome === 'undecided');
  const counted = periods[0]?.metrics.filter(({ metric }) => !metric.dryRun) ?? [];
  const longest = Math.max(...periods.map(({ stepMs, count }) => stepMs * count));
  return {
    rollout,
    namespace,
    fromMs,
    toMs,
    seed,
    windowSeconds: (periods[0]?.stepMs ?? 0) / 1_000,
    forSeconds: longest / 1_000,
    split: splitText(periods),
    periods: periodReports(input, tried),
    empty,
    allowed: Number.parseFloat(policy.analysis.falseAbortRate) / 100,
    falseAborts: estimateOf(tried, periods.length),
    falseAbortsBy: byMetric(trials.filter(({ outcome }) => outcome === 'aborted')),
    promoted: promoted.length,
    undecided: undecided.length,
    undecidedExample: undecided[0]?.message ?? null,
    decisionSeconds: promoted,
    medianSeconds: quantileOf(promoted, 0.5),
    p90Seconds: quantileOf(promoted, 0.9),
    sensitivity: counted.map(({ metric }) => sensitivityOf(input, metric.name, random)),
    leftOut,
  };
}
