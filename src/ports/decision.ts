import type { Via } from '../api/approval.ts';

/** One decision that people are asked for. */
export interface GateRef {
  readonly namespace: string;
  readonly release: string;
  readonly uid: string;
  readonly gate: string;
}

/** What somebody outside of Kubernetes has decided. */
export interface ApprovalDecision {
  readonly subject: GateRef;
  readonly decision: 'approve' | 'reject';
  readonly via: Via;
  /** Who it is, as people know them. */
  readonly who: string;
  readonly reason?: string | undefined;
  /** Of a one-time link. */
  readonly ticket?: string | undefined;
}

/** Whether a vote counts, and what the person is to read. */
export interface DecisionResult {
  readonly accepted: boolean;
  readonly message: string;
}

/** Makes one-time links. */
export interface Links {
  /** A link that hands in the vote until it expires (epoch milliseconds); null where no address is known. */
  link(subject: GateRef, decision: ApprovalDecision['decision'], expires: number): Promise<string | null>;
}
