import type { Plan } from '../../replay/plan.ts';
import type { ReplayReport as Report } from '../../replay/replay.ts';

/** One prerequisite of a release. `GET …/rollouts/NAME/preflight`: a list of them. */
export interface PreflightFinding {
  readonly about: string;
  readonly state: 'ok' | 'failed' | 'unknown';
  /** What is wrong, with the fix. */
  readonly problem?: { readonly reason: string; readonly message: string };
  readonly details: readonly string[];
}

/** `GET …/rollouts/NAME/plan?over=5m`: what `sluice plan -o json` says. */
export interface PlanPage extends Plan {
  /** How the steps of the policy became those of the pods. */
  readonly rounding?: string;
  /** What `sluice plan` says below its table: what is not known and why, and which step never ends. */
  readonly notes: readonly string[];
}

/** What is replayed: how far back, and how long a release is followed at most. */
export interface ReplayAsked {
  /** `7d`, `12h`. */
  readonly since: string;
  /** `30m`. */
  readonly for: string;
}

/**
 * The event `progress` of `GET …/rollouts/NAME/replay/stream?since=7d&for=30m`. It begins the replay, or joins the same
 * replay that is under way or has ended a short while ago; when nobody listens any more, it stops. After it comes the event `report` (what
 * `sluice replay -o json` says), or `ended` with a `Problem`; then the client closes the stream.
 */
export interface ReplayProgress {
  /** `waiting`: others are replayed before. `reading`: periods of the past. `replaying`: releases. */
  readonly stage: 'waiting' | 'reading' | 'replaying';
  readonly done: number;
  readonly total: number;
}

/** What `sluice replay -o json` says. */
export type ReplayReport = Report;
