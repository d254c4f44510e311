import type { Release } from '../../../api/release/release.ts';
import { byText } from '../../../view/people.ts';
import { because, patchRelease, type ReleasePatch, refuseOver, setSpec } from '../../patch-release.ts';
import type { ClusterFlags } from '../../session.ts';

/** What an abort changes. */
export function decide(release: Release, reason: string | undefined, now: number): ReleasePatch {
  refuseOver(release, 'abort', now);
  const { abort } = release.spec;
  const { name } = release.metadata;
  if (abort !== undefined) {
    const why = abort.reason === undefined ? '' : `: ${abort.reason}`;
    return { already: `Release ${name} is being rolled back already, by ${byText(abort)}${why}` };
  }
  if (release.status?.phase === 'Aborting')
    return { already: `Release ${name} is being rolled back already: ${release.status.message ?? ''}` };
  return {
    patch: [setSpec('abort', because(reason))],
    said: (after) =>
      `Release ${name} is being rolled back, by ${byText(after.spec.abort ?? {})}; stable gets all traffic first. Watch it: sluice status ${name} -w`,
  };
}

/** `sluice abort [NAME]`. */
export function run(
  name: string | undefined,
  flags: ClusterFlags & { readonly reason?: string },
): Promise<void> {
  return patchRelease(flags, name, (release) => decide(release, flags.reason, Date.now()));
}
