import { perObject } from '../api/memo.ts';
import type { KubeObject } from '../api/meta.ts';
import type { Problem } from '../api/problem.ts';
import type { Release, ReleaseStatus } from '../api/release.ts';
import type { Store } from '../ports/cluster.ts';
import { type Claim, overBudget } from '../release/canary/budget.ts';
import type { Observation } from '../release/observed.ts';
import { parseRelease } from '../release/parse.ts';
import { workloadProblem } from '../release/rollout/preflight.ts';
import { isAside } from '../release/rollout/set-aside.ts';
import { initialStatus } from '../release/status/apply-transition.ts';
import { ANY_SERVICE, serviceKey } from '../traffic/istio/foreign.ts';
import type { RouteGoal, RouteObjects, RoutePlan, Router, RouteState } from '../traffic/router.ts';
import { isDetached } from '../workload/handover.ts';
import { revisionOf } from '../workload/revision.ts';
import {
  type ObservedDeployment,
  type ObservedReplicaSet,
  observeDeployment,
  observeReplicaSet,
} from '../workload/workload.ts';
import { podNamesAlike } from './pod-names.ts';
import { deploymentBeside, sharedService } from './shared-service.ts';

/** What reading needs. */
export interface ObserveDeps {
  readonly store: Store;
  readonly router: Router;
  /** Namespace in which Istio looks for mesh-wide DestinationRules. */
  readonly rootNamespace: string;
}

/** What reading a release needs beyond that. */
export interface ReleaseObserveDeps extends ObserveDeps {
  /** Longest time over which istiod gathers changes into one push, milliseconds. */
  readonly istiodDebounceMax: number;
}

/** What a pass over a release saw. It is written by these very objects, so that a pass that was overtaken loses. */
export interface Observed {
  readonly seen: Observation;
  readonly objects: RouteObjects;
  /** The routes as planned, while Pending, where nothing but the metrics remains to be checked. */
  readonly planned: RoutePlan | null;
}

const readDeployment = perObject((object) => observeDeployment(object, revisionOf));
const readReplicaSet = perObject((object) => observeReplicaSet(object, revisionOf));

/** The workload of a namespace by name. */
export function seeDeployment(store: Store, namespace: string, name: string): ObservedDeployment | null {
  const object = store.get('Deployment', namespace, name);
  return object === null ? null : readDeployment(object);
}

/** All ReplicaSets of a namespace. */
export function seeReplicaSets(store: Store, namespace: string): readonly ObservedReplicaSet[] {
  return store.list('ReplicaSet', namespace).map(readReplicaSet);
}

/** Objects of other namespaces that name a Service of this one. The mesh-wide rules are no such ones. */
function elsewhere(
  { store, rootNamespace }: ObserveDeps,
  namespace: string,
): Required<RouteObjects>['elsewhere'] {
  const services = store.list('Service', namespace);
  const keys = services.map(({ metadata: { name } }) => serviceKey({ namespace, name }));
  const naming = (kind: 'VirtualService' | 'DestinationRule', more: readonly string[]): KubeObject[] => {
    const found = [...keys, ...more].flatMap((key) => store.naming?.(kind, key) ?? []);
    return [...new Set(found)].filter(({ metadata }) => metadata.namespace !== namespace);
  };
  return {
    virtualServices: naming('VirtualService', []),
    destinationRules: naming('DestinationRule', [ANY_SERVICE]).filter(
      ({ metadata }) => metadata.namespace !== rootNamespace,
    ),
  };
}

/** The objects that the router decides from, for the pods of a Deployment. */
export function routeObjects(deps: ObserveDeps, namespace: string, deployment: string): RouteObjects {
  const { store, rootNamespace } = deps;
  const root = namespace === rootNamespace ? [] : store.list('DestinationRule', rootNamespace);
  return {
    namespace,
    services: store.list('Service', namespace),
    virtualServices: store.list('VirtualService', namespace),
    destinationRules: [...store.list('DestinationRule', namespace), ...root],
    elsewhere: elsewhere(deps, namespace),
    sharedWith: (service) => deploymentBeside(store, namespace, deployment, service),
  };
}

/** The plan that was recorded when the release left Pending. */
export function recordedPlan({
  service,
  moreServices,
  routes,
  routeObjects: own,
}: Partial<ReleaseStatus>): RoutePlan | null {
  if (service === undefined || routes === undefined) return null;
  const more = moreServices === undefined ? {} : { moreServices };
  return { service, ...more, originals: routes, ...(own === undefined ? {} : { own }) };
}

function policyGone(
  rollout: KubeObject | null,
  release: Release,
  deployment: ObservedDeployment | null,
): Problem | null {
  if (deployment?.optedOut === true) {
    return {
      reason: 'OptedOut',
      message: `Deployment ${deployment.name} has the annotation sluice.dev/rollout=off`,
    };
  }
  if (rollout === null || rollout.metadata.deletionTimestamp !== undefined) {
    return { reason: 'RolloutDeleted', message: `Rollout ${release.spec.rollout} has been deleted` };
  }
  if (release.metadata.deletionTimestamp !== undefined) {
    return { reason: 'ReleaseDeleted', message: `Release ${release.metadata.name} has been deleted` };
  }
  return null;
}

