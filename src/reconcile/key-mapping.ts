import type { KubeObject } from '../api/meta.ts';
import { ownsFields } from '../api/owned-fields.ts';
import type { ReleaseStatus } from '../api/release.ts';
import { canonical } from '../api/values/canonical.ts';
import type { Kind, Store, StoreChange } from '../ports/cluster.ts';
import { isFinal } from '../release/machine.ts';
import { foreignServices } from '../traffic/istio/foreign.ts';
import { rememberedHomes } from '../traffic/istio/rule.ts';
import { natureOf } from '../traffic/istio/split.ts';
import { GATE, LEFT, OPT_IN } from '../workload/workload.ts';
import { keyOf } from './key.ts';

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

/** Whether a Deployment is looked after though no Rollout names it: it is annotated, or still has fields of ours. */
export function isNoted(object: KubeObject): boolean {
  const { annotations = {} } = object.metadata;
  return (
    (annotations[OPT_IN] ?? annotations[LEFT]) !== undefined ||
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

interface RoutesSpec {
  readonly http?: readonly { readonly route?: readonly Record<string, unknown>[] }[];
}

/** Everything of a VirtualService but how its routes share out requests. */
function withoutShares(object: KubeObject): string {
  const { http = [], ...rest } = specOf(object) as RoutesSpec;
  const routes = http.map((one) => ({ ...one, route: natureOf(one.route ?? []) }));
  const { labels, annotations, deletionTimestamp } = object.metadata;
  return canonical([rest, routes, labels, annotations, deletionTimestamp]);
}

/** Rollouts with a release that splits routes of a VirtualService beside the one that they name. */
function splitting(store: Store, namespace: string, virtualService: string): string[] {
  const rules = store.list('DestinationRule', namespace);
  return store.list('Release', namespace).flatMap((release) => {
    const { routes = [], phase = 'Pending' } = (release['status'] ?? {}) as Partial<ReleaseStatus>;
    if (isFinal(phase)) return [];
    const homes = [...routes.map((route) => route.virtualService), ...rememberedHomes(rules, release)];
    return homes.includes(virtualService) ? fromRelease(release) : [];
  });
}

/** Weights go up and down often: that concerns nobody but those who name the VirtualService, or split it. */
function fromShift(store: Store, { metadata: { namespace = '', name } }: KubeObject): string[] {
  const naming = store
    .list('Rollout', namespace)
    .filter((rollout) => {
      const { istio } = (specOf(rollout)['traffic'] ?? {}) as { istio?: { virtualService?: string } };
      return istio?.virtualService === name;
    })
    .map((rollout) => keyOf('rollout', namespace, rollout.metadata.name));
  return [...naming, ...splitting(store, namespace, name)];
}

/**
 * Routes and rules concern the Rollouts of their namespace, and those of the namespaces whose Services they name. A rule
 * for all Services would wake everybody, and is noticed with the next pass.
 */
function fromRouting(store: Store, object: KubeObject): string[] {
  const named = foreignServices(object).flatMap((key) => key.split('/').slice(0, -1));
  const namespaces = new Set([object.metadata.namespace ?? '', ...named]);
  return [...namespaces].flatMap((namespace) => allRollouts(store, namespace));
}

/** The keys that a change concerns: of what the object is, and of what it was, since a Rollout may have been given another workload. */
export function keysOfChange(
  store: Store,
  { kind, object, previous }: StoreChange,
  namespaces: () => Iterable<string>,
): ReadonlySet<string> {
  const isShift =
    kind === 'VirtualService' && previous !== null && withoutShares(previous) === withoutShares(object);
  if (isShift) return new Set(fromShift(store, object));
  const before = previous === null ? [] : keysOf(store, kind, previous, namespaces);
  return new Set([...before, ...keysOf(store, kind, object, namespaces)]);
}

/**
 * The keys that a changed object concerns. `namespaces` are all that may have a Rollout. Routes, Services and templates concern every Rollout of their
 * namespace (or of all): they change rarely, and a pass that finds nothing to do writes nothing.
 */
export function keysOf(
  store: Store,
  kind: Kind,
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
    case 'VirtualService':
    case 'DestinationRule':
      return fromRouting(store, object);
    case 'Service':
    case 'AnalysisTemplate':
      return allRollouts(store, namespace);
    case 'ClusterAnalysisTemplate':
      return [...namespaces()].flatMap((one) => allRollouts(store, one));
  }
}
