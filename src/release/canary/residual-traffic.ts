import { type Growths, growth, originsOf } from '../../analysis/evidence/counter.ts';
import type { ArmSamples, WindowSamples } from '../../analysis/evidence/sample.ts';

/** The requests that a canary still gets at weight 0, by its own count over a window. */
export type ResidualTraffic =
  /** Its count does not grow, while stable's does. */
  | { readonly kind: 'still' }
  /** Times are in epoch milliseconds. */
  | { readonly kind: 'moves'; readonly requests: number; readonly from: number; readonly to: number }
  | { readonly kind: 'unknown'; readonly why: string }
  /** The query is pending. */
  | { readonly kind: 'unanswered' };

/** Parts of a metric that count each request. */
const COUNTING: readonly ArmSamples['part'][] = ['requests', 'buckets', 'counters'];

/** Whether a query counts all requests, rather than only bad ones or something else. */
export function countsRequests({ part }: Pick<ArmSamples, 'part'>): boolean {
  return COUNTING.includes(part);
}

/**
 * The number of requests in an increase: one request is in several buckets, but in one class and in one series of other
 * kinds.
 */
function requestsIn(part: ArmSamples['part'], grown: Growths): number | null {
  if (grown.kind !== 'growth' || grown.series.length === 0) return null;
  const counted = part === 'buckets' ? grown.series.filter(({ labels }) => isWhole(labels)) : grown.series;
  if (counted.length === 0) return null;
  return counted.reduce((sum, { value }) => sum + value, 0);
}

const isWhole = ({ le = '' }: Readonly<Record<string, string>>): boolean =>
  Number(le.replace('+Inf', 'Infinity')) === Infinity;

interface Counted {
  readonly canary: number | null;
  readonly stable: number | null;
}

function countedBy(window: WindowSamples, one: ArmSamples): Counted {
  const of = (arm: ArmSamples['arm']): number | null => {
    const found = window.samples.find(
      (other) => other.metric === one.metric && other.part === one.part && other.arm === arm,
    );
    if (found === undefined) return null;
    return requestsIn(one.part, growth(found.start, found.end, { known: originsOf(found.start) }));
  };
  return { canary: of('canary'), stable: of('stable') };
}

/**
 * The result of a window. A count that does not grow only means something if stable's does: otherwise it may be stale.
 */
export function residualTrafficOf(window: WindowSamples): ResidualTraffic {
  const { start: from, end: to } = window;
  const counts = window.samples
    .filter((one) => one.arm === 'canary' && countsRequests(one))
    .map((one) => countedBy(window, one));
  const requests = Math.max(0, ...counts.map(({ canary }) => canary ?? 0));
  if (requests > 0) return { kind: 'moves', requests, from, to };
  if (counts.length === 0) return { kind: 'unknown', why: 'no metric counts the requests of the canary' };
  if (counts.every(({ canary }) => canary === null))
    return { kind: 'unknown', why: 'the metrics do not tell what the canary gets' };
  const alive = counts.some(({ canary, stable }) => canary === 0 && (stable ?? 0) > 0);
  return alive
    ? { kind: 'still' }
    : {
        kind: 'unknown',
        why: 'the metrics of stable do not grow either: no requests are sent, or none are counted',
      };
}
