import type { Observation } from '../observed.ts';
import type { Problem } from '../reasons/catalogue.ts';

/** The command that promotes the canary without a comparison. */
function promoteCommand({ release: { metadata } }: Pick<Observation, 'release'>): string {
  const where = metadata.namespace === undefined ? '' : ` -n ${metadata.namespace}`;
  const patch = `'{"spec":{"promote":{"reason":"stable is broken"}}}'`;
  return `kubectl patch releases.sluice.dev ${metadata.name}${where} --type=merge -p ${patch}`;
}

/** Whether stable has pods, and none of them serves. */
export function isStableDown({ stable }: Pick<Observation, 'stable'>): boolean {
  return stable !== null && stable.replicas > 0 && stable.ready === 0;
}

/**
 * Why there is nothing to compare the canary with: stable itself serves nothing. `lacking` is the symptom; `why` is
 * what keeps its pods from becoming ready, if known.
 */
export function stableDown(
  seen: Pick<Observation, 'release' | 'stable'>,
  lacking: string,
  why: string | null,
): Problem {
  const { replicas = 0, name = '' } = seen.stable ?? {};
  const cause = why === null ? '' : `; ${why}`;
  return {
    reason: 'NothingToCompare',
    message: `stable itself is not ready, so there is nothing to compare the new version with: 0 of ${replicas} pods of ReplicaSet ${name}${cause}. Repair stable, or promote the new version without a comparison: ${promoteCommand(seen)} (${lacking})`,
  };
}
