import type { Release } from '../../api/release/release.ts';
import type { RolloutStatus } from '../../api/rollout/rollout.ts';
import { canonical } from '../../api/values/canonical.ts';

/** How long, in milliseconds, a fact that the Rollout only repeats from its Release must last before it is written. */
const STANDS_MS = 60_000;

/** Facts that are not merely repeated: only the Rollout reports them, or reports them first. */
function own({ phase, weight: _weight, conditions = [], ...rest }: RolloutStatus): string {
  const told = conditions.map((one) =>
    one.type === 'Progressing' && one.status === 'True' ? [one.type, one.status] : one,
  );
  return canonical([rest, told, phase === 'Aborting']);
}

/**
 * When to write the status of a Rollout (epoch milliseconds; 0 is at once), or null if it is unchanged. Beginning, end,
 * problems and a falling weight are written at once. What changes by itself within a minute is in the Release, and is
 * repeated only once it has lasted for a while.
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
