import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { ArmCounts, MetricState, Verdict, WindowRecord } from '../../api/release/analysis-state.ts';
import type { ReleaseSpec } from '../../api/release/release.ts';
import { type ConfidenceBand, confidenceBandOf } from '../evidence/confidence-band.ts';
import { rulesOf } from './bound.ts';
import { alphaOf } from './judge.ts';
import { type Rules } from './margin.ts';

/** The rates of bad requests since the step began, as of one window. */
export interface TrackPoint extends ConfidenceBand {
  readonly at: string;
  readonly step: number;
  readonly verdict: Verdict;
  readonly events: number;
  readonly bad: number;
  readonly canary: number;
  /** Stable's rate; null if only the bound counts. */
  readonly stable: number | null;
  /** The greatest allowed rate. */
  readonly limit: number;
}

/** The course of a metric against one kind of limit. `alpha` is the chance that its band is wrong. */
export interface Track {
  readonly against: 'stable' | 'bound' | 'stable and bound';
  readonly alpha: number;
  readonly points: readonly TrackPoint[];
}

const shareOf = ({ events }: ArmCounts, bad: number): number => (events === 0 ? 0 : bad / events);

const bad = (arm: ArmCounts): number => arm.bad;
const over = (arm: ArmCounts): number => arm.over ?? 0;

type Counts = Pick<WindowRecord, 'canary' | 'stable'>;
type Limit = (record: Counts) => number;

/** One kind of limit of a metric: what counts as bad, and the greatest allowed rate. */
interface Bounded {
  readonly against: Track['against'];
  readonly bad: (arm: ArmCounts) => number;
  readonly limit: Limit;
  readonly compared: boolean;
}

function track(alpha: number, history: readonly WindowRecord[], how: Bounded): Track {
  const points = history.map((record): TrackPoint => {
    const { at, step, verdict, canary, stable } = record;
    const tally = { events: canary.events, bad: how.bad(canary) };
    return {
      at,
      step,
      verdict,
      ...tally,
      ...confidenceBandOf(tally, alpha),
      canary: shareOf(canary, tally.bad),
      stable: how.compared && stable.events > 0 ? shareOf(stable, stable.bad) : null,
      limit: how.limit(record),
    };
  });
  return { against: how.against, alpha, points };
}

function byStable({ margin }: Rules): Limit | null {
  if (margin === null) return null;
  return ({ stable }) => shareOf(stable, stable.bad) * (1 + margin.relative) + margin.absolute;
}

/** The limits of a metric; none if it is not a rate of requests. */
export function limitsOf(metric: Metric): readonly Bounded[] {
  const read = rulesOf(metric);
  const isShare = metric.errors !== undefined || metric.latency !== undefined;
  if (!isShare || 'field' in read) return [];
  const { rules } = read;
  const [stable, share] = [byStable(rules), rules.share];
  if (stable !== null && share !== null && metric.errors !== undefined) {
    const limit: Limit = (record) => Math.min(share, stable(record));
    return [{ against: 'stable and bound', bad, limit, compared: true }];
  }
  const compared = { against: 'stable', bad, compared: true } as const;
  const bound = { against: 'bound', bad: over, compared: false } as const;
  return [
    ...(stable === null ? [] : [{ ...compared, limit: stable }]),
    ...(share === null ? [] : [{ ...bound, limit: () => share }]),
  ];
}

/** The chance that a band is wrong: the false-abort rate, divided among the metrics. */
export function bandAlpha({ analysis }: ReleaseSpec['policy'], metrics: readonly Metric[]): number {
  return alphaOf(analysis, metrics.filter(({ dryRun }) => !dryRun).length);
}

/** The kept windows of a metric, as rates with bands and limits; none if it is not a rate of requests. */
export function tracksOf(metric: Metric, state: MetricState, { policy, metrics }: ReleaseSpec): Track[] {
  const history = state.history ?? [];
  if (history.length === 0) return [];
  return limitsOf(metric).map((how) => track(bandAlpha(policy, metrics), history, how));
}
