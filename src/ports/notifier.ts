import type { Link, NotificationTarget, Severity } from '../api/notification.ts';
import type { Verdict } from '../api/release.ts';
import type { ApprovalDecision, GateRef } from './decision.ts';

/** How one metric stands. */
export interface MetricNews {
  readonly name: string;
  readonly verdict: Verdict;
  readonly message: string;
  readonly canary: { readonly events: number; readonly bad: number };
  readonly stable: { readonly events: number; readonly bad: number };
  /** Share of bad events of the canary in the first half minutes, oldest first. */
  readonly course: readonly number[];
}

/** A message about a release, with what a receiver shows beside it: how the release stands now. */
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
  /** What the pod template changes, a line a field; values that may be secret are left out. */
  readonly changes: readonly string[];
  readonly metrics: readonly MetricNews[];
  readonly approvals: readonly string[];
  readonly links: readonly Link[];
  /** The gate that waits now, if one does. */
  readonly gate: {
    readonly subject: GateRef;
    readonly quorum: number;
    readonly links: { readonly approve: string; readonly reject: string } | null;
  } | null;
}

/** A receiver; the one that is asked for approval may answer. */
export type Target = Omit<NotificationTarget, 'name'> & { readonly to: string; readonly asks: boolean };

/** What a receiver has answered. */
export interface Receipt {
  /** What it calls the thread of the Release. */
  readonly ref?: string;
  readonly vote?: Pick<ApprovalDecision, 'decision' | 'who' | 'reason'>;
}

/** Tells one receiver one message. Fails with NOTIFICATION_FAILED or NOTIFICATION_REFUSED, which name no secret. */
export interface Notifier {
  /** `thread` is what it answered before; `again` where an earlier try may have got through. */
  send(
    target: Target,
    message: Notification,
    thread: { readonly ref?: string | undefined; readonly again: boolean },
  ): Promise<Receipt>;
}
