import type { ApprovalPolicy } from '../api/approval.ts';
import type { ApprovalDecision, DecisionResult, GateRef } from './decision.ts';
import type { Notification } from './notifier.ts';

/** Where votes are handed in. What it refuses changes nothing. */
export interface Approvals {
  /** What stands to be decided, or why nothing does. Throws where the API server cannot be asked. */
  look(
    subject: GateRef,
  ): Promise<{ readonly asked: ApprovalPolicy; readonly about: Notification } | { readonly refused: string }>;
  /** Writes the vote into the Release. Throws where the API server cannot be asked. */
  cast(vote: ApprovalDecision): Promise<DecisionResult>;
}
