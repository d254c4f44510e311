import { ordinary, rollback } from '../../api/release/reason.ts';

const PODS = "The canary's pods say so; see `spec.health`.";

/** Reasons of the end of a release, beside those above that may end one. */
export const ENDING_REASONS = {
  AnalysisFailed: rollback('Rolled back: a metric failed; the message has the numbers.'),
  AbortRequested: rollback('Rolled back: a person asked for it; the message has who and why.'),
  Rejected: rollback('Rolled back: a person rejected a gate; the message has who and why.'),
  ApprovalTimeout: rollback(
    'Rolled back: nobody decided within `approval.timeout` (`approval.onTimeout: abort`).',
  ),
  BakeExceeded: rollback(
    'Rolled back: the evidence did not decide within `maxBake` (`analysis.onInconclusive: abort`).',
  ),
  StepDeadlineExceeded: rollback(
    'Rolled back: not enough evidence within `deadlines.step` (`onTimeout: abort`).',
  ),
  StartDeadlineExceeded: rollback(
    'Rolled back: the canary pods were not ready within `deadlines.start`; the message has what kept them.',
  ),
  CanaryCannotStart: rollback(`Rolled back: a container can never start. ${PODS}`),
  CanaryCrashLoop: rollback(`Rolled back: a container was started again too often. ${PODS}`),
  CanaryEvicted: rollback(`Rolled back: a node evicted too many pods. ${PODS}`),
  CanaryNotReady: rollback(`Rolled back: a pod that was ready has not been for too long. ${PODS}`),
  StableWon: ordinary(
    'Cancelled: stable is proven to be better (`abTest`). Nothing is wrong with the new version otherwise; it is not tried again by itself.',
    { hasDeadline: false, expired: 'test', leavesToPerson: true, reverts: true },
  ),
  NewerRevision: ordinary('Superseded: the Deployment has a newer pod template, which is released next.'),
  TemplateReverted: ordinary('Cancelled: the pod template of the Deployment is that of stable again.', {
    resumes: true,
  }),
  HoldLifted: ordinary('Cancelled: somebody resumed the Deployment; its own rolling update continues.'),
  WorkloadDeleted: ordinary('Cancelled: the Deployment was deleted.'),
  RolloutDeleted: ordinary('Cancelled: the Rollout was deleted. Stable serves.'),
};
