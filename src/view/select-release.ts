import type { KubeObject } from '../api/meta.ts';
import type { Release } from '../api/release/release.ts';
import type { Rollout } from '../api/rollout/rollout.ts';
import { retryAsked, triedRevision } from '../release/rollout/tried.ts';
import { revisionOf } from '../workload/revision.ts';
import { observeDeployment } from '../workload/workload.ts';
import { isOver } from './place.ts';
import type { ViewInput } from './view-input.ts';

/**
 * The release to show for a workload: the running one, the one about to begin (the change is held and not reconciled
 * yet), or the last one; `none` if no change was ever released.
 */
export type Selection =
  | { readonly kind: 'release'; readonly release: Release }
  | { readonly kind: 'coming'; readonly revision: string }
  | { readonly kind: 'none'; readonly last: Release | null };

/** The subject of a Rollout; `releases` are its own, oldest first. */
export function selectRelease(
  rollout: Rollout,
  releases: readonly Release[],
  deployment: KubeObject | null,
): Selection {
  const current = releases.find((one) => !isOver(one));
  if (current !== undefined) return { kind: 'release', release: current };
  const last = releases.at(-1) ?? null;
  if (deployment === null) return last === null ? { kind: 'none', last } : { kind: 'release', release: last };
  const workload = observeDeployment(deployment, revisionOf);
  const { held, revision } = workload;
  const seen = { rollout, releases };
  const isTried = triedRevision(seen, workload, null) === revision;
  if (held && (!isTried || retryAsked(seen))) return { kind: 'coming', revision };
  return last?.spec.revision === revision ? { kind: 'release', release: last } : { kind: 'none', last };
}

const ageKey = ({ metadata, status }: Release): string =>
  `${metadata.creationTimestamp ?? ''} ${status?.startedAt ?? ''} ${metadata.name}`;

/** Older first; of the same second, by name. */
export function oldestFirst(releases: readonly Release[]): readonly Release[] {
  return releases.toSorted((a, b) => (ageKey(a) < ageKey(b) ? -1 : 1));
}

/** What a person asks to see: a Release by name, or the current one of a Rollout. */
export interface Subject {
  readonly rollout: Rollout | null;
  /** The named Release; null for the Rollout's own choice. */
  readonly named: Release | null;
  /** Those of the Rollout, oldest first. */
  readonly releases: readonly Release[];
  readonly deployment: KubeObject | null;
}

/** The release to show: the named one, else the Rollout's. */
export function shownOf({ rollout, named, releases, deployment }: Subject): Selection {
  if (named !== null) return { kind: 'release', release: named };
  return rollout === null ? { kind: 'none', last: null } : selectRelease(rollout, releases, deployment);
}

/** The part of a selection from which a view is made. */
export function partOf(selected: Selection): Pick<ViewInput, 'release' | 'coming'> {
  if (selected.kind === 'release') return { release: selected.release };
  return selected.kind === 'coming' ? { coming: selected.revision } : {};
}
