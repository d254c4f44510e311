import type { Release, ReleaseStatus } from '../../api/release/release.ts';
import { SluiceError } from '../../errors.ts';
import type { Decision } from '../../release/decide.ts';
import { isFinal } from '../../release/machine.ts';
import { fitStatus, leanest } from '../../release/status/fit.ts';
import { patienceMs, urgency } from '../../release/status/status-write-urgency.ts';
import type { PassDeps } from '../pass-deps.ts';
import { commitStatus } from '../write/status.ts';

/** If there are no receivers, the last status marks all messages as settled, which saves another write. */
function closing({ hasNobody }: PassDeps, stored: Release, status: ReleaseStatus): ReleaseStatus {
  const newest = status.messages?.at(-1)?.seq;
  return newest !== undefined && isFinal(status.phase) && hasNobody(stored)
    ? { ...status, notified: newest }
    : status;
}

/** Writes the status in a size that can be stored; if the API server refuses even that, the minimal one. */
async function writeStatus({ writer }: PassDeps, stored: Release, status: ReleaseStatus): Promise<void> {
  try {
    await commitStatus(writer, stored, fitStatus(stored, status));
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== 'KUBERNETES_TOO_LARGE') throw error;
    await commitStatus(writer, stored, leanest(status));
  }
}

/** Writes the status if it is due, otherwise remembers it. */
export async function persist(
  deps: PassDeps,
  stored: Release,
  decision: Decision,
  now: number,
): Promise<{ readonly written: boolean; readonly dueAt?: number }> {
  const status = closing(deps, stored, decision.status);
  const urgent = urgency(stored, status);
  if (urgent === 'never') {
    // The change is obsolete: for example, routes that matched the goal differ again.
    deps.drafts.delete(stored);
    return { written: false };
  }
  const since = deps.drafts.get(stored)?.since ?? now;
  const dueAt = since + patienceMs(stored);
  if (urgent === 'later' && now < dueAt) {
    deps.drafts.set(stored, { status, since });
    return { written: false, dueAt };
  }
  await writeStatus(deps, stored, status);
  return { written: true };
}
