import type { LoadRecord } from '../../load/record.ts';

/** When a request was sent, epoch milliseconds. */
export const sentAt = ({ at, lateMs }: LoadRecord): number => at + lateMs;

/** A change of what a version gets. */
export interface Move {
  readonly version: string;
  /** When it was written, epoch milliseconds. */
  readonly at: number;
  /** Percent before and after. */
  readonly before: number;
  readonly after: number;
}

/** No split is certain: a request may have been on its way. */
const chance = (percent: number): number => Math.min(0.999, Math.max(0.001, percent / 100));

/**
 * When the answers began to follow a change, epoch milliseconds: the most likely moment between the old and the new
 * split. If the version should get nothing or everything afterwards, no answer after that moment contradicts it. The
 * requests must end before the next change.
 */
export function inForceAt(records: readonly LoadRecord[], { version, at, before, after }: Move): number {
  const sent = records
    .filter((record) => record.version !== '' && sentAt(record) >= at)
    .toSorted((a, b) => sentAt(a) - sentAt(b));
  const isExact = after === 0 || after === 100;
  const hit = (record: LoadRecord): boolean => record.version === version;
  const gain = (record: LoadRecord): number => {
    const [old, now] = [before, after].map(chance) as [number, number];
    return hit(record) ? Math.log(old / now) : Math.log((1 - old) / (1 - now));
  };
  let [best, sum, moment] = [0, 0, at];
  for (const record of sent) {
    sum += gain(record);
    const contradicts = isExact && hit(record) === (after === 0);
    if (!contradicts && sum <= best) continue;
    [best, moment] = [sum, sentAt(record)];
  }
  return moment;
}
