import { pause as decidePause, resume as decideResume } from '../../../acts/pause.ts';
import { patchRelease } from '../../patch-release.ts';
import type { ClusterFlags } from '../../session.ts';

/** `sluice pause [NAME]`. */
export function pause(
  name: string | undefined,
  flags: ClusterFlags & { readonly reason?: string },
): Promise<void> {
  return patchRelease(flags, name, (release) => decidePause(release, flags.reason, Date.now()));
}

/** `sluice resume [NAME]`. */
export function resume(name: string | undefined, flags: ClusterFlags): Promise<void> {
  return patchRelease(flags, name, (release) => decideResume(release, Date.now()));
}
