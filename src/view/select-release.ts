import type { KubeObject } from '../api/meta.ts';
import type { Release } from '../api/release/release.ts';
import type { Rollout } from '../api/rollout/rollout.ts';
import { retryAsked, triedRevision } from '../release/rollout/tried.ts';
import { revisionOf } from '../workload/revision.ts';
import { observeDeployment } from '../workload/workload.ts';
import { isOver } from './place.ts';

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
