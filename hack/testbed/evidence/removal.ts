import type { Phase } from '../../../src/api/release/places.ts';
import { type Change, isServing, play, versionOf } from './history.ts';

/** Seconds from the rejection of a version until none of its pods served; null if that did not happen. */
export function removalSeconds(changes: readonly Change[], version: string): number | null {
  let abandonedAt: number | null = null;
  let served = false;
  for (const moment of play(changes)) {
    const { change } = moment;
    const serves = moment.list('Pod').some((pod) => isServing(pod) && versionOf(pod) === version);
    served ||= serves;
    const phases = moment
      .list('Release')
      .map(({ status }) => (status as { phase?: Phase } | undefined)?.phase);
    if (abandonedAt === null && served && phases.includes('Aborting')) abandonedAt = change.at;
    if (abandonedAt !== null && !serves) return Math.round((change.at - abandonedAt) / 100) / 10;
  }
  return null;
}
