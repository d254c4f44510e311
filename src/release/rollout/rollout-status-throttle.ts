import type { Release } from '../../api/release.ts';
import type { RolloutStatus } from '../../api/rollout.ts';
import { canonical } from '../../api/values/canonical.ts';

/** How long, in milliseconds, what a Rollout only repeats of its Release must have stood to be worth a write. */
const STANDS_MS = 60_000;

/** What is not merely repeated: it is told by the Rollout alone, or of it first. */
function own({ phase, weight: _weight, conditions = [], ...rest }: RolloutStatus): string {
  const told = conditions.map((one) =>
    one.type === 'Progressing' && one.status === 'True' ? [one.type, one.status] : one,
  );
  return canonical([rest, told, phase === 'Aborting']);
}

/**
 * When the status of a Rollout is to be written (epoch milliseconds; 0 is at once), or null where it says the same.
 * Its beginning, its end, trouble and a weight that falls are told at once. What moves on by itself within a minute is
 * in the Release, and is repeated only once it has stood for a while.
 */
export function statusDueAt(
  before: RolloutStatus | undefined,
  next: RolloutStatus,
  current: Release | null,
): number | null {
  if (canonical(before) === canonical(next)) return null;
  if (before === undefined || own(before) !== own(next)) return 0;
  if ((next.weight ?? 0) < (before.weight ?? 0)) return 0;
  return (Date.parse(current?.status?.stageStartedAt ?? '') || 0) + STANDS_MS;
}
