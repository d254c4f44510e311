import type { NotificationTarget } from '../api/notification.ts';
import { SEVERITIES } from '../api/notification.ts';
import type { Message } from '../api/release/message.ts';
import type { Release } from '../api/release/release.ts';
import type { Target } from '../ports/notifier.ts';
import { reasonInfo } from '../release/reasons/catalogue.ts';

const ASKED_IN_SLACK = 'approval.slack';
/** Name of the approval system. No notification can have it: a dot is not allowed there. */
export const ASKED_BY_WEBHOOK = 'approval.webhook';

/** All receivers of a Release: first those of approvals, then the list of the policy or the default. */
export function recipientsOf(
  { spec }: Pick<Release, 'spec'>,
  defaults: readonly NotificationTarget[],
): readonly Target[] {
  const { approval, notifications = defaults } = spec.policy;
  const asked: Target[] = [
    ...(approval?.slack === undefined
      ? []
      : [{ to: ASKED_IN_SLACK, severity: 'info' as const, slack: approval.slack, asks: true }]),
    ...(approval?.webhook === undefined
      ? []
      : [{ to: ASKED_BY_WEBHOOK, severity: 'info' as const, webhook: approval.webhook, asks: true }]),
  ];
  // The approval channel already has the whole thread.
  const others = notifications.filter(
    ({ slack }) => slack === undefined || slack.channel !== approval?.slack?.channel,
  );
  return [...asked, ...others.map(({ name, ...rest }) => ({ ...rest, to: name, asks: false }))];
}

/** Whether a message asks people for a decision. */
export function asksForDecision({ reason }: Pick<Message, 'reason'>): boolean {
  return reasonInfo(reason).asks === true;
}

/**
 * Whether a receiver gets a message. An approval system only gets requests for approval, and only while the gate waits.
 */
export function wants(target: Target, message: Message, waiting: boolean): boolean {
  if (target.to === ASKED_BY_WEBHOOK) return asksForDecision(message) && waiting;
  return SEVERITIES.indexOf(message.severity) >= SEVERITIES.indexOf(target.severity);
}
