import { approve } from '../../../acts/approve.ts';
import { patchRelease } from '../../patch-release.ts';
import type { ClusterFlags } from '../../session.ts';

/** `sluice approve [NAME]`. */
export function run(
  name: string | undefined,
  flags: ClusterFlags & { readonly gate?: string; readonly reason?: string },
): Promise<void> {
  return patchRelease(flags, name, (release) => approve(release, flags, Date.now()));
}
