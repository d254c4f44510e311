import type { Metric } from '../../api/analysis/analysis-template.ts';
import { growth, originsOf, restartedIn } from './counter.ts';
import { type Histogram, histogramOf } from './histogram.ts';
import type { ArmSamples, Sample, WindowSamples } from './sample.ts';

/** Why an arm has no counts in a window. */
export interface Missing {
  readonly kind: 'noData' | 'providerError';
  readonly message: string;
  /** The series exist but did not change. */
  readonly idle?: true;
}

/** The counts of one arm in one window. */
export type ArmReading =
  | { readonly kind: 'errors'; readonly events: number; readonly bad: number }
  | { readonly kind: 'latency'; readonly events: number; readonly histogram: Histogram }
  | Missing;

type Arm = ArmSamples['arm'];

const NAMES = { canary: 'the canary', stable: 'stable' } as const;

function missing(kind: Missing['kind'], message: string): Missing {
  return { kind, message };
}

function part(samples: readonly ArmSamples[], wanted: ArmSamples['part']): ArmSamples | undefined {
  return samples.find((one) => one.part === wanted);
}

function total(series: readonly { readonly value: number }[]): number {
  return series.reduce((sum, { value }) => sum + value, 0);
}

function noRequests(arm: Arm, start: Sample): Missing {
  return start.kind === 'vector'
    ? { ...missing('noData', `${NAMES[arm]} had no request in this window`), idle: true }
    : missing('noData', `the series of ${NAMES[arm]} are new: counting begins with the next window`);
}

function readErrors(arm: Arm, samples: readonly ArmSamples[]): ArmReading {
  const requests = part(samples, 'requests');
  const failures = part(samples, 'failures');
  if (requests === undefined || failures === undefined)
    return missing('providerError', 'the counters were not read');
  const known = originsOf(requests.start);
  const restarted = new Set([requests, failures].flatMap(({ start, end }) => [...restartedIn(start, end)]));
  const all = growth(requests.start, requests.end, { known, restarted });
  if (all.kind !== 'growth') return missing(all.kind, `requests of ${NAMES[arm]}: ${all.message}`);
  const events = total(all.series);
  if (events === 0) return noRequests(arm, requests.start);
  const failed = growth(failures.start, failures.end, { known, restarted });
  if (failed.kind === 'providerError')
    return missing('providerError', `failures of ${NAMES[arm]}: ${failed.message}`);
  // Counters of failures do not exist before the first failure: if there are requests, no series means no failures.
  const bad = failed.kind === 'growth' ? total(failed.series) : 0;
  return { kind: 'errors', events, bad: Math.min(bad, events) };
}

function readLatency(arm: Arm, samples: readonly ArmSamples[], unit: 's' | 'ms' | 'us'): ArmReading {
  const buckets = part(samples, 'buckets');
  if (buckets === undefined) return missing('providerError', 'the buckets were not read');
  const grown = growth(buckets.start, buckets.end, { known: originsOf(buckets.start) });
  if (grown.kind !== 'growth') return missing(grown.kind, `buckets of ${NAMES[arm]}: ${grown.message}`);
  if (grown.series.length === 0) return noRequests(arm, buckets.start);
  const histogram = histogramOf(grown.series, unit);
  if (typeof histogram === 'string')
    return missing('providerError', `buckets of ${NAMES[arm]}: ${histogram}`);
  if (histogram.total === 0) return noRequests(arm, buckets.start);
  return { kind: 'latency', events: histogram.total, histogram };
}

function readArmClasses(arm: Arm, samples: readonly ArmSamples[], label: string): ArmClasses | Missing {
  const counters = part(samples, 'counters');
  if (counters === undefined) return missing('providerError', 'the counters were not read');
  const grown = growth(counters.start, counters.end, { known: originsOf(counters.start) });
  if (grown.kind !== 'growth') return missing(grown.kind, `answers of ${NAMES[arm]}: ${grown.message}`);
  const classes = new Map<string, number>();
  for (const { labels, value } of grown.series) {
    const name = labels[label];
    if (name === undefined)
      return missing('providerError', `answers of ${NAMES[arm]}: a series has no label ${label}`);
    classes.set(name, (classes.get(name) ?? 0) + value);
  }
  const events = total(grown.series);
  return events === 0 ? noRequests(arm, counters.start) : { events, classes };
}

/** Answers of one arm in one window, by class. */
export interface ArmClasses {
  readonly events: number;
  readonly classes: ReadonlyMap<string, number>;
}

/** The answers of both arms in a window, for a drift metric. */
export function readClasses(
  metric: Metric,
  window: WindowSamples,
): { readonly canary: ArmClasses | Missing; readonly stable: ArmClasses | Missing } {
  const read = (arm: Arm): ArmClasses | Missing => {
    const samples = window.samples.filter((one) => one.metric === metric.name && one.arm === arm);
    return readArmClasses(arm, samples, metric.drift?.label ?? '');
  };
  const [canary, stable] = [read('canary'), read('stable')];
  return { canary: blamed(canary, stable), stable };
}

/** If stable's counters did not change either, nothing was scraped or there was no traffic: not the canary's fault. */
function blamed<T extends object>(canary: T | Missing, stable: object | Missing): T | Missing {
  if (!('message' in canary) || 'idle' in stable) return canary;
  const { idle: _, ...alone } = canary;
  return alone;
}

/** The counts of both arms in a window, for one metric. */
export function readArms(
  metric: Metric,
  window: WindowSamples,
): { readonly canary: ArmReading; readonly stable: ArmReading } {
  const read = (arm: Arm): ArmReading => {
    const samples = window.samples.filter((one) => one.metric === metric.name && one.arm === arm);
    return metric.latency === undefined
      ? readErrors(arm, samples)
      : readLatency(arm, samples, metric.latency.unit);
  };
  const [canary, stable] = [read('canary'), read('stable')];
  return { canary: blamed(canary, stable), stable };
}
