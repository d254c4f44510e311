import { writeFile } from 'node:fs/promises';
import { RESOURCES } from '../../../adapters/kubernetes/resource.ts';
import type { Sample } from '../../../analysis/evidence/sample.ts';
import type { AnalysisTemplate } from '../../../api/analysis/analysis-template.ts';
import type { KubeObject } from '../../../api/meta.ts';
import { nearest } from '../../../api/values/nearest.ts';
import { systemClock } from '../../../clock.ts';
import { workloadProblem } from '../../../release/rollout/preflight.ts';
import { ROUTERS } from '../../../traffic/registry.ts';
import type { Router } from '../../../traffic/router.ts';
import { revisionOf } from '../../../workload/revision.ts';
import { observeDeployment } from '../../../workload/workload.ts';
import { CliError, EXIT, usage } from '../../cli-error.ts';
import { proxyPath } from '../../doctor/controller.ts';
import { findTemplates, fitLines, servingSet, type TemplateFit } from '../../init/find-metrics.ts';
import { findTraffic, readRoutes, type TrafficFound, type TrafficSearch } from '../../init/find-traffic.ts';
import { rolloutText } from '../../init/write-rollout.ts';
import { referenceOf } from '../../inventory.ts';
import { type ClusterFlags, type Session, withSession } from '../../session.ts';
import { harmlessYaml } from '../../terminal/harmless.ts';
import { sayText, tell } from '../../terminal/output.ts';

interface Flags extends ClusterFlags {
  readonly route?: string;
  readonly prometheusUrl: string;
  readonly direct?: boolean;
  readonly analysis?: string;
  readonly file?: string;
  readonly rootNamespace: string;
}

async function itemsOf(
  session: Session,
  kind: keyof typeof RESOURCES,
  namespace?: string,
): Promise<readonly KubeObject[]> {
  return (await session.client.list(RESOURCES[kind], namespace)).items;
}

async function deploymentFor(session: Session, text: string): Promise<KubeObject> {
  const { name } = referenceOf(text);
  const { namespace } = session;
  const found = await session.client.get(RESOURCES.Deployment, { namespace, name });
  if (found !== null) return found;
  const known = (await itemsOf(session, 'Deployment', namespace)).map(({ metadata }) => metadata.name);
  throw new CliError(`there is no Deployment ${name} in namespace ${namespace}`, {
    exit: EXIT.unanswered,
    next: [
      known.length === 0
        ? 'the namespace has none; choose another with -n'
        : `there are ${nearest(name, known).slice(0, 5).join(', ')}`,
    ],
  });
}

/** Kinds of objects that users route with, as a message has them. */
const ROUTE_KINDS = ROUTERS.watches.filter(({ writes }) => writes === 'fields').map(({ kind }) => kind);

/** Whether a router divides the traffic by routes, and not by the number of pods. */
const hasRoutes = ({ supports }: Router): boolean => supports.weights !== 'pods';

/** Why a plain Service is proposed, and what would divide the traffic more finely. */
export function plainLines({ problems }: TrafficSearch): string[] {
  return [
    `no ${ROUTE_KINDS.join(' or ')} of the namespace routes to this Deployment: the share of a new version will be that of its pods`,
    ...problems.map(({ kind, name, message }) => `${kind} ${name}: ${message}`),
  ];
}

/** The only Service over the pods, or of several that of the workload's name. */
export function chooseService(found: readonly TrafficFound[], workload: string): TrafficFound {
  const [first, ...more] = found;
  const chosen = more.length === 0 ? first : found.find(({ name }) => name === workload);
  if (chosen !== undefined) return chosen;
  throw usage(
    'several Services select the pods of this Deployment',
    `write a Rollout with traffic: {service: {name: …}} for one of ${found.map(({ name }) => name).join(', ')}`,
  );
}

/** The single matching object. */
export function chooseTraffic({ found, problems }: TrafficSearch, asked: string | undefined): TrafficFound {
  const isAsked = ({ kind, name }: { readonly kind: string; readonly name: string }): boolean =>
    asked === undefined || [name, `${kind}/${name}`].some((one) => one.toLowerCase() === asked.toLowerCase());
  const fitting = found.filter(isAsked);
  const [first, ...more] = fitting;
  if (first !== undefined && more.length === 0) return first;
  if (first !== undefined) {
    const kinds = [...new Set(fitting.map(({ kind }) => kind))];
    throw usage(
      `several ${kinds.map((kind) => `${kind}s`).join(' and ')} route to this Deployment`,
      `name the ${kinds.join(' or ')} to shift: --route ${fitting.map(({ kind, name }) => (kinds.length > 1 ? `${kind}/${name}` : name)).join(' or ')}`,
    );
  }
  const about = problems.filter(isAsked);
  throw new CliError(`no ${ROUTE_KINDS.join(' or ')} of the namespace can be shifted for this Deployment`, {
    next:
      about.length === 0
        ? ROUTERS.all.map(({ create }) => create)
        : about.map(({ kind, name, message }) => `${kind} ${name}: ${message}`),
  });
}

const failed = (message: string): Sample => ({ kind: 'providerError', message });

/** The fix for a status of the API server's proxy. */
function hintOf(code: number): string {
  if (code === 403)
    return ' (you may not get services/proxy there); with --direct it is asked from this machine';
  if (code === 503)
    return ' (no pod is ready behind the Service; the API server passes nothing on to addresses that are no pods: --direct)';
  return code === 404 ? ' (no such Service or port); name it with --prometheus-url' : '';
}

