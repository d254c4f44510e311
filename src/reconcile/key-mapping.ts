import type { KubeObject } from '../api/meta.ts';
import { ownsFields } from '../api/owned-fields.ts';
import type { CoreKind, Kind, Store, StoreChange } from '../ports/cluster.ts';
import type { WatchedKind } from '../traffic/declaration.ts';
import { GATE, LEFT_MARK, OPT_IN } from '../workload/workload.ts';
import { keyOf } from './key.ts';
import { deploymentReaders, type RouteUserDeps, releaseUser, rolloutUser, uses } from './route-users.ts';

function specOf(object: KubeObject): Record<string, unknown> {
  return (object['spec'] ?? {}) as Record<string, unknown>;
}

function targetsOf(store: Store, namespace: string, workload: string): string[] {
  return store
    .list('Rollout', namespace)
    .filter((rollout) => (specOf(rollout)['target'] as { name?: string } | undefined)?.name === workload)
    .map((rollout) => keyOf('rollout', namespace, rollout.metadata.name));
}

function ownerNames(object: KubeObject, kind: string): string[] {
  return (object.metadata.ownerReferences ?? [])
    .filter((owner) => owner.kind === kind)
    .map((owner) => owner.name);
}

function fromReplicaSet(store: Store, object: KubeObject): string[] {
  const namespace = object.metadata.namespace ?? '';
  const viaRelease = ownerNames(object, 'Release').flatMap((name) => {
    const release = store.get('Release', namespace, name);
    return release === null ? [] : fromRelease(release);
  });
  return [
    ...viaRelease,
    ...ownerNames(object, 'Deployment').flatMap((name) => targetsOf(store, namespace, name)),
  ];
}

function fromRelease(object: KubeObject): string[] {
  const rollout = specOf(object)['rollout'];
  return typeof rollout === 'string' ? [keyOf('rollout', object.metadata.namespace ?? '', rollout)] : [];
}

/** Whether a Deployment is reconciled although no Rollout names it: it is annotated, or still has fields of ours. */
export function isNoted(object: KubeObject): boolean {
  const { annotations = {} } = object.metadata;
  return (
    (annotations[OPT_IN] ?? annotations[LEFT_MARK]) !== undefined ||
    (annotations[GATE] === undefined && ownsFields(object))
  );
}

function fromDeployment(store: Store, object: KubeObject): string[] {
  const { namespace = '', name, annotations } = object.metadata;
  const annotated = isNoted(object) || store.get('Rollout', namespace, name) !== null;
  const gate = annotations?.[GATE];
  return [
    ...new Set([
      ...(annotated ? [keyOf('workload', namespace, name)] : []),
      ...(gate === undefined ? [] : [keyOf('rollout', namespace, gate)]),
      ...targetsOf(store, namespace, name),
    ]),
  ];
}

function allRollouts(store: Store, namespace: string): string[] {
  return store
    .list('Rollout', namespace)
    .map((rollout) => keyOf('rollout', namespace, rollout.metadata.name));
}

/** A change of weights only concerns those who use the object. */
function fromShift({ store, routers }: RouteUserDeps, object: KubeObject): string[] {
  const { namespace = '' } = object.metadata;
  const isUser = (user: ReturnType<typeof rolloutUser>): boolean =>
    user !== null && uses(store, user, object);
  const naming = store.list('Rollout', namespace).filter((rollout) => isUser(rolloutUser(routers, rollout)));
  const splitting = store
    .list('Release', namespace)
    .filter((release) => isUser(releaseUser(routers, release)));
  return [
    ...naming.map(({ metadata }) => keyOf('rollout', namespace, metadata.name)),
    ...splitting.flatMap(fromRelease),
  ];
}

/**
 * An object of a router concerns the Rollouts of its namespace, and those of the namespaces whose Services it names. An
 * object for all Services would wake everybody, so it is noticed in the next pass.
 */
function fromRouting(store: Store, { foreignServices }: WatchedKind, object: KubeObject): string[] {
  const named = (foreignServices?.(object) ?? []).flatMap((key) => key.split('/').slice(0, -1));
  const namespaces = new Set([object.metadata.namespace ?? '', ...named]);
  return [...namespaces].flatMap((namespace) => allRollouts(store, namespace));
}

/** Dependencies of mapping a change to keys. */
export interface KeyDeps extends RouteUserDeps {
  /** All namespaces that may have a Rollout. */
  readonly namespaces: () => Iterable<string>;
}

/** The keys that a change concerns: by the new and the old object, since a Rollout may have changed its workload. */
export function keysOfChange(deps: KeyDeps, { kind, object, previous }: StoreChange): ReadonlySet<string> {
  const watching = deps.routers.all.filter(({ watches }) => watches.some((watch) => watch.kind === kind));
  const isShift =
    previous !== null && watching.length > 0 && watching.every((router) => router.isShift(previous, object));
  if (isShift) return new Set(fromShift(deps, object));
  const before = previous === null ? [] : keysOf(deps, kind, previous);
  return new Set([...before, ...keysOf(deps, kind, object)]);
}

/**
 * The keys that a changed object concerns. Routes, Services and templates concern every Rollout of their namespace (or of
 * all): they change rarely, and a pass that finds nothing to do writes nothing.
 */
function keysOf(deps: KeyDeps, kind: Kind, object: KubeObject): string[] {
  const { store, routers, namespaces } = deps;
  const routing = routers.watches.filter((watch) => watch.kind === kind);
  return [
    ...routing.flatMap((watch) => fromRouting(store, watch, object)),
    ...(kind === 'Deployment' ? deploymentReaders(deps, object) : []).map(({ metadata }) =>
      keyOf('rollout', metadata.namespace ?? '', metadata.name),
    ),
    ...(isCore(kind) ? keysOfCore(store, kind, object, namespaces) : []),
  ];
}

const CORE: Readonly<Record<CoreKind, true>> = {
  Rollout: true,
  Release: true,
  AnalysisTemplate: true,
  ClusterAnalysisTemplate: true,
  Deployment: true,
  ReplicaSet: true,
  Service: true,
};

const isCore = (kind: Kind): kind is CoreKind => kind in CORE;

/** The keys of an object of a kind that is read with any router. */
export function keysOfCore(
  store: Store,
  kind: CoreKind,
  object: KubeObject,
  namespaces: () => Iterable<string>,
): string[] {
  const { namespace = '', name } = object.metadata;
  switch (kind) {
    case 'Rollout':
      return [
        keyOf('rollout', namespace, name),
        ...ownerNames(object, 'Deployment').map((owner) => keyOf('workload', namespace, owner)),
      ];
    case 'Release':
      return fromRelease(object);
    case 'Deployment':
      return fromDeployment(store, object);
    case 'ReplicaSet':
      return fromReplicaSet(store, object);
    case 'Service':
    case 'AnalysisTemplate':
      return allRollouts(store, namespace);
    case 'ClusterAnalysisTemplate':
      return [...namespaces()].flatMap((one) => allRollouts(store, one));
  }
}
