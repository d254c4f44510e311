import { fieldOf } from '../../analysis/templates/field-path.ts';
import { gatherTemplates } from '../../analysis/templates/include.ts';
import { resolveMetrics } from '../../analysis/templates/resolve.ts';
import type { AnalysisTemplate } from '../../api/analysis/analysis-template.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { Rollout } from '../../api/rollout/rollout.ts';
import { durationMs } from '../../api/values/duration.ts';
import type { Store } from '../../ports/cluster.ts';
import { currentRelease, newRelease } from '../../release/rollout/new-release.ts';
import { workloadProblem } from '../../release/rollout/preflight.ts';
import type { RolloutObservation } from '../../release/rollout/rollout-observation.ts';
import { isAside } from '../../release/rollout/set-aside.ts';
import { stableOf } from '../../release/rollout/stable.ts';
import type { Leftovers } from '../../traffic/router.ts';
import { sharesOf } from '../../traffic/routers.ts';
import { revisionOf } from '../../workload/revision.ts';
import { checkRoutes } from '../read/preflight.ts';
import { releasesOf } from '../read/releases.ts';
import { type RouteDeps, routeRequest } from '../read/route-request.ts';
import { deploymentOf, replicaSetsOf } from '../read/workloads.ts';

function isThere(object: KubeObject | null): object is AnalysisTemplate {
  return object !== null;
}

function metricsOf(store: Store, rollout: Rollout): RolloutObservation['metrics'] {
  const { templates, bounds } = rollout.spec.analysis;
  const namespace = rollout.metadata.namespace ?? '';
  const deployment = store.get('Deployment', namespace, rollout.spec.target.name);
  const fields = (path: string): string | undefined =>
    deployment === null ? undefined : fieldOf(deployment, path);
  const found = gatherTemplates(templates, ({ kind, name }) => {
    const object = store.get(kind, kind === 'AnalysisTemplate' ? namespace : '', name);
    return isThere(object) ? object : null;
  });
  return resolveMetrics(templates, found.templates, bounds ?? [], fields);
}

/** The other Rollout that has the Deployment under its gate. A deleted one does not count. */
function rivalOf(store: Store, rollout: Rollout, gate: string | undefined): string | null {
  const { name, namespace = '' } = rollout.metadata;
  if (gate === undefined || gate === name) return null;
  const other = store.get('Rollout', namespace, gate);
  const { target } = (other?.['spec'] ?? {}) as { target?: { name?: string } };
  return target?.name === rollout.spec.target.name ? gate : null;
}

type Known = Omit<RolloutObservation, 'preflight' | 'leftovers'>;
type Preflight = Pick<RolloutObservation, 'preflight' | 'service' | 'warnings'>;

/** A Pending release has not touched any route yet. */
function leftoversOf(deps: RouteDeps, observation: Known): Leftovers | null {
  const { deployment, rollout, releases, rival, unreadable, now } = observation;
  const { phase = 'Pending' } = currentRelease(releases)?.status ?? {};
  if (deployment === null || rival !== null || unreadable !== null || phase !== 'Pending') return null;
  const { metadata, spec } = rollout;
  const owner = { spec: { rollout: metadata.name } };
  const namespace = metadata.namespace ?? '';
  const { router, request } = routeRequest(deps, { namespace, deployment, traffic: spec.traffic, owner });
  const ms = durationMs(spec.settle) + router.propagation(deps.settings).gatherMs;
  return router.leftovers(request, { now, ms });
}

function preflightOf(deps: RouteDeps, observation: Known): Preflight {
  const { deployment, rollout } = observation;
  if (deployment === null || currentRelease(observation.releases) !== null) return { preflight: null };
  const { metrics, shares } = observation;
  const known = 'metrics' in metrics ? metrics : {};
  const problem = workloadProblem(deployment, { policy: rollout.spec, shares, ...known });
  // A workload scaled to 0 is reported only once it changes.
  if (problem !== null && (problem.reason !== 'NoReplicas' || deployment.held)) return { preflight: problem };
  const stable = stableOf(observation);
  if (stable === null || 'reason' in stable) return { preflight: null };
  const owner = newRelease(observation, deployment, stable, []);
  const namespace = rollout.metadata.namespace ?? '';
  const { traffic } = rollout.spec;
  const asked = routeRequest(deps, { namespace, deployment, traffic, owner });
  const { plan, problem: found } = checkRoutes(asked);
  if (plan === null) return { preflight: found };
  const { stable: old, canary } = owner.spec;
  const versions = { stable: old.podTemplateHash, canary: canary.podTemplateHash };
  return {
    preflight: found,
    service: plan.service,
    warnings: asked.router.warnings({ ...asked.request, plan, versions }),
  };
}

/** Reads everything that a pass over a Rollout is decided from. */
export function observeRollout(deps: RouteDeps, rollout: Rollout, now: number): RolloutObservation {
  const { namespace = '', name } = rollout.metadata;
  const found = deploymentOf(deps.store, namespace, rollout.spec.target.name);
  const deployment = found?.deleting === true ? null : found;
  const sets = replicaSetsOf(deps.store, namespace);
  const { readable, unreadable } = releasesOf(deps, namespace, name);
  const observation = {
    now,
    rollout,
    deployment,
    owned: deployment === null ? [] : sets.filter((one) => one.ownerUid === deployment.uid),
    aside: deployment === null ? [] : sets.filter((one) => isAside(one, deployment)),
    revision: revisionOf,
    takenNames: sets.map((one) => one.name),
    releases: readable,
    unreadable,
    rival: rivalOf(deps.store, rollout, deployment?.gate),
    metrics: metricsOf(deps.store, rollout),
    shares: sharesOf(deps.routers, rollout.spec.traffic),
  };
  const leftovers = leftoversOf(deps, observation);
  const isStale = leftovers !== null && leftovers.problem !== null;
  return { ...observation, leftovers, ...(isStale ? { preflight: null } : preflightOf(deps, observation)) };
}
