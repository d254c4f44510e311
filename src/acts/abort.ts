import type { Release } from '../api/release/release.ts';
import { byText } from '../view/people.ts';
import { because, type ReleasePatch, refuseOver, setSpec } from './release-patch.ts';

/** What an abort changes. */
export function abort(release: Release, reason: string | undefined, now: number): ReleasePatch {
  refuseOver(release, 'abort', now);
  const { abort: before } = release.spec;
  const { name } = release.metadata;
  if (before !== undefined) {
    const why = before.reason === undefined ? '' : `: ${before.reason}`;
    return { already: `Release ${name} is being rolled back already, by ${byText(before)}${why}` };
  }
  if (release.status?.phase === 'Aborting')
    return { already: `Release ${name} is being rolled back already: ${release.status.message ?? ''}` };
  return {
    patch: [setSpec('abort', because(reason))],
    said: (after) =>
      `Release ${name} is being rolled back, by ${byText(after.spec.abort ?? {})}; stable gets all traffic first. Watch it: sluice status ${name} -w`,
  };
}
