import { gatherTemplates } from '../../analysis/templates/include.ts';
import type { QueryNames } from '../../analysis/templates/query.ts';
import type { AnalysisTemplate, Metric } from '../../api/analysis/analysis-template.ts';
import type { Calibration } from '../../api/analysis/calibration.ts';
import type { Release } from '../../api/release/release.ts';
import { Policy, type Rollout } from '../../api/rollout/rollout.ts';
import type { Store } from '../../ports/cluster.ts';
import { checkRoutes } from '../../reconcile/read/preflight.ts';
import { routeRequest } from '../../reconcile/read/route-request.ts';
import { observeRollout } from '../../reconcile/rollout/observe.ts';
import { trafficProblem } from '../../release/parse.ts';
import type { Problem } from '../../release/reasons/catalogue.ts';
import { calibrationsFor, learnable } from '../../release/rollout/calibrations.ts';
import { currentRelease, newRelease } from '../../release/rollout/new-release.ts';
import type { RolloutObservation } from '../../release/rollout/rollout-observation.ts';
import { stableOf } from '../../release/rollout/stable.ts';
import { roundedByPods } from '../../release/strategy/round-steps.ts';
import type { RouterSettings } from '../../traffic/declaration.ts';
import { ROUTERS } from '../../traffic/registry.ts';
import { routerOf } from '../../traffic/routers.ts';
import { oldestFirst } from '../../view/select-release.ts';
import type { ObservedDeployment } from '../../workload/workload.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { findRollout } from '../inventory.ts';
import type { Session } from '../session.ts';
import { readStore } from './cluster-store.ts';
import { type Hidden, hiddenTexts } from './hidden.ts';

/** The stable version, and the metrics of a release that began now. */
export interface Serving {
  readonly rollout: Rollout;
  /** With its steps as the pods allow them, where those divide the traffic. */
  readonly policy: Policy;
  readonly shares?: Release['spec']['shares'];
  /** How the steps of the policy became those of the pods. */
  readonly rounding?: string;
  /** The running Release. */
  readonly current: Release | null;
  /** Releases of the Rollout, oldest first. */
  readonly releases: readonly Release[];
  /** Pods of the Deployment, and how many more its update may add. */
  readonly replicas: number;
  readonly surge: number;
  readonly deployment: ObservedDeployment;
  readonly metrics: readonly Metric[];
  /** What is known of the metrics from the past. */
  readonly calibrations: readonly Calibration[];
  /** The values of the query variables; the canary does not exist. */
  readonly names: QueryNames;
  /** Why no release could begin, as far as the cluster's objects show. */
  readonly problem: Problem | null;
  /** Kinds of its router that this person may not list: without those of its namespace nothing is known of the routes. */
  readonly hidden: readonly Hidden[];
}

/** Hash of a nonexistent version, to see whether a query distinguishes versions. */
const NOBODY = 'sluicepreflight';

/** The Service that the routes name now, as a release that began now would find it. */
function routedService(store: Store, seen: RolloutObservation, settings: RouterSettings): string | undefined {
  const { deployment, rollout } = seen;
  const stable = stableOf(seen);
  if (deployment === null || stable === null || 'reason' in stable) return undefined;
  const owner = newRelease(seen, deployment, stable, []);
  const namespace = rollout.metadata.namespace ?? '';
  const { traffic } = rollout.spec;
  const deps = { store, routers: ROUTERS, settings };
  return checkRoutes(routeRequest(deps, { namespace, deployment, traffic, owner })).plan?.service;
}

function serviceOf(
  store: Store,
  seen: RolloutObservation,
  current: Release | null,
  settings: RouterSettings,
): string {
  const recorded = current?.status?.service;
  if (recorded !== undefined) return recorded;
  const last = seen.releases.findLast(({ status }) => status?.service)?.status?.service;
  if (current !== null && last !== undefined) return last;
  return routedService(store, seen, settings) ?? last ?? '';
}

/** The policy of the running release, or of a release that began now. */
function pacedBy(
  { rollout, shares }: RolloutObservation,
  current: Release | null,
  deployment: ObservedDeployment,
): Pick<Serving, 'policy' | 'shares' | 'rounding'> {
  if (current !== null) {
    const { policy, shares: known, rounding } = current.spec;
    return { policy, ...(known && { shares: known }), ...(rounding && { rounding }) };
  }
  const policy = Policy.parse(rollout.spec);
  return shares === 'pods' ? { shares, ...roundedByPods(policy, deployment) } : { policy };
}

