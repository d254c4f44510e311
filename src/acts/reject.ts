import type { Release } from '../api/release/release.ts';
import { byText } from '../view/people.ts';
import { gateFor } from './approve.ts';
import { because, type ReleasePatch, refuseOver, setSpec } from './release-patch.ts';

/** What a rejection changes: the release is rolled back, and the reason names the gate. */
export function reject(
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
