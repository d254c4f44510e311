import type { Via } from '../api/rollout/approval.ts';

/** One decision that people are asked for. */
export interface GateRef {
  readonly namespace: string;
  readonly release: string;
  readonly uid: string;
  readonly gate: string;
}

/** A decision of somebody outside of Kubernetes. */
export interface ApprovalDecision {
  readonly subject: GateRef;
  readonly decision: 'approve' | 'reject';
  readonly via: Via;
  /** Who decided, as people know them. */
  readonly who: string;
  readonly reason?: string | undefined;
  /** Of a one-time link. */
  readonly ticket?: string | undefined;
}

/** Whether a decision counts, and the answer to the person. */
export interface DecisionResult {
  readonly accepted: boolean;
  readonly message: string;
}

/** Makes one-time links. */
export interface Links {
  /** A link that submits the decision until it expires (epoch milliseconds); null if no address is known. */
  link(subject: GateRef, decision: ApprovalDecision['decision'], expires: number): Promise<string | null>;
}
