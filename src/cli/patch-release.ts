import { RESOURCES } from '../adapters/kubernetes/resource.ts';
import type { Release } from '../api/release/release.ts';
import { SluiceError } from '../errors.ts';
import { durationText } from '../view/duration-text.ts';
import { isOver } from '../view/place.ts';
import { CliError, EXIT } from './cli-error.ts';
import { readInventory, releaseFor } from './inventory.ts';
import { type ClusterFlags, type Session, withSession } from './session.ts';
import { sayProse } from './terminal/output.ts';

/** A change of a Release by a person, or why there is nothing to change. */
export type ReleasePatch =
  | { readonly patch: readonly object[]; readonly said: (after: Release) => string }
  | { readonly already: string };

/** Maximum retries if somebody else changed the Release in the meantime. */
const TRIES = 5;

/** Refuses to act on an ended release, with the alternative. */
export function refuseOver(release: Release, verb: string, now: number): void {
  if (!isOver(release)) return;
  const { phase, finishedAt, message } = release.status ?? {};
  const ago = durationText(now - Date.parse(finishedAt ?? ''));
  const next =
    phase === 'Promoted'
      ? ['it serves now; to go back, push the version before it as a new release']
      : [`to try the same version again: sluice retry ${release.spec.rollout}`];
  throw new CliError(
    `Release ${release.metadata.name} ended ${ago} ago (${phase}): there is nothing to ${verb}`,
    { exit: EXIT.no, next: message === undefined ? next : [`it ended because: ${message}`, ...next] },
  );
}

/** The guard of a patch: exactly this Release, not a newer one of the same name. */
function guarded(release: Release, operations: readonly object[]): readonly object[] {
  return [{ op: 'test', path: '/metadata/uid', value: release.metadata.uid }, ...operations];
}

async function attempt(
  session: Session,
  name: string | undefined,
  decide: (release: Release) => ReleasePatch,
): Promise<string> {
  const release = releaseFor(await readInventory(session), name);
  const change = decide(release);
  if ('already' in change) return change.already;
  const { namespace, name: found } = release.metadata;
  const place = { namespace, name: found };
  const after = await session.client.patch(RESOURCES.Release, place, 'json', guarded(release, change.patch));
  return change.said(after as Release);
}

/** Finds the Release, decides what to change, changes it, and reports it. Retries on conflicts. */
export async function patchRelease(
  flags: ClusterFlags,
  name: string | undefined,
  decide: (release: Release) => ReleasePatch,
): Promise<void> {
  await withSession(flags, async (session) => {
    for (let tries = 1; ; tries++) {
      try {
        sayProse(await attempt(session, name, decide));
        return;
      } catch (error) {
        const conflict = error instanceof SluiceError && error.code === 'KUBERNETES_CONFLICT';
        if (!conflict || tries >= TRIES) throw error;
      }
    }
  });
}

/** The operation that sets a field of the spec, whether it exists or not. */
export function setSpec(field: string, value: unknown): object {
  return { op: 'add', path: `/spec/${field}`, value };
}

/** An entry for a reason, if given. */
export function because(reason: string | undefined): { reason?: string } {
  return reason === undefined ? {} : { reason };
}
