import type { Span } from '../ports/past.ts';
import type { Period } from './arms.ts';
import type { MetricCounts, PastValues } from './counts.ts';

/** Fraction of the windows in which a pod must have existed to count as serving. */
const THERE = 0.9;

/** The periods of the past to replay: as many as fit without overlap, at most `most`, evenly spread. */
export function spansOf(range: {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
  readonly forMs: number;
  readonly most: number;
}): Span[] {
  const { fromMs, toMs, stepMs, forMs, most } = range;
  const lengthMs = Math.min(forMs, toMs - fromMs);
  const windows = Math.floor(lengthMs / stepMs);
  if (windows < 1) return [];
  const fit = Math.max(1, Math.min(most, Math.floor((toMs - fromMs) / lengthMs)));
  const gap = fit === 1 ? 0 : (toMs - fromMs - lengthMs) / (fit - 1);
  return Array.from({ length: fit }, (_, index) => ({
    startMs: fit === 1 ? toMs - windows * stepMs : Math.round(fromMs + index * gap),
    stepMs,
    count: windows + 1,
  }));
}

/** The ReplicaSet of a pod, by its name. Kubernetes cuts the dash off a long name. */
export function replicaSetOf(pod: string): string {
  return pod.replace(/-?[a-z0-9]{5}$/, '');
}

function presentIn({ pods }: MetricCounts): Set<string> {
  const there = pods.filter(({ windows }) => {
    const known = windows.filter((counts) => counts !== null).length;
    return known > 0 && known >= THERE * windows.length;
  });
  return new Set(there.map(({ pod }) => pod));
}

/** The pods of the prevailing version, so that no difference between versions is replayed. */
function servingPods(metrics: readonly MetricCounts[]): string[] {
  const sets = metrics.map(presentIn);
  const all = [...(sets[0] ?? [])].filter((pod) => sets.every((set) => set.has(pod)));
  const groups = new Map<string, string[]>();
  for (const pod of all) groups.set(replicaSetOf(pod), [...(groups.get(replicaSetOf(pod)) ?? []), pod]);
  return [...groups.values()].reduce<string[]>((most, one) => (one.length > most.length ? one : most), []);
}

function events(metric: MetricCounts, pods: readonly string[]): number {
  const ours = metric.pods.filter(({ pod }) => pods.includes(pod));
  return ours.reduce(
    (sum, { windows }) => sum + windows.flatMap((one) => one ?? []).reduce((a, b) => a + b, 0),
    0,
  );
}

/** The period from the counts of a span, or null if no version served throughout, or without traffic. */
export function periodOf(
  { startMs, stepMs, count }: Span,
  metrics: readonly MetricCounts[],
  values: readonly PastValues[] = [],
): Period | null {
  const pods = servingPods(metrics);
  if (pods.length === 0 || metrics.every((metric) => events(metric, pods) === 0)) return null;
  return { startMs, stepMs, count: count - 1, pods, metrics, values };
}

/** Requests a second of a metric in a period, and the rate of bad ones if the metric defines them. */
export function rateOf(
  { stepMs, count, pods }: Period,
  metric: MetricCounts,
): { perSecond: number; badShare: number | null } {
  const all = events(metric, pods);
  const perSecond = all / ((stepMs * count) / 1_000);
  if (metric.metric.errors === undefined || all === 0) return { perSecond, badShare: null };
  const ours = metric.pods.filter(({ pod }) => pods.includes(pod));
  const bad = ours.reduce(
    (sum, { windows }) => sum + windows.reduce((some, one) => some + (one?.[1] ?? 0), 0),
    0,
  );
  return { perSecond, badShare: bad / all };
}
