import type { MetricState } from '../api/release/analysis-state.ts';
import type { Release } from '../api/release/release.ts';
import { durationMs } from '../api/values/duration.ts';
import { inForceAt } from '../release/in-force.ts';
import { durationText } from './duration-text.ts';

/** Windows until a metric has the minimum that a step needs; null if its rate of requests is unknown. */
function windowsLeft(release: Release, { canary, windows }: MetricState): number | null {
  const { minRequests, minWindows } = release.spec.policy.analysis;
  const missing = minRequests - canary.events;
  if (missing <= 0) return Math.max(0, minWindows - windows);
  if (windows === 0 || canary.events === 0) return windows === 0 ? minWindows : null;
  return Math.max(minWindows - windows, Math.ceil((missing * windows) / canary.events));
}

/**
 * The earliest time at which the step can pass: the end of the window in which the last metric has its minimum of
 * windows and requests, at the current rate. Undefined if that is over, or unknown.
 */
function soonest(release: Release): number | undefined {
  const { spec, status } = release;
  const { interval, warmup, minWindows } = spec.policy.analysis;
  const inForce = status === undefined ? null : inForceAt(spec.policy, status);
  if (status === undefined || inForce === null) return undefined;
  const counted = spec.metrics.filter(({ dryRun }) => !dryRun).map(({ name }) => name);
  const states = (status.analysis?.metrics ?? []).filter(
    ({ name, check, measured }) => counted.includes(name) && check === undefined && measured === undefined,
  );
  const left = states.length === 0 ? [minWindows] : states.map((state) => windowsLeft(release, state));
  if (left.includes(null)) return undefined;
  const begin = inForce + durationMs(warmup);
  const from = status.analysis?.from === undefined ? begin : Date.parse(status.analysis.from);
  const most = Math.max(...left.map((one) => one ?? 0));
  return most === 0 ? undefined : from + most * durationMs(interval);
}

/** When enough evidence is expected, after its purpose; empty if unknown. */
export function soonestText(release: Release, now: number): string {
  const at = soonest(release);
  return at === undefined || at <= now ? '' : `, in ${durationText(at - now)} at the soonest`;
}
