import type { Release } from '../api/release/release.ts';
import { durationText } from '../view/duration-text.ts';
import { isOver } from '../view/place.ts';
import { Refusal } from './refusal.ts';

/** A change of a Release by a person, or why there is nothing to change. */
export type ReleasePatch =
  | { readonly patch: readonly object[]; readonly said: (after: Release) => string }
  | { readonly already: string };

/** Refuses to act on an ended release, with the alternative. */
export function refuseOver(release: Release, verb: string, now: number): void {
  if (!isOver(release)) return;
  const { phase, finishedAt, message } = release.status ?? {};
  const ago = durationText(now - Date.parse(finishedAt ?? ''));
  const next =
    phase === 'Promoted'
      ? ['it serves now; to go back, push the version before it as a new release']
      : [`to try the same version again: sluice retry ${release.spec.rollout}`];
  throw new Refusal(
    `Release ${release.metadata.name} ended ${ago} ago (${phase}): there is nothing to ${verb}`,
    message === undefined ? next : [`it ended because: ${message}`, ...next],
  );
}

/** The operation that sets a field of the spec, whether it exists or not. */
export function setSpec(field: string, value: unknown): object {
  return { op: 'add', path: `/spec/${field}`, value };
}

/** An entry for a reason, if given. */
export function because(reason: string | undefined): { reason?: string } {
  return reason === undefined ? {} : { reason };
}
