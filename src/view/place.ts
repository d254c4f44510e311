import type { Release, ReleaseStatus, Verdict } from '../api/release.ts';
import { stageOf } from '../release/stages/table.ts';

/** Whether a release has ended. */
export function isOver({ status }: Release): boolean {
  return status?.finishedAt !== undefined;
}

/** Phase and stage for people: `Stepping (Analysing)`. */
export function placeOf(status: ReleaseStatus | undefined): string {
  const { phase = 'Pending', stage } = status ?? {};
  return stage === undefined ? phase : `${phase} (${stage})`;
}

/** The verdict of the current step; undefined before its first window, and where nothing is being judged. */
export function verdictNow(status: ReleaseStatus | undefined): Verdict | undefined {
  const judged =
    status !== undefined && stageOf(status).analysis === 'step' && (status.analysis?.windows ?? 0) > 0;
  return judged ? status.verdict : undefined;
}
