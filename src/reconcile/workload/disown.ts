import type { KubeObject } from '../../api/meta.ts';
import { disownPatch } from '../../api/owned-fields.ts';
import type { Release } from '../../api/release/release.ts';
import type { Writer } from '../../ports/cluster.ts';
import { isFinal } from '../../release/machine.ts';
import { parseRollout } from '../../release/parse.ts';
import { type RouteUserDeps, releaseUser, rolloutUser, uses } from '../route-users.ts';

/** What a running release writes to, and will own again. */
function inUse({ store, routers }: RouteUserDeps, namespace: string): (object: KubeObject) => boolean {
  const releases = store
    .list('Release', namespace)
    .filter((one) => !isFinal((one as Partial<Release>).status?.phase ?? 'Pending'));
  const workloads = new Set(releases.map((one) => (one as Partial<Release>).spec?.workload?.name));
  const users = releases.flatMap((release) => releaseUser(routers, release) ?? []);
  return (object) => {
    if (object.kind === 'Deployment') return workloads.has(object.metadata.name);
    return (
      users.some((user) => user.plan !== null && uses(store, user, object)) ||
      routers.all.some((router) => router.isSplit(object))
    );
  };
}

/** Whose pass it is: of a Rollout, or of a workload that has none; and the workload where it is known. */
export interface Disowner {
  readonly rollout?: string;
  readonly workload: string | undefined;
}

/** Whether the routes of an object are another Rollout's alone: its own pass releases them, and two passes would race. */
function isAnothers(
  deps: RouteUserDeps,
  namespace: string,
  rollout: string | undefined,
): (object: KubeObject) => boolean {
  const { store, routers } = deps;
  // A Rollout that cannot be read, or is being deleted, may not come to it.
  const rollouts = store
    .list('Rollout', namespace)
    .filter((one) => one.metadata.deletionTimestamp === undefined && 'value' in parseRollout(one, routers));
  const users = rollouts.flatMap((one) => {
    const user = rolloutUser(routers, one);
    return user === null ? [] : [{ name: one.metadata.name, user }];
  });
  return (object) => {
    const names = users.filter(({ user }) => uses(store, user, object)).map(({ name }) => name);
    return names.length > 0 && (rollout === undefined || !names.includes(rollout));
  };
}

/**
 * Releases ownership of fields of the user's objects once no release needs them. With server-side apply, a client that
 * changes a field owns it, and others cannot apply another value without force. As the values are the user's own again,
 * nobody owns them then, and the next client that applies them does.
 */
export async function disown(
  deps: RouteUserDeps & { readonly writer: Writer },
  namespace: string,
  { rollout, workload }: Disowner,
): Promise<void> {
  const { store, routers, writer } = deps;
  const deployment = workload === undefined ? null : store.get('Deployment', namespace, workload);
  const routed = routers.watches.filter(({ writes }) => writes === 'fields');
  const objects = [
    ...(deployment === null ? [] : [deployment]),
    ...routed.flatMap(({ kind }) => store.list(kind, namespace)),
  ];
  const written = objects.filter((object) => disownPatch(object).length > 0);
  if (written.length === 0) return;
  const isInUse = inUse(deps, namespace);
  const isLeft = isAnothers(deps, namespace, rollout);
  for (const object of written)
    if (!isInUse(object) && !isLeft(object)) await writer.patch(object, disownPatch(object));
}
