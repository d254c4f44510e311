import { z } from 'zod';
import { longestFirst, secondsOf } from './durations.ts';

/** Files of `shared/` that run at the same time. With three, two cores are so busy that proxies learn of pods too late. */
export const SHARED_AT_ONCE = 2;

/** Files that run in one process of the test runner, on the cluster of its lane. */
export const Batch = z.object({ project: z.enum(['shared', 'alone']), files: z.array(z.string()) });
export type Batch = z.infer<typeof Batch>;

/** What runs on one cluster, batch after batch. */
export type Lane = readonly Batch[];

interface Filling {
  seconds: number;
  readonly shared: string[];
  readonly alone: string[];
}

const isShared = (file: string): boolean => file.includes('/shared/');

/** Seconds that files take that run side by side. */
function sharedSeconds(files: readonly string[]): number {
  const each = files.map(secondsOf);
  return Math.max(0, ...each, each.reduce((sum, one) => sum + one, 0) / SHARED_AT_ONCE);
}

/**
 * Splits integration tests among at most so many clusters. All that share a controller stay together; the others go, the
 * longest first, to the lane that is free the soonest. No lane is empty.
 */
export function lanesOf(files: readonly string[], clusters: number): Lane[] {
  const shared = files.filter(isShared);
  const alone = longestFirst(files.filter((file) => !isShared(file)));
  const lanes = Array.from({ length: clusters }, (): Filling => ({ seconds: 0, shared: [], alone: [] }));
  lanes[0]?.shared.push(...shared);
  if (lanes[0] !== undefined) lanes[0].seconds = sharedSeconds(shared);
  for (const file of alone) {
    const [next] = lanes.toSorted((a, b) => a.seconds - b.seconds);
    next?.alone.push(file);
    if (next !== undefined) next.seconds += secondsOf(file);
  }
  return lanes
    .map((lane): Batch[] => [
      { project: 'shared', files: lane.shared },
      { project: 'alone', files: lane.alone },
    ])
    .map((batches) => batches.filter((batch) => batch.files.length > 0))
    .filter((batches) => batches.length > 0);
}
