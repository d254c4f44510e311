import type { Message } from '../../api/message.ts';
import type { Severity } from '../../api/notification.ts';
import type { ReleaseStatus } from '../../api/release.ts';
import { reasonInfo } from '../reasons/catalogue.ts';
import type { Notice } from './notice.ts';

/** Messages that a Release keeps; older ones are in the events. */
const KEPT = 40;

function severityOf({ type, reason }: Notice, { outcome }: ReleaseStatus): Severity {
  if (type !== 'Warning') return reasonInfo(reason).asks === true ? 'warning' : 'info';
  return outcome === 'Aborted' ? 'critical' : 'warning';
}

/**
 * The status with what is to be told of it. It is written with the move itself, so that nothing is told of a move that
 * did not happen, and a process that dies before it has told anybody leaves behind what is to be told.
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
