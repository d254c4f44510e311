import type { KubeObject } from '../../api/meta.ts';
import { approveFromGit } from '../../people/git-approval.ts';
import { parseRollout } from '../../release/parse.ts';
import { decideRollout } from '../../release/rollout/decide-rollout.ts';
import { currentRelease } from '../../release/rollout/new-release.ts';
import { earliest, type PassDeps } from '../pass-deps.ts';
import { releasesOf } from '../read/releases.ts';
import { passRelease } from '../release/pass.ts';
import { contain } from '../workload/containment.ts';
import { disown } from '../workload/disown.ts';
import { commitRollout } from './commit.ts';
import { freeFinished, withFinalizer } from './finalizers.ts';
import { leaveStable, passDeleted } from './gone.ts';
import { learn } from './learn.ts';
import { observeRollout } from './observe.ts';
import { refuse } from './tell.ts';

/** One pass over a Rollout: its current Release first, then everything around it. Returns when to run again. */
export async function passRollout(
  deps: PassDeps,
  rollout: KubeObject,
  now: number,
): Promise<number | undefined> {
  const { namespace = '', name, deletionTimestamp } = rollout.metadata;
  const current = currentRelease(releasesOf(deps, namespace, name).readable);
  const wakeAt = current === null ? undefined : await passRelease(deps, rollout, current, now);
  if (current !== null) {
    const workload = deps.store.get('Deployment', namespace, current.spec.workload.name);
    await approveFromGit(deps, current, [rollout, workload]);
  }
  if (deletionTimestamp !== undefined) {
    await leaveStable(deps, rollout, now);
    return earliest(wakeAt, await passDeleted(deps, rollout, now));
  }
  const parsed = parseRollout(await withFinalizer(deps, rollout), deps.routers);
  if ('problem' in parsed) {
    await refuse(deps, rollout, parsed.problem, now);
    return wakeAt;
  }
  const known = observeRollout(deps, parsed.value, now);
  const { learnt, dueAt: learnsAt } = learn(deps, known);
  const traced = { ...known, traced: deps.tracing.isOn };
  const observation = learnt === undefined ? traced : { ...traced, learnt };
  const first = decideRollout(observation);
  const { refused, againAt: containAt } = await contain(deps, observation, first.containment);
  const decision = refused === null ? first : decideRollout({ ...observation, refused });
  const dueAt = await commitRollout(deps, observation, decision);
  const againAt = await freeFinished(deps, observation.releases, now);
  await disown(deps, namespace, { rollout: name, workload: observation.rollout.spec.target.name });
  return earliest(wakeAt, dueAt, againAt, containAt, learnsAt);
}
