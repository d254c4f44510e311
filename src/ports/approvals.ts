import type { ApprovalPolicy } from '../api/rollout/approval.ts';
import type { ApprovalDecision, DecisionResult, GateRef } from './decision.ts';
import type { Notification } from './notifier.ts';

/** Accepts decisions of people. A refused decision changes nothing. */
export interface Approvals {
  /** What waits for a decision, or why nothing does. Throws if the API server cannot be reached. */
  pending(
    subject: GateRef,
  ): Promise<{ readonly asked: ApprovalPolicy; readonly about: Notification } | { readonly refused: string }>;
  /** Writes the decision into the Release. Throws if the API server cannot be reached. */
  submit(decision: ApprovalDecision): Promise<DecisionResult>;
}
