import type { Metric } from '../api/analysis-template.ts';
import type { ArmCounts, MetricState, ReleaseSpec, Verdict, WindowRecord } from '../api/release.ts';
import { type Band, bandOf } from './band.ts';
import { type Rules, rulesOf } from './bound.ts';

/** The shares of bad requests as they stood after one window, since its step began. */
export interface TrackPoint extends Band {
  readonly at: string;
  readonly step: number;
  readonly verdict: Verdict;
  readonly events: number;
  readonly bad: number;
  readonly canary: number;
  /** Stable's share; null where only the bound counts. */
  readonly stable: number | null;
  /** The greatest share that is allowed. */
  readonly limit: number;
}

/** How a metric went, against one kind of limit. `alpha` is the chance at which its band may be wrong. */
export interface Track {
  readonly against: 'stable' | 'bound' | 'stable and bound';
  readonly alpha: number;
  readonly points: readonly TrackPoint[];
}

const shareOf = ({ events }: ArmCounts, bad: number): number => (events === 0 ? 0 : bad / events);

const bad = (arm: ArmCounts): number => arm.bad;
const over = (arm: ArmCounts): number => arm.over ?? 0;

type Limit = (record: WindowRecord) => number;

function track(
  against: Track['against'],
  alpha: number,
  history: readonly WindowRecord[],
  how: { readonly bad: (arm: ArmCounts) => number; readonly limit: Limit; readonly compared: boolean },
): Track {
  const points = history.map((record): TrackPoint => {
    const { at, step, verdict, canary, stable } = record;
    const tally = { events: canary.events, bad: how.bad(canary) };
    return {
      at,
      step,
      verdict,
      ...tally,
      ...bandOf(tally, alpha),
      canary: shareOf(canary, tally.bad),
      stable: how.compared && stable.events > 0 ? shareOf(stable, stable.bad) : null,
      limit: how.limit(record),
    };
  });
  return { against, alpha, points };
}

function byStable({ margin }: Rules): Limit | null {
  if (margin === null) return null;
  return ({ stable }) => shareOf(stable, stable.bad) * (1 + margin.relative) + margin.absolute;
}

/** The windows of a metric that are remembered, as shares with bands and limits; none for what is no share of requests. */
export function tracksOf(metric: Metric, state: MetricState, { policy, metrics }: ReleaseSpec): Track[] {
  const history = state.history ?? [];
  const read = rulesOf(metric);
  const isShare = metric.errors !== undefined || metric.latency !== undefined;
  if (history.length === 0 || !isShare || 'field' in read) return [];
  const { rules } = read;
  const counted = metrics.filter(({ dryRun }) => !dryRun).length;
  const alpha = Number.parseFloat(policy.analysis.falseAbortRate) / 100 / Math.max(1, counted);
  const [stable, share] = [byStable(rules), rules.share];
  if (stable !== null && share !== null && metric.errors !== undefined) {
    const limit: Limit = (record) => Math.min(share, stable(record));
    return [track('stable and bound', alpha, history, { bad, limit, compared: true })];
  }
  return [
    ...(stable === null ? [] : [track('stable', alpha, history, { bad, limit: stable, compared: true })]),
    ...(share === null
      ? []
      : [track('bound', alpha, history, { bad: over, limit: () => share, compared: false })]),
  ];
}