function servingOf(store: Store, rollout: Rollout, settings: RouterSettings): Omit<Serving, 'hidden'> {
  const deps = { store, routers: ROUTERS, settings };
  const wrong = trafficProblem('Rollout', rollout.spec, ROUTERS);
  if (wrong !== null) throw new CliError(`${wrong.reason}: ${wrong.message}`);
  const seen = observeRollout(deps, rollout, Date.now());
  const { name, namespace = '' } = rollout.metadata;
  const { deployment } = seen;
  if (deployment === null)
    throw new CliError(
      `spec.target.name of Rollout ${name}: there is no Deployment ${rollout.spec.target.name}`,
      {
        next: ['create it, or correct the name'],
      },
    );
  const current = currentRelease(seen.releases);
  const stable = current?.spec.stable ?? stableOf(seen);
  if (stable === null) throw new CliError(`no ReplicaSet of Deployment ${deployment.name} serves`);
  if ('reason' in stable) throw new CliError(stable.message);
  const metrics = current === null ? seen.metrics : { metrics: current.spec.metrics };
  if ('problem' in metrics) throw new CliError(`${metrics.problem.reason}: ${metrics.problem.message}`);
  const arm =
    'podTemplateHash' in stable
      ? { replicaSet: stable.replicaSet, hash: stable.podTemplateHash }
      : { replicaSet: stable.name, hash: stable.hash };
  return {
    rollout,
    ...pacedBy(seen, current, deployment),
    current,
    releases: seen.releases,
    replicas: deployment.replicas,
    surge: deployment.surge,
    deployment,
    metrics: metrics.metrics,
    calibrations:
      current?.spec.calibration ??
      calibrationsFor(
        rollout,
        learnable(metrics.metrics).map(({ name: metric }) => metric),
      ),
    names: {
      namespace,
      workload: deployment.name,
      service: serviceOf(store, seen, current, settings),
      stable: arm,
      canary: { replicaSet: `${deployment.name}-${NOBODY}`, hash: NOBODY },
    },
    problem: seen.preflight,
  };
}

/** What may not be read is not known to be missing. */
function checkLibrary(
  store: Store,
  { spec, metadata }: Rollout,
  hidden: readonly Hidden[],
  user: string,
): void {
  const library = hidden.filter(({ kind }) => kind === 'ClusterAnalysisTemplate');
  const { absent } = gatherTemplates(spec.analysis.templates, ({ kind, name }) => {
    const namespace = kind === 'AnalysisTemplate' ? (metadata.namespace ?? '') : '';
    return store.get(kind, namespace, name) as AnalysisTemplate | null;
  });
  const unseen = absent.filter(({ kind }) => kind === 'ClusterAnalysisTemplate').map(({ name }) => name);
  if (library.length === 0 || unseen.length === 0) return;
  throw new CliError(
    `the metrics are not known: Rollout ${metadata.name} names the ClusterAnalysisTemplate ${unseen.join(', ')}, which you may not read`,
    { exit: EXIT.unanswered, next: hiddenTexts(library, user) },
  );
}

/** Reads the selected Rollout as the controller does. If it cannot be judged at all, that is a `CliError`. */
export async function readServing(
  session: Session,
  text: string | undefined,
  rootNamespace: string,
): Promise<Serving> {
  const settings = { rootNamespace, istiodDebounceMax: 0 };
  const store = await readStore(session, settings);
  const { namespace } = session;
  const scene = {
    namespace,
    rollouts: store.list('Rollout', namespace) as Rollout[],
    releases: oldestFirst(store.list('Release', namespace) as Release[]),
  };
  const rollout = findRollout(scene, text);
  if (currentRelease(scene.releases.filter(({ spec }) => spec.rollout === rollout.metadata.name)) === null)
    checkLibrary(store, rollout, store.hidden, session.user ?? '');
  const serving = servingOf(store, rollout, settings);
  const { watches } = routerOf(ROUTERS, serving.policy.traffic).router;
  const kinds = watches.map(({ kind }) => kind);
  return { ...serving, hidden: store.hidden.filter(({ kind }) => kinds.includes(kind)) };
}