async function askerOf(
  session: Session,
  { prometheusUrl, direct }: Flags,
): Promise<(promql: string) => Promise<Sample>> {
  if (direct === true) {
    const { createPrometheus } = await import('../../../adapters/prometheus/source.ts');
    const source = createPrometheus({ urls: [prometheusUrl], clock: systemClock });
    return (promql) => source.sample(promql, Date.now());
  }
  const { sampleOf } = await import('../../../adapters/prometheus/answer.ts');
  const path = proxyPath(prometheusUrl);
  return async (promql) => {
    if (path === null) return failed(`${prometheusUrl} is no Service of the cluster; add --direct`);
    const { code, text } = await session.fetchText(
      `${path}/api/v1/query?query=${encodeURIComponent(promql)}`,
    );
    try {
      return code === 200
        ? sampleOf(JSON.parse(text))
        : failed(`Prometheus answers HTTP ${code} through the API server${hintOf(code)}`);
    } catch {
      return failed('Prometheus does not answer with JSON');
    }
  };
}

/** The template for any server with the usual names. */
const GENERIC = 'http-generic';

/** The templates to write, and comments on them. */
export function chooseTemplates(
  fits: readonly TemplateFit[],
  asked: string | undefined,
): {
  readonly templates: readonly Pick<TemplateFit, 'kind' | 'name' | 'bounds'>[];
  readonly remark?: string;
} {
  const chosen = fits.find(({ name }) => name === asked);
  const found = fits.filter(({ problem }) => problem === null);
  // A server's own template knows more than the one for any server.
  const best = found.find(({ name }) => name !== GENERIC) ?? found[0];
  const fitting = asked === undefined ? best : chosen;
  if (fitting !== undefined && fitting.problem === null)
    return { templates: [fitting], remark: 'Prometheus has all series for it.' };
  const { kind = 'ClusterAnalysisTemplate', name = asked ?? GENERIC } = fitting ?? {};
  const why =
    fitting?.problem ??
    (fits.length === 0 ? 'no template is installed' : 'Prometheus has the series of no template');
  return { templates: [{ kind, name }], remark: `NOT READY: ${why}`.replaceAll('\n', ' ') };
}

async function traffic(session: Session, deployment: KubeObject, flags: Flags): Promise<TrafficFound> {
  const settings = { rootNamespace: flags.rootNamespace, istiodDebounceMax: 0 };
  const [routed, plain] = [ROUTERS.all.filter(hasRoutes), ROUTERS.all.filter((one) => !hasRoutes(one))];
  const search = async (routers: readonly Router[]): Promise<TrafficSearch> => {
    const searches = await Promise.all(
      routers.map(async (router) =>
        findTraffic(router, deployment, await readRoutes(session, router, settings)),
      ),
    );
    return {
      found: searches.flatMap(({ found }) => found),
      problems: searches.flatMap(({ problems }) => problems),
    };
  };
  const routes = await search(routed);
  if (routes.found.length > 0 || flags.route !== undefined) return chooseTraffic(routes, flags.route);
  const services = await search(plain);
  if (services.found.length === 0) return chooseTraffic(routes, undefined);
  tell(...plainLines(routes));
  return chooseService(services.found, deployment.metadata.name);
}

async function templates(
  session: Session,
  deployment: KubeObject,
  service: string,
  flags: Flags,
): Promise<TemplateFit[]> {
  const { namespace } = session;
  const [replicaSets, own, shared] = await Promise.all([
    itemsOf(session, 'ReplicaSet', namespace),
    itemsOf(session, 'AnalysisTemplate', namespace),
    itemsOf(session, 'ClusterAnalysisTemplate'),
  ]);
  const set = servingSet(deployment, replicaSets);
  const all = [...own, ...shared] as AnalysisTemplate[];
  if (set === null)
    return all.map(({ kind, metadata }) => ({
      kind,
      name: metadata.name,
      problem: 'no pod of the Deployment is ready, so its series cannot be looked for',
    }));
  const serving = { namespace, workload: deployment.metadata.name, service, ...set };
  return findTemplates(all, serving, await askerOf(session, flags));
}

/** `sluice init DEPLOYMENT`. */
export function run(name: string, flags: Flags): Promise<void> {
  return withSession(flags, async (session) => {
    const deployment = await deploymentFor(session, name);
    const wrong = workloadProblem(observeDeployment(deployment, revisionOf));
    if (wrong !== null) throw new CliError(wrong.message);
    const found = await traffic(session, deployment, flags);
    const fits = await templates(session, deployment, found.service, flags);
    const route = found.kind === 'Service' ? '' : `, ${found.kind} ${found.name}`;
    tell(`Service ${found.service}${route}`);
    tell(...fitLines(fits));
    const text = rolloutText({
      namespace: session.namespace,
      deployment: deployment.metadata.name,
      traffic: found,
      ...chooseTemplates(fits, flags.analysis),
    });
    if (flags.file === undefined) return sayText(harmlessYaml(text));
    await writeFile(flags.file, text, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST')
        throw usage(`${flags.file} is there already`, 'choose another name, or take it away first');
      throw usage(`${flags.file} cannot be written: ${error.message}`);
    });
    tell(
      `written to ${flags.file}; check it with: sluice validate ${flags.file}, then kubectl apply -f ${flags.file}`,
    );
  });
}
