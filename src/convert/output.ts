import type { KubeObject } from '../api/meta.ts';
import type { Row } from './ledger/report.ts';

/** Which tool an object is of. */
export type Peer = 'Argo Rollouts' | 'Flagger';

/** An object that was read, as people name it. */
export interface Origin {
  readonly peer: Peer;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** The file and the number of the document, or `cluster`. */
  readonly place: string;
}

/** An object of the source with what it became. */
export interface Converted {
  readonly origin: Origin;
  /** Objects to apply, the workload first. */
  readonly documents: readonly KubeObject[];
  readonly rows: readonly Row[];
  /** How to move without downtime; only of a workload. */
  readonly move?: Move;
}

/** A step of a move. */
export interface MoveStep {
  readonly title: string;
  /** What to know before it; a sentence each. */
  readonly why: readonly string[];
  /** For a shell, in this order; all steps in one shell. */
  readonly commands: readonly string[];
}

/** The way over, and the way back as long as nothing is removed. */
export interface Move {
  readonly steps: readonly MoveStep[];
  readonly back: readonly MoveStep[];
}

/** What the user says beside the objects. */
export interface Settings {
  /** Namespace of objects that name none. */
  readonly namespace: string;
  /** ClusterAnalysisTemplate for a source without metrics. */
  readonly analysis: string;
  /** The route that leads to the workload, where the source names none. */
  readonly route?:
    | { readonly kind: 'VirtualService' | 'HTTPRoute' | 'GRPCRoute'; readonly name: string }
    | undefined;
  /** Mesh provider of Flagger where a Canary names none. */
  readonly provider: string;
}

/** An object without the fields that are undefined. */
export function compact<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
