import type { KubeObject } from '../api/meta.ts';
import type { Release } from '../api/release/release.ts';
import type { Rollout } from '../api/rollout/rollout.ts';

/** The input of a view: a Release, its Rollout, or both, and as much of the workload as is known. */
export interface ViewInput {
  readonly rollout?: Rollout | null;
  readonly release?: Release | null;
  /** Held revision whose Release has yet to begin. */
  readonly coming?: string | null;
  readonly deployment?: KubeObject | null;
  readonly replicaSets?: readonly KubeObject[];
  readonly pods?: readonly KubeObject[];
  /** Kinds that could not be read: their data is unknown, not absent. */
  readonly hidden?: readonly ('ReplicaSet' | 'Pod')[];
  /** The time of the view, in epoch milliseconds. */
  readonly now: number;
}

/** The same with nothing left out. */
export type Known = Required<ViewInput>;
