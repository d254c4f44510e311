import type { KubeObject } from '../../api/meta.ts';
import { parseRollout } from '../../release/parse.ts';
import { decideRollout } from '../../release/rollout/decide-rollout.ts';
import { currentRelease } from '../../release/rollout/new-release.ts';
import { earliest, type PassDeps } from '../pass-deps.ts';
import { releasesOf } from '../read/releases.ts';
import { passRelease } from '../release/pass.ts';
import { contain } from '../workload/containment.ts';
import { disown } from '../workload/disown.ts';
import { finishRollout, ungateWorkloads } from '../workload/ungate.ts';
import { commitLeftovers } from './commit.ts';
import { freeFinished } from './finalizers.ts';
import { observeRollout } from './observe.ts';
import { refuse } from './tell.ts';

/** Undoes what a deleted Rollout holds, and removes its finalizer. Returns when to run again. */
export async function passDeleted(
  deps: PassDeps,
  rollout: KubeObject,
  now: number,
): Promise<number | undefined> {
  const { namespace = '', name } = rollout.metadata;
  const { readable, unreadable } = releasesOf(deps, namespace, name);
  const againAt = await freeFinished(deps, readable, now);
  if (unreadable !== null) await refuse(deps, rollout, unreadable, now);
  if (currentRelease(readable) !== null || unreadable !== null) return againAt;
  const parsed = parseRollout(rollout, deps.routers);
  if ('value' in parsed) {
    const observation = observeRollout(deps, parsed.value, now);
    const clearedAt = await commitLeftovers(deps, observation);
    if (clearedAt !== undefined) return earliest(againAt, clearedAt);
  }
  await ungateWorkloads(deps, namespace, { name, object: rollout }, now);
  const { target } = (rollout['spec'] ?? {}) as { target?: { name?: string } };
  await disown(deps, namespace, { rollout: name, workload: target?.name });
  deps.telemetry.forget(namespace, name);
  await finishRollout(deps, rollout);
  return againAt;
}

/** A Deployment that loses its Rollout while it is held keeps stable serving. */
export async function leaveStable(deps: PassDeps, rollout: KubeObject, now: number): Promise<void> {
  const parsed = parseRollout(rollout, deps.routers);
  if ('problem' in parsed) return;
  const observation = observeRollout(deps, parsed.value, now);
  await contain(deps, observation, decideRollout(observation).containment);
}

/** Releases and Deployments whose Rollout vanished without its finalizer are still cleaned up in order. */
export async function passOrphans(
  deps: PassDeps,
  namespace: string,
  rollout: string,
  now: number,
): Promise<number | undefined> {
  const { readable, unreadable } = releasesOf(deps, namespace, rollout);
  const current = currentRelease(readable);
  if (current !== null) return passRelease(deps, null, current, now);
  const againAt = await freeFinished(deps, readable, now);
  if (unreadable === null) await ungateWorkloads(deps, namespace, { name: rollout, object: null }, now);
  await disown(deps, namespace, { rollout, workload: readable.at(-1)?.spec.workload.name });
  return againAt;
}
