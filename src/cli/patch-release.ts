import { actOn } from '../acts/act-on.ts';
import type { ReleasePatch } from '../acts/release-patch.ts';
import { RESOURCES } from '../adapters/kubernetes/resource.ts';
import type { Release } from '../api/release/release.ts';
import { readInventory, releaseFor } from './inventory.ts';
import { type ClusterFlags, withSession } from './session.ts';
import { sayProse } from './terminal/output.ts';

/** Finds the Release, decides what to change, changes it, and reports it. */
export async function patchRelease(
  flags: ClusterFlags,
  name: string | undefined,
  decide: (release: Release) => ReleasePatch,
): Promise<void> {
  await withSession(flags, async (session) => {
    const access = {
      read: async () => releaseFor(await readInventory(session), name),
      patch: async ({ metadata }: Release, operations: readonly object[]) => {
        const place = { namespace: metadata.namespace, name: metadata.name };
        return (await session.client.patch(RESOURCES.Release, place, 'json', operations)) as Release;
      },
    };
    sayProse(await actOn(access, decide));
  });
}
