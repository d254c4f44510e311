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
  /** Since when there are counts, if that is later than `fromMs`. */
  readonly countsFromMs?: number;
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
  extends Pick<
    ReplayReport,
    'rollout' | 'namespace' | 'fromMs' | 'toMs' | 'seed' | 'leftOut' | 'empty' | 'countsFromMs'
  > {
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

/** Work that stops after each release, so that its caller can say how far it is, and stop it. */
type Work<T> = Generator<void, T>;

function* tryAll(
  input: ReplayInput,
  runs: number,
  fault: InjectedFault | null,
  random: Random,
): Work<Tried[]> {
  const { periods, policy, calibrations = [] } = input;
  const tried: Tried[] = [];
  for (let run = 0; run < runs; run++) {
    const index = run % periods.length;
    const period = periods[index] as Period;
    const split = (period.pods.length > 1 ? splitPods : splitRequests)(period, random);
    tried.push({ period: index, trial: tryRelease({ policy, period, split, fault, random, calibrations }) });
    yield;
  }
  return tried;
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

function* levelOf(input: ReplayInput, metric: string, extra: number, random: Random): Work<Level> {
  const tried = yield* tryAll(input, input.faultRuns, { metric, share: extra }, random);
  const aborted = tried.filter(({ trial }) => trial.outcome === 'aborted');
  const times = ascending(aborted.map(({ trial }) => trial.seconds));
  return { extra, found: estimateOf(tried, input.periods.length), medianSeconds: quantileOf(times, 0.5) };
}

function* sensitivityOf(input: ReplayInput, metric: string, random: Random): Work<Sensitivity> {
  const levels: Level[] = [];
  for (const extra of FAULTS) levels.push(yield* levelOf(input, metric, extra, random));
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

/** Metrics that count, by name. */
function countedIn({ periods }: ReplayInput): readonly string[] {
  const metrics = periods[0]?.metrics ?? [];
  return metrics.filter(({ metric }) => !metric.dryRun).map(({ metric }) => metric.name);
}

function* replayed(input: ReplayInput): Work<ReplayReport> {
  const { periods, policy, rollout, namespace, fromMs, toMs, seed, leftOut, empty, countsFromMs } = input;
  const random = createRandom(seed);
  const tried = yield* tryAll(input, input.runs, null, random);
  const trials = tried.map(({ trial }) => trial);
  const promoted = ascending(
    trials.filter(({ outcome }) => outcome === 'promoted').map(({ seconds }) => seconds),
  );
  const undecided = trials.filter(({ outcome }) => outcome === 'undecided');
  const sensitivity: Sensitivity[] = [];
  for (const metric of countedIn(input)) sensitivity.push(yield* sensitivityOf(input, metric, random));
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
    ...(countsFromMs === undefined ? {} : { countsFromMs }),
    allowed: Number.parseFloat(policy.analysis.falseAbortRate) / 100,
    falseAborts: estimateOf(tried, periods.length),
    falseAbortsBy: byMetric(trials.filter(({ outcome }) => outcome === 'aborted')),
    promoted: promoted.length,
    undecided: undecided.length,
    undecidedExample: undecided[0]?.message ?? null,
    decisionSeconds: promoted,
    medianSeconds: quantileOf(promoted, 0.5),
    p90Seconds: quantileOf(promoted, 0.9),
    sensitivity,
    leftOut,
  };
}

/** How many releases have been replayed. */
export interface ReplayStep {
  readonly done: number;
  readonly total: number;
}

/** The same as `replay`, one release after the other: each turn of the generator is one. */
export function* replaySteps(input: ReplayInput): Generator<ReplayStep, ReplayReport> {
  const total = input.runs + countedIn(input).length * FAULTS.length * input.faultRuns;
  const work = replayed(input);
  for (let done = 1; ; done++) {
    const next = work.next();
    if (next.done === true) return next.value;
    yield { done, total };
  }
}

/**
 * Replays releases of a policy over periods in which nothing was released: without a fault they show how often it would
 * roll back falsely, with faults which of them it finds. There must be a period.
 */
export function replay(input: ReplayInput): ReplayReport {
  const work = replayed(input);
  for (;;) {
    const next = work.next();
    if (next.done === true) return next.value;
  }
}
