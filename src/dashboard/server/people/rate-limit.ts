import type { Clock } from '../../../clock.ts';

/** Requests that somebody may make: at once, and each second over time. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

interface Bucket {
  left: number;
  at: number;
}

/** People whose rate is remembered; beyond them, the quietest is forgotten. */
const MOST = 10_000;

/** Whether a request of somebody is within the rate; counts it if so. */
export function createRateLimit(rate: Rate, clock: Pick<Clock, 'monotonic'>): (who: string) => boolean {
  const buckets = new Map<string, Bucket>();
  return (who) => {
    const now = clock.monotonic();
    const { left, at } = buckets.get(who) ?? { left: rate.burst, at: now };
    const full = Math.min(rate.burst, left + ((now - at) / 1_000) * rate.perSecond);
    const isWithin = full >= 1;
    buckets.delete(who);
    buckets.set(who, { left: isWithin ? full - 1 : full, at: now });
    const [quietest] = buckets.keys();
    if (buckets.size > MOST && quietest !== undefined) buckets.delete(quietest);
    return isWithin;
  };
}
