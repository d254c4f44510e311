import { reject } from '../../../acts/reject.ts';
import { patchRelease } from '../../patch-release.ts';
import type { ClusterFlags } from '../../session.ts';

/** `sluice reject [NAME]`. */
export function run(
  name: string | undefined,
  flags: ClusterFlags & { readonly gate?: string; readonly reason?: string },
): Promise<void> {
  return patchRelease(flags, name, (release) => reject(release, flags, Date.now()));
}
