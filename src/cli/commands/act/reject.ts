import type { Release } from '../../../api/release/release.ts';
import { byText } from '../../../view/people.ts';
import { because, patchRelease, type ReleasePatch, refuseOver, setSpec } from '../../patch-release.ts';
import type { ClusterFlags } from '../../session.ts';
import { gateFor } from './approve.ts';

/** What a rejection changes: the release is rolled back, and the reason names the gate. */
export function decide(
  release: Release,
  flags: { readonly gate?: string; readonly reason?: string },
  now: number,
): ReleasePatch {
  refuseOver(release, 'reject', now);
  const { name } = release.metadata;
  if (release.spec.abort !== undefined || release.status?.phase === 'Aborting')
    return { already: `Release ${name} is being rolled back already` };
  const gate = gateFor(release, flags.gate);
  return {
    patch: [setSpec('abort', { gate, ...because(flags.reason) })],
    said: (after) =>
      `gate "${gate}" of Release ${name} is rejected by ${byText(after.spec.abort ?? {})}; it is being rolled back`,
  };
}

/** `sluice reject [NAME]`. */
export function run(
  name: string | undefined,
  flags: ClusterFlags & { readonly gate?: string; readonly reason?: string },
): Promise<void> {
  return patchRelease(flags, name, (release) => decide(release, flags, Date.now()));
}