/** Labels of the pods of a template. */
export function podLabels({ template }: ObservedDeployment): Readonly<Record<string, string>> {
  const metadata = template['metadata'] as { labels?: Record<string, string> } | undefined;
  return metadata?.labels ?? {};
}

type Preflight = Observation['preflight'];

/** What can be told of a start without asking the metrics. */
function preflight(
  { router, store }: ObserveDeps,
  release: Release,
  deployment: ObservedDeployment | null,
  objects: RouteObjects,
): Preflight {
  if ((release.status ?? initialStatus(release)).phase !== 'Pending' || deployment === null) return null;
  const problem = workloadProblem(deployment, release.spec.policy);
  if (problem !== null) return { problem };
  const routes = router.preflight(objects, release.spec.policy.traffic, podLabels(deployment), release);
  if ('problem' in routes) return routes;
  const shared = sharedService(store, objects.namespace, deployment.name, routes.plan.service);
  if (shared !== null) return { problem: shared };
  const sets = seeReplicaSets(store, objects.namespace);
  const alike = podNamesAlike(sets, release.spec.stable.replicaSet, release.spec.metrics);
  return alike === null ? routes : { problem: alike };
}

function isTwin(one: ObservedReplicaSet, release: Release, deployment: ObservedDeployment | null): boolean {
  return (
    deployment !== null &&
    (one.ownerUid === deployment.uid || isAside(one, deployment)) &&
    one.revision === release.spec.revision &&
    one.name !== release.spec.canary.replicaSet &&
    one.replicas === 0
  );
}

/** Whether the budget has room, asked only while there are no pods yet. */
function shortageOf(store: Store, release: Release, deployment: ObservedDeployment | null): Problem | null {
  const { phase = 'Pending', stage } = release.status ?? {};
  const { namespace = '', uid } = release.metadata;
  const waits = phase === 'Pending' || (phase === 'Starting' && stage === 'Routing');
  if (!waits || deployment === null || release.spec.policy.canary.budget === undefined) return null;
  const others = store.list('Release', namespace).flatMap((object): Claim[] => {
    const parsed = object.metadata.uid === uid ? null : parseRelease(object);
    if (parsed === null || !('value' in parsed)) return [];
    const workload = seeDeployment(store, namespace, parsed.value.spec.workload.name);
    return workload === null ? [] : [{ release: parsed.value, deployment: workload }];
  });
  return overBudget({ release, deployment }, others);
}

/** Asked only where it matters: before the first weight. */
function isBypassed(
  { router }: ObserveDeps,
  release: Release,
  deployment: ObservedDeployment | null,
  objects: RouteObjects,
): boolean {
  const { status, spec } = release;
  const plan = recordedPlan(status ?? {});
  if (status?.phase !== 'Starting' || plan === null || deployment === null) return false;
  return router.isBypassed(objects, spec.policy.traffic, plan, podLabels(deployment), release);
}

/** Reads everything, metrics aside, that a pass over a release is decided from. From memory: it waits for nothing. */
export function observe(
  deps: ReleaseObserveDeps,
  rollout: KubeObject | null,
  release: Release,
  now: number,
): Observed {
  const namespace = release.metadata.namespace ?? '';
  const deployment = seeDeployment(deps.store, namespace, release.spec.workload.name);
  const sets = seeReplicaSets(deps.store, namespace);
  const { canary, stable, policy } = release.spec;
  const objects = routeObjects(deps, namespace, release.spec.workload.name);
  const found = preflight(deps, release, deployment, objects);
  const planned = found !== null && 'plan' in found ? found.plan : null;
  const plan = recordedPlan(release.status ?? {}) ?? planned;
  const versions = { stable: stable.podTemplateHash, canary: canary.podTemplateHash };
  const routeState = (goal: RouteGoal): RouteState | null =>
    plan === null ? null : deps.router.compare(objects, policy.traffic, plan, versions, goal, release);
  const isCanary = (one: ObservedReplicaSet): boolean =>
    one.name === canary.replicaSet && (isDetached(one, release) || one.ownerUid === deployment?.uid);
  const seen: Observation = {
    now,
    debounceMaxMs: deps.istiodDebounceMax,
    release,
    policyGone: policyGone(rollout, release, deployment),
    deployment,
    canary: sets.find(isCanary) ?? null,
    stable: sets.find((one) => one.name === stable.replicaSet) ?? null,
    twins: sets.filter((one) => isTwin(one, release, deployment)),
    stableRevision: revisionOf(stable.template),
    routeState,
    routeObjects: plan === null ? [] : deps.router.own(objects, plan, release),
    ...(plan === null || deployment === null
      ? {}
      : { warnings: deps.router.warnings(objects, policy.traffic, plan, podLabels(deployment), release) }),
    isBypassed: isBypassed(deps, release, deployment, objects),
    preflight: planned === null ? found : null,
    shortage: shortageOf(deps.store, release, deployment),
    window: null,
  };
  return { seen, objects, planned };
}
