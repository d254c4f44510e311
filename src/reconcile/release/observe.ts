import type { KubeObject } from '../../api/meta.ts';
import type { Release, ReleaseStatus } from '../../api/release/release.ts';
import type { Store } from '../../ports/cluster.ts';
import { type Claim, overBudget } from '../../release/canary/budget.ts';
import type { Observation } from '../../release/observed.ts';
import { parseRelease } from '../../release/parse.ts';
import type { Problem } from '../../release/reasons/catalogue.ts';
import { workloadProblem } from '../../release/rollout/preflight.ts';
import { isAside } from '../../release/rollout/set-aside.ts';
import { stageOf } from '../../release/stages/table.ts';
import { initialStatus } from '../../release/status/apply-transition.ts';
import type { RouteContext, RouteOwner, RoutePlan, RouteRequest } from '../../traffic/context.ts';
import type { Router } from '../../traffic/router.ts';
import { isDetached } from '../../workload/handover.ts';
import { revisionOf } from '../../workload/revision.ts';
import type { ObservedDeployment, ObservedReplicaSet } from '../../workload/workload.ts';
import { podNamesAlike } from '../read/pod-names.ts';
import { checkRoutes } from '../read/preflight.ts';
import { type RouteDeps, type RouterRequest, routeRequest } from '../read/route-request.ts';
import { deploymentOf, replicaSetsOf } from '../read/workloads.ts';

/** What a pass over a release begins with. Writes are guarded by the very objects in it, so a pass that was overtaken loses. */
export interface Observed {
  readonly observation: Observation;
  /** The object that the policy names. */
  readonly router: Router;
}

/** The plan that was recorded when the release left Pending. */
export function recordedPlan({ service, plan, routeObjects: own }: Partial<ReleaseStatus>): RoutePlan | null {
  if (service === undefined || plan === undefined) return null;
  return { service, data: plan.data, ...(own === undefined ? {} : { own }) };
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

type Preflight = Observation['preflight'];

/** The preflight without the metrics. */
function preflight(
  { store }: RouteDeps,
  release: Release,
  deployment: ObservedDeployment | null,
  asked: RouterRequest<RouteOwner>,
): Preflight {
  if ((release.status ?? initialStatus(release)).phase !== 'Pending' || deployment === null) return null;
  const problem = workloadProblem(deployment, release.spec);
  if (problem !== null) return { problem };
  const routes = checkRoutes(asked);
  if (routes.plan === null) return { problem: routes.problem };
  if (routes.problem !== null) return { problem: routes.problem };
  const sets = replicaSetsOf(store, asked.request.objects.namespace);
  const alike = podNamesAlike(sets, release.spec.stable.replicaSet, release.spec.metrics);
  return alike === null ? { plan: routes.plan } : { problem: alike };
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

/** Whether the budget has room, checked only while there are no pods yet. */
function shortageOf(store: Store, release: Release, deployment: ObservedDeployment | null): Problem | null {
  const { claimsBudget } = stageOf(release.status ?? initialStatus(release));
  const { namespace = '', uid } = release.metadata;
  if (!claimsBudget || deployment === null || release.spec.policy.canary.budget === undefined) return null;
  const others = store.list('Release', namespace).flatMap((object): Claim[] => {
    const parsed = object.metadata.uid === uid ? null : parseRelease(object);
    if (parsed === null || !('value' in parsed)) return [];
    const workload = deploymentOf(store, namespace, parsed.value.spec.workload.name);
    return workload === null ? [] : [{ release: parsed.value, deployment: workload }];
  });
  return overBudget({ release, deployment }, others);
}

/** The router's input, with the recorded or current plan; null before there is one. */
function routesOf(request: RouteRequest, release: Release, planned: RoutePlan | null): RouteContext | null {
  const plan = recordedPlan(release.status ?? {}) ?? planned;
  const { stable, canary } = release.spec;
  const versions = { stable: stable.podTemplateHash, canary: canary.podTemplateHash };
  return plan === null ? null : { ...request, plan, versions };
}

type RouteFacts = Pick<Observation, 'routes' | 'routeObjects' | 'warnings' | 'isBypassed'>;

/**
 * What the router reports about the routes, for any goal. Requests that bypass the split matter before the first
 * weight.
 */
function routeFacts(
  router: Router,
  routes: RouteContext | null,
  release: Release,
  deployment: ObservedDeployment | null,
): RouteFacts {
  if (routes === null) return { routes, routeObjects: [], isBypassed: false };
  return {
    routes,
    routeObjects: router.own(routes),
    isBypassed: release.status?.phase === 'Starting' && deployment !== null && router.isBypassed(routes),
    ...(deployment === null ? {} : { warnings: router.warnings(routes) }),
  };
}

/** Reads everything, except metrics, that a pass over a release is decided from. From memory: it waits for nothing. */
export function observe(
  deps: RouteDeps,
  rollout: KubeObject | null,
  release: Release,
  now: number,
): Observed {
  const namespace = release.metadata.namespace ?? '';
  const deployment = deploymentOf(deps.store, namespace, release.spec.workload.name);
  const sets = replicaSetsOf(deps.store, namespace);
  const { canary, stable, policy } = release.spec;
  const asked = routeRequest(deps, { namespace, deployment, traffic: policy.traffic, owner: release });
  const { router, request } = asked;
  const found = preflight(deps, release, deployment, asked);
  const planned = found !== null && 'plan' in found ? found.plan : null;
  const isCanary = (one: ObservedReplicaSet): boolean =>
    one.name === canary.replicaSet && (isDetached(one, release) || one.ownerUid === deployment?.uid);
  const observation: Observation = {
    now,
    gatherMs: router.propagation(deps.settings).gatherMs,
    release,
    policyGone: policyGone(rollout, release, deployment),
    deployment,
    canary: sets.find(isCanary) ?? null,
    stable: sets.find((one) => one.name === stable.replicaSet) ?? null,
    twins: sets.filter((one) => isTwin(one, release, deployment)),
    stableRevision: revisionOf(stable.template),
    ...routeFacts(router, routesOf(request, release, planned), release, deployment),
    preflight: planned === null ? found : null,
    planned,
    shortage: shortageOf(deps.store, release, deployment),
    window: null,
  };
  return { observation, router };
}
