import { abort } from '../../../acts/abort.ts';
import { patchRelease } from '../../patch-release.ts';
import type { ClusterFlags } from '../../session.ts';

/** `sluice abort [NAME]`. */
export function run(
  name: string | undefined,
  flags: ClusterFlags & { readonly reason?: string },
): Promise<void> {
  return patchRelease(flags, name, (release) => abort(release, flags.reason, Date.now()));
}
