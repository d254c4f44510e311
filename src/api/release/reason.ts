import type { Severity } from '../notification.ts';

/** Kinds of objects that people see a reason on. */
export type ReasonObject = 'Rollout' | 'Release' | 'Deployment';

/** What is known of a reason: what steers by it, and what people read who look it up. */
export interface ReasonInfo {
  /** The ordinary course of things, something that a person has chosen or is asked for, or trouble. */
  readonly kind: 'ordinary' | 'person' | 'trouble';
  /** Whether a wait for it is under the deadline of its stage. */
  readonly hasDeadline: boolean;
  readonly severity: Severity;
  readonly on: readonly ReasonObject[];
  /** What it means and what to do, in Markdown, for the page in `manifests/docs`. */
  readonly help: string;
  /** It asks people for a decision: nothing is wrong, but somebody must hear of it. */
  readonly asks?: true;
  /** A wait for canary pods that are to come, for `deadlines.start` at most. */
  readonly awaitsPods?: true;
  /** It keeps an abort from ending, and a person can put it right: it is said beside why the release is aborted. */
  readonly hindersAbort?: true;
  /** A wait whose time has run out: the policy says what then. */
  readonly expired?: 'approval' | 'bake' | 'test';
  /** A transition for this reason is reported as a problem, wherever it leads. */
  readonly alarms?: true;
  /** Conditions show it, and no event tells it, since it comes and goes. */
  readonly quiet?: true;
  /** It is a condition of its own, of that type, while there is something to say. It decides nothing. */
  readonly isCondition?: true;
  /** A release that ended by it leaves the Deployment resumed, on stable. */
  readonly resumes?: true;
  /** A release that ended by it leaves the Deployment as after a roll-back (`onAbort`), though nothing is at fault. */
  readonly reverts?: true;
  /** A release that was cancelled by it is not tried again by itself. */
  readonly leavesToPerson?: true;
  /** The annotations of a Deployment are to blame, and not a Rollout. */
  readonly ofAnnotations?: true;
}

type More = Partial<Omit<ReasonInfo, 'kind' | 'help'>>;

/** The ordinary course of a release: it ends by itself. */
export const ordinary = (help: string, more: More = {}): ReasonInfo => ({
  kind: 'ordinary',
  hasDeadline: true,
  severity: 'info',
  on: ['Release'],
  help,
  ...more,
});

/** A person has chosen it, or is asked: no fault of the workload. */
export const person = (on: ReasonInfo['on'], help: string, more: More = {}): ReasonInfo => ({
  kind: 'person',
  hasDeadline: false,
  severity: 'warning',
  on,
  help,
  ...more,
});

/** A problem that somebody must fix. */
export const trouble = (on: ReasonInfo['on'], help: string, more: More = {}): ReasonInfo => ({
  kind: 'trouble',
  hasDeadline: true,
  severity: 'warning',
  on,
  help,
  ...more,
});

/** Why a release was rolled back. */
export const rollback = (help: string, more: More = {}): ReasonInfo =>
  trouble(['Release'], help, { severity: 'critical', ...more });
