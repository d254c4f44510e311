/** Bad requests among requests since the last look. */
export interface Arm {
  readonly events: number;
  readonly bad: number;
  /** Requests per latency bucket, the last one without an upper edge; only in worlds about latency. */
  readonly buckets?: readonly number[];
}

/** What one pod did between two looks. */
export interface PodArm extends Arm {
  readonly pod: string;
  /** Seconds since the pod became ready, at the end of the look. */
  readonly age: number;
}

/** What one version did between two looks, in all and by pod. */
export interface VersionArm extends Arm {
  readonly pods: readonly PodArm[];
}

/** What both versions did between two looks. */
export interface Look {
  readonly canary: VersionArm;
  readonly stable: VersionArm;
}

/** Seconds between two looks, looks in a run, and the share of traffic of the canary. */
export const SECONDS = 30;
export const LOOKS = 60;
export const WEIGHT = 0.1;

/** Upper edges of the latency buckets, in seconds. */
export const EDGES: readonly number[] = [0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1, 2];
/** The p95 of stable, which is an edge. */
export const STABLE_P95 = 0.3;

/** Latency below which `share` of the requests were, interpolated in its bucket. */
export function quantile(buckets: readonly number[], share: number): number {
  const total = buckets.reduce((sum, count) => sum + count, 0);
  let [below, rank] = [0, total * share];
  for (const [index, count] of buckets.entries()) {
    if (below + count >= rank) {
      const lower = EDGES[index - 1] ?? 0;
      const upper = EDGES[index] ?? lower;
      return count === 0 ? upper : lower + ((upper - lower) * (rank - below)) / count;
    }
    below += count;
  }
  return EDGES.at(-1) ?? 0;
}

/** Two sets of buckets as one. */
export function addBuckets(a: readonly number[], b: readonly number[]): number[] {
  return b.map((count, index) => count + (a[index] ?? 0));
}

/** Two arms as one. */
export function addArms(a: Arm, b: Arm): Arm {
  const buckets = b.buckets === undefined ? {} : { buckets: addBuckets(a.buckets ?? [], b.buckets) };
  return { events: a.events + b.events, bad: a.bad + b.bad, ...buckets };
}
