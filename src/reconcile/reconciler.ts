import type { Clock } from '../clock.ts';
import { type OptInDeps, passWorkload } from './opt-in.ts';
import { reportingRefusal } from './report-refused-write.ts';
import { passOrphans, passRollout } from './rollout-pass.ts';
import { ungateStrays } from './ungate.ts';

/** What the reconciler needs. */
export interface ReconcilerDeps extends OptInDeps {
  readonly clock: Clock;
}

async function handleRollout(
  deps: ReconcilerDeps,
  namespace: string,
  name: string,
): Promise<number | undefined> {
  const rollout = deps.store.get('Rollout', namespace, name);
  const now = deps.clock.now();
  if (rollout === null) return passOrphans(deps, namespace, name, now);
  return reportingRefusal(deps, rollout, now, async () => {
    const wakeAt = await passRollout(deps, rollout, now);
    await ungateStrays(deps, rollout, now);
    return wakeAt;
  });
}

/** Handles one key: `observe → decide → commit`, level-triggered, the same at any time. Throws only on I/O. */
export async function reconcile(deps: ReconcilerDeps, key: string): Promise<{ wakeAt?: number }> {
  const [kind, namespace = '', name = ''] = key.split('/');
  if (kind === 'workload') {
    const deployment = deps.store.get('Deployment', namespace, name);
    if (deployment !== null) await passWorkload(deps, deployment, deps.clock.now());
    return {};
  }
  const wakeAt = await handleRollout(deps, namespace, name);
  return wakeAt === undefined ? {} : { wakeAt };
}
