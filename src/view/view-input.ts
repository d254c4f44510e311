import type { KubeObject } from '../api/meta.ts';
import type { Release } from '../api/release.ts';
import type { Rollout } from '../api/rollout.ts';

/** What a view is made from: a Release, its Rollout, or both, and as much of the workload as is known. */
export interface ViewInput {
  readonly rollout?: Rollout | null;
  readonly release?: Release | null;
  /** Revision that the Deployment holds and whose Release has yet to begin. */
  readonly coming?: string | null;
  readonly deployment?: KubeObject | null;
  readonly replicaSets?: readonly KubeObject[];
  readonly pods?: readonly KubeObject[];
  /** Kinds that could not be read: what they would say is unknown, and not absent. */
  readonly hidden?: readonly ('ReplicaSet' | 'Pod')[];
  /** The time that it is made at, in epoch milliseconds. */
  readonly now: number;
}

/** The same with nothing left out. */
export type Known = Required<ViewInput>;
