import type { Clock } from '../clock.ts';
import { type OptInDeps, passWorkload } from './opt-in.ts';
import { parseRollout } from './parse.ts';
import { passOrphans, passRollout } from './rollout-pass.ts';

/** What the reconciler needs. */
export interface ReconcilerDeps extends OptInDeps {
  readonly clock: Clock;
}

/** A key of the queue: the annotations of a Deployment, or a Rollout with its Releases. */
export function keyOf(kind: 'workload' | 'rollout', namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`;
}

async function handleRollout(
  deps: ReconcilerDeps,
  namespace: string,
  name: string,
): Promise<number | undefined> {
  const object = deps.store.get('Rollout', namespace, name);
  const now = deps.clock.now();
  if (object === null) return passOrphans(deps, namespace, name, now);
  const parsed = parseRollout(object);
  if ('value' in parsed) return passRollout(deps, parsed.value, now);
  deps.events.record(object, 'Warning', parsed.problem.reason, parsed.problem.message);
  deps.log.error({ rollout: `${namespace}/${name}`, ...parsed.problem }, 'rollout cannot be read');
  return undefined;
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
