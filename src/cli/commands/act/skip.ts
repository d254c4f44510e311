import { skip } from '../../../acts/skip.ts';
import { patchRelease } from '../../patch-release.ts';
import type { ClusterFlags } from '../../session.ts';

/** `sluice skip [NAME]`. */
export function run(
  name: string | undefined,
  flags: ClusterFlags & { readonly reason?: string },
): Promise<void> {
  return patchRelease(flags, name, (release) => skip(release, flags, Date.now()));
}
