import type { Severity } from '../../api/notification.ts';
import type { Message } from '../../api/release/message.ts';
import type { ReleaseStatus } from '../../api/release/release.ts';
import { reasonInfo } from '../reasons/catalogue.ts';
import type { Notice } from './notice.ts';

/** Number of messages that a Release keeps; older ones are in the events. */
const KEPT = 40;

function severityOf({ type, reason }: Notice, { outcome }: ReleaseStatus): Severity {
  if (type !== 'Warning') return reasonInfo(reason).asks === true ? 'warning' : 'info';
  return outcome === 'Aborted' ? 'critical' : 'warning';
}

/**
 * The status with its messages. They are written with the transition itself, so that no message is about a transition
 * that did not happen, and none is lost if the process dies before delivery.
 */
export function withMessages(status: ReleaseStatus, notices: readonly Notice[], now: number): ReleaseStatus {
  if (notices.length === 0) return status;
  const before = status.messages ?? [];
  const last = before.at(-1)?.seq ?? 0;
  const at = new Date(now).toISOString();
  const added = notices.map(
    (notice, index): Message => ({
      seq: last + index + 1,
      at,
      severity: severityOf(notice, status),
      reason: notice.reason.slice(0, 64),
      text: notice.note.slice(0, 1_024),
    }),
  );
  return { ...status, messages: [...before, ...added].slice(-KEPT) };
}
