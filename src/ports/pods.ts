import type { PodAnswer } from '../analysis/verdict/golden.ts';
import type { KubeObject } from '../api/meta.ts';
import type { BodyFrom } from '../api/rollout/capacity.ts';

/** The pods with a value of the label pod-template-hash, listed each time. They are too many to be kept in memory. */
export type PodsOf = (namespace: string, hash: string) => Promise<readonly KubeObject[]>;

/** The body of warm-up requests, or what is missing and what to do. */
export type ReadBody = (
  namespace: string,
  at: BodyFrom,
) => Promise<{ readonly value: string | Uint8Array } | { readonly problem: string }>;

/** A request that warms a pod up. */
export interface WarmUpRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly body?: string | Uint8Array;
  readonly contentType: string;
  readonly timeoutMs: number;
}

/** A request of a check. */
export interface PodQuestion {
  readonly url: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly body?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Maximum size of the answer. */
  readonly mostBytes: number;
  readonly signal: AbortSignal;
}

/** Sends a request to a pod. Rejects without a complete answer in time. */
export type AskPod = (question: PodQuestion) => Promise<PodAnswer | 'tooLong'>;
