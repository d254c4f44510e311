import { preflightQueries } from '../analysis/preflight.ts';
import { queriesOf } from '../analysis/query.ts';
import type { ArmQuery, ArmSamples, WindowSamples } from '../analysis/sample.ts';
import type { Release } from '../api/release.ts';
import type { Rollout } from '../api/rollout.ts';
import { initialStatus } from '../release/enter.ts';
import { nextWindow } from '../release/look.ts';
import type { Problem, Seen } from '../release/seen.ts';
import {
  type DeploymentSeen,
  deploymentSeen,
  type ReplicaSetSeen,
  replicaSetSeen,
} from '../release/workload.ts';
import type { RouteGoal, RouteObjects, RoutePlan, Router, RouteState } from '../traffic/router.ts';
import { perObject } from './memo.ts';
import type { MetricSource } from './metric-source.ts';
import type { Store } from './ports.ts';
import { workloadProblem } from './preflight.ts';
import { revisionOf } from './revision.ts';

/** What reading needs. */
export interface ObserveDeps {
  readonly store: Store;
  readonly router: Router;
  readonly metrics: MetricSource;
  /** Namespace in which Istio looks for mesh-wide DestinationRules. */
  readonly rootNamespace: string;
}

const readDeployment = perObject((object) => deploymentSeen(object, revisionOf));
const readReplicaSet = perObject((object) => replicaSetSeen(object, revisionOf));

/** The workload of a namespace by name. */
export function seeDeployment(store: Store, namespace: string, name: string): DeploymentSeen | null {
  const object = store.get('Deployment', namespace, name);
  return object === null ? null : readDeployment(object);
}

/** All ReplicaSets of a namespace. */
export function seeReplicaSets(store: Store, namespace: string): readonly ReplicaSetSeen[] {
  return store.list('ReplicaSet', namespace).map(readReplicaSet);
}

/** The objects that the router decides from. */
export function routeObjects({ store, rootNamespace }: ObserveDeps, namespace: string): RouteObjects {
  const root = namespace === rootNamespace ? [] : store.list('DestinationRule', rootNamespace);
  return {
    namespace,
    services: store.list('Service', namespace),
    virtualServices: store.list('VirtualService', namespace),
    destinationRules: [...store.list('DestinationRule', namespace), ...root],
  };
}

/** The plan that was recorded when the release left Pending. */
export function recordedPlan(release: Release): RoutePlan | null {
  const { service, routes } = release.status ?? {};
  return service === undefined || routes === undefined ? null : { service, originals: routes };
}

function policyGone(
  rollout: Rollout | null,
  release: Release,
  deployment: DeploymentSeen | null,
): Problem | null {
  if (rollout === null || rollout.metadata.deletionTimestamp !== undefined) {
    return { reason: 'RolloutDeleted', message: `Rollout ${release.spec.rollout} has been deleted` };
  }
  if (release.metadata.deletionTimestamp !== undefined) {
    return { reason: 'ReleaseDeleted', message: `Release ${release.metadata.name} has been deleted` };
  }
  if (deployment?.optedOut === true) {
    return {
      reason: 'OptedOut',
      message: `Deployment ${deployment.name} has the annotation sluice.dev/rollout=off`,
    };
  }
  return null;
}

function queriesFor(release: Release, service: string): readonly ArmQuery[] {
  const { stable, canary, workload, metrics } = release.spec;
  const common = { namespace: release.metadata.namespace ?? '', workload: workload.name, service };
  return queriesOf(metrics, {
    ...common,
    canary: { replicaSet: canary.replicaSet, hash: canary.podTemplateHash },
    stable: { replicaSet: stable.replicaSet, hash: stable.podTemplateHash },
  });
}

async function readWindow(deps: ObserveDeps, release: Release, now: number): Promise<WindowSamples | null> {
  const status = release.status;
  if (status === undefined || status.service === undefined) return null;
  const due = nextWindow(release, status, now);
  if (due === null || 'wakeAt' in due) return null;
  const read = async (query: ArmQuery): Promise<ArmSamples> => {
    const [start, end] = await Promise.all([
      deps.metrics.sample(query.promql, due.start),
      deps.metrics.sample(query.promql, due.end),
    ]);
    return { ...query, start, end };
  };
  const samples = await Promise.all(queriesFor(release, status.service).map(read));
  return { start: due.start, end: due.end, samples };
}

async function checkMetrics(
  deps: ObserveDeps,
  release: Release,
  service: string,
  now: number,
): Promise<Problem | null> {
  const stable = queriesFor(release, service).filter((query) => query.arm === 'stable');
  const samples = await Promise.all(
    stable.map(async (query) => ({ ...query, sample: await deps.metrics.sample(query.promql, now) })),
  );
  return preflightQueries(release.spec.metrics, samples);
}

async function preflight(
  deps: ObserveDeps,
  release: Release,
  deployment: DeploymentSeen | null,
  now: number,
): Promise<Seen['preflight']> {
  if ((release.status ?? initialStatus(release)).phase !== 'Pending' || deployment === null) return null;
  const workload = workloadProblem(deployment);
  if (workload !== null) return { problem: workload };
  const namespace = release.metadata.namespace ?? '';
  const labels =
    (deployment.template['metadata'] as { labels?: Record<string, string> } | undefined)?.labels ?? {};
  const routes = deps.router.preflight(routeObjects(deps, namespace), release.spec.policy.traffic, labels);
  if ('problem' in routes) return routes;
  const metrics = await checkMetrics(deps, release, routes.plan.service, now);
  return metrics === null ? routes : { problem: metrics };
}

/** Reads everything that a pass over a release is decided from. */
export async function observe(
  deps: ObserveDeps,
  rollout: Rollout | null,
  release: Release,
  now: number,
): Promise<Seen> {
  const namespace = release.metadata.namespace ?? '';
  const deployment = seeDeployment(deps.store, namespace, release.spec.workload.name);
  const sets = seeReplicaSets(deps.store, namespace);
  const { canary, stable, policy } = release.spec;
  const objects = routeObjects(deps, namespace);
  const found = await preflight(deps, release, deployment, now);
  const planned = found !== null && 'plan' in found ? found.plan : null;
  const plan = recordedPlan(release) ?? planned;
  const versions = { stable: stable.podTemplateHash, canary: canary.podTemplateHash };
  const routeState = (goal: RouteGoal): RouteState | null =>
    plan === null ? null : deps.router.compare(objects, policy.traffic, plan, versions, goal);
  return {
    now,
    release,
    policyGone: policyGone(rollout, release, deployment),
    deployment,
    canary: sets.find((one) => one.name === canary.replicaSet) ?? null,
    stable: sets.find((one) => one.name === stable.replicaSet) ?? null,
    twins: sets.filter((one) => isTwin(one, release, deployment)),
    stableRevision: revisionOf(stable.template),
    routeState,
    preflight: found,
    window: await readWindow(deps, release, now),
  };
}

function isTwin(one: ReplicaSetSeen, release: Release, deployment: DeploymentSeen | null): boolean {
  return (
    one.ownerUid === deployment?.uid &&
    one.revision === release.spec.revision &&
    one.name !== release.spec.canary.replicaSet &&
    one.replicas === 0
  );
}
