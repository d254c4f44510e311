import type { KubeObject } from '../api/meta.ts';
import type { Clock } from '../clock.ts';
import type { Reader } from '../ports/cluster.ts';
import { GATE } from '../workload/workload.ts';
import { catchUp } from './catch-up.ts';
import { releasesOf } from './read/releases.ts';
import { reportingRefusal } from './report-refused-write.ts';
import { passOrphans } from './rollout/gone.ts';
import { passRollout } from './rollout/pass.ts';
import { type OptInDeps, passWorkload } from './workload/opt-in.ts';
import { ungateStrays } from './workload/ungate.ts';

/** Dependencies of the reconciler. */
export interface ReconcilerDeps extends OptInDeps {
  readonly reader: Reader;
  readonly clock: Clock;
}

/** The Deployment of a deleted Rollout, which gets the events instead. */
function workloadOf(
  { store, routers }: ReconcilerDeps,
  namespace: string,
  rollout: string,
): KubeObject | null {
  const workload = releasesOf({ store, routers }, namespace, rollout).readable.at(-1)?.spec.workload.name;
  const isIts = ({ metadata }: KubeObject): boolean =>
    metadata.name === workload || metadata.annotations?.[GATE] === rollout;
  return store.list('Deployment', namespace).find(isIts) ?? null;
}

async function handleWorkload(
  deps: ReconcilerDeps,
  namespace: string,
  name: string,
): Promise<number | undefined> {
  const deployment = deps.store.get('Deployment', namespace, name);
  if (deployment === null) return undefined;
  const now = deps.clock.now();
  return reportingRefusal(deps, deployment, now, async () => {
    await passWorkload(deps, deployment, now);
    return undefined;
  });
}

async function handleRollout(
  deps: ReconcilerDeps,
  namespace: string,
  name: string,
): Promise<number | undefined> {
  await catchUp(deps, namespace, name);
  const rollout = deps.store.get('Rollout', namespace, name);
  const now = deps.clock.now();
  if (rollout === null)
    return reportingRefusal(deps, workloadOf(deps, namespace, name), now, () =>
      passOrphans(deps, namespace, name, now),
    );
  return reportingRefusal(deps, rollout, now, async () => {
    const wakeAt = await passRollout(deps, rollout, now);
    await ungateStrays(deps, rollout, now);
    return wakeAt;
  });
}

/** Handles one key: `observe → decide → commit`, level-triggered, the same at any time. Throws only I/O errors. */
export async function reconcile(deps: ReconcilerDeps, key: string): Promise<{ wakeAt?: number }> {
  const [kind, namespace = '', name = ''] = key.split('/');
  const handle = kind === 'workload' ? handleWorkload : handleRollout;
  const wakeAt = await handle(deps, namespace, name);
  return wakeAt === undefined ? {} : { wakeAt };
}
