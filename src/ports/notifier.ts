import type { Link, NotificationTarget, Severity } from '../api/notification.ts';
import type { Verdict } from '../api/release/analysis-state.ts';
import type { ApprovalDecision, GateRef } from './decision.ts';

/** The current verdict of one metric. */
export interface MetricNews {
  readonly name: string;
  readonly verdict: Verdict;
  readonly message: string;
  readonly canary: { readonly events: number; readonly bad: number };
  readonly stable: { readonly events: number; readonly bad: number };
  /** Rate of bad events of the canary in its first half-minutes, oldest first. */
  readonly course: readonly number[];
}

/** A message about a release, with the current state of the release. */
export interface Notification {
  /** The same for each try to deliver it, and for no other message. */
  readonly id: string;
  readonly at: string;
  readonly severity: Severity;
  readonly reason: string;
  readonly text: string;
  readonly namespace: string;
  readonly release: string;
  readonly rollout: string;
  readonly workload: string;
  readonly revision: string;
  readonly phase: string;
  readonly step: string;
  readonly weight: number;
  /** What changed in the pod template, one line per field; values that may be secret are left out. */
  readonly changes: readonly string[];
  readonly metrics: readonly MetricNews[];
  readonly approvals: readonly string[];
  /** Commands by which a person acts on the release. */
  readonly commands: readonly string[];
  readonly links: readonly Link[];
  /** The trace of the release (W3C Trace Context), if it has one. */
  readonly traceparent: string | null;
  /** Whether the message itself asks for a decision. */
  readonly asks: boolean;
  /** The plots of the dashboard, as SVG and in words; null where there is nothing to draw, or nobody needs it. */
  readonly picture: { readonly svg: string; readonly words: string } | null;
  /** The gate that waits now, if any. */
  readonly gate: {
    readonly subject: GateRef;
    readonly quorum: number;
    readonly links: { readonly approve: string; readonly reject: string } | null;
  } | null;
}

/** A receiver; an approval system may answer. */
export type Target = Omit<NotificationTarget, 'name'> & { readonly to: string; readonly asks: boolean };

/** The answer of a receiver. */
export interface Receipt {
  /** Its ID of the Release's thread. */
  readonly ref?: string;
  readonly decision?: Pick<ApprovalDecision, 'decision' | 'who' | 'reason'>;
}

/**
 * Sends one message to one receiver. Fails with NOTIFICATION_FAILED or NOTIFICATION_REFUSED, which contain no secret.
 */
export interface Notifier {
  /** `thread` is from its earlier answer; `again` if an earlier try may have succeeded. */
  send(
    target: Target,
    message: Notification,
    thread: { readonly ref?: string | undefined; readonly again: boolean },
  ): Promise<Receipt>;
}
