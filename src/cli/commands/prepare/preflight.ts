import { createTexts, readWarmUpBody } from '../../../adapters/kubernetes/values.ts';
import type { ArmQuery, Sample } from '../../../analysis/evidence/sample.ts';
import { preflightQueries } from '../../../analysis/templates/preflight.ts';
import { partText, queriesOf } from '../../../analysis/templates/query.ts';
import { ruleText } from '../../../analysis/templates/rule-text.ts';
import { findsUnknownVersion, sameForBoth } from '../../../analysis/templates/separation.ts';
import { checkOf } from '../../../analysis/verdict/check.ts';
import { countText } from '../../../analysis/verdict/number-text.ts';
import type { Metric } from '../../../api/analysis/analysis-template.ts';
import { listPreflight } from '../../../measure/pod-questions.ts';
import type { ReadText } from '../../../ports/cluster.ts';
import { beyondBudget, mostPods } from '../../../release/canary/budget.ts';
import { loadRemarks } from '../../../release/canary/pod-load.ts';
import { extendedOf, requestOf } from '../../../release/canary/pod-resources.ts';
import { ROUTERS } from '../../../traffic/registry.ts';
import { routerOf } from '../../../traffic/routers.ts';
import { EXIT } from '../../cli-error.ts';
import { unseenRoutes } from '../../preflight/hidden.ts';
import { openPrometheus, type PrometheusFlags } from '../../preflight/prometheus.ts';
import { readServing, type Serving } from '../../preflight/serving.ts';
import { type ClusterFlags, type Session, withSession } from '../../session.ts';
import { canvasOf, type Format, say, sayData } from '../../terminal/output.ts';
import { type Canvas, pad, wrap } from '../../terminal/paint.ts';

/** A query for the stable version, and its result. */
export interface Asked {
  readonly query: ArmQuery;
  readonly sample: Sample;
}

/** The state of one prerequisite of a release. `problem` says what is wrong and the fix. */
export interface Finding {
  readonly about: string;
  readonly state: 'ok' | 'failed' | 'unknown';
  readonly problem?: { readonly reason: string; readonly message: string };
  readonly details: readonly string[];
}

function detailOf({ query, sample }: Asked): string {
  const part = partText(query);
  if (sample.kind === 'vector') return `${part}: ${countText(sample.series.length)} series`;
  if (query.covariate !== undefined) return `${part}: ${sample.message}, so it explains nothing`;
  const none = part === 'failures' && sample.kind === 'noData';
  return none ? 'failures: no series, since none has failed yet' : `${part}: ${sample.message}`;
}

/** The sources that a command can query: the default Prometheus, not those that only the controller reaches. */
const ELSEWHERE = (source: string): string =>
  `is asked from source ${source}, which only the controller reaches; the release itself looks before it begins`;

/** The state of a metric: `stable` is the result of its queries for stable, `nobody` for a nonexistent version. */
export function findingOf(metric: Metric, stable: readonly Asked[], nobody: readonly Asked[]): Finding {
  const about = `metric ${metric.name}`;
  const { source } = metric;
  if (source !== undefined && source !== 'prometheus')
    return { about, state: 'unknown', details: [ELSEWHERE(source)] };
  const details = stable.map(detailOf);
  const probes = stable.map(({ query, sample }) => ({ ...query, sample }));
  const queries = [...stable, ...nobody].map(({ query }) => query);
  const problem =
    preflightQueries([metric], probes) ??
    sameForBoth(queries) ??
    nobody.map(({ query, sample }) => findsUnknownVersion(query, sample)).find((one) => one !== null);
  return problem ? { about, state: 'failed', problem, details } : { about, state: 'ok', details };
}

const MARKS = {
  ok: { mark: '✓', tone: 'good' },
  failed: { mark: '✗', tone: 'bad' },
  unknown: { mark: '?', tone: 'faint' },
} as const;
const TITLE = 24;

/** The findings, one below the other. */
export function view(findings: readonly Finding[], { width, paint }: Canvas): string[] {
  return findings.flatMap(({ about, state, problem, details }) => {
    const { mark, tone } = MARKS[state];
    const room = width - TITLE - 2;
    const why = problem === undefined ? [] : [`${problem.reason}: ${problem.message}`];
    const [first = '', ...rest] = [...details, ...why].flatMap((text) => wrap(text, room));
    const indent = ' '.repeat(TITLE + 2);
    return [`${paint(tone, mark)} ${pad(about, TITLE)}${first}`, ...rest.map((line) => indent + line)];
  });
}

/** Without the kinds of its own namespace nothing is known of the routes; without mesh-wide ones a rule may be unseen. */
export function objectsFinding(serving: Serving, user: string): Finding {
  const { problem, names, policy, rollout, hidden } = serving;
  const about = 'workload and routes';
  const { all, mesh } = unseenRoutes(hidden, rollout.metadata.namespace ?? '', user);
  if (all.length > 0) return { about, state: 'unknown', details: all };
  if (problem !== null) return { about, state: 'failed', problem, details: [] };
  const { stable, service } = names;
  const { router, spec } = routerOf(ROUTERS, policy.traffic);
  const details = [
    service === '' ? [] : `Service ${service}`,
    router.subject(spec),
    `ReplicaSet ${stable.replicaSet}`,
  ];
  return { about, state: 'ok', details: [details.flat().join(', '), ...mesh] };
}

/** What the canary takes beside the pods that serve, against its budget. */
export function capacityFinding(serving: Pick<Serving, 'policy' | 'shares' | 'deployment'>): Finding {
  const about = 'canary pods';
  const { deployment } = serving;
  const pods = mostPods(serving, deployment);
  const details = [
    `at most ${pods} beside ${deployment.replicas}`,
    ...extendedOf(deployment).map((resource) => {
      const each = requestOf(deployment.template, resource);
      return `${resource}: ${pods * each} more than the ${deployment.replicas * each} that serve`;
    }),
    ...loadRemarks(serving, deployment),
  ];
  const problem = beyondBudget(serving, deployment);
  return problem === null ? { about, state: 'ok', details } : { about, state: 'failed', problem, details };
}

/** Queries by `{{subset}}` for a nonexistent version may find series of an earlier release. */
const isOfNobody = ({ promql }: ArmQuery, { names }: Serving): boolean => promql.includes(names.canary.hash);

const isStable = ({ query: { arm, part } }: Asked): boolean => arm === 'stable' || part === 'query';

async function metricFindings(
  serving: Serving,
  ask: (promql: string) => Promise<Sample>,
): Promise<Finding[]> {
  const { metrics, names } = serving;
  const queries = queriesOf(metrics, names).filter(({ source }) => (source ?? 'prometheus') === 'prometheus');
  const asked = await Promise.all(
    queries.map(async (query): Promise<Asked> => {
      const skipped = query.arm === 'canary' && query.part !== 'query' && !isOfNobody(query, serving);
      const sample: Sample = skipped ? { kind: 'noData', message: 'not asked' } : await ask(query.promql);
      return { query, sample };
    }),
  );
  return metrics
    .filter((metric) => checkOf(metric) === null)
    .map((metric) => {
      const ours = asked.filter(({ query }) => query.metric === metric.name);
      return findingOf(
        metric,
        ours.filter(isStable),
        ours.filter((one) => !isStable(one)),
      );
    });
}

const LATER = 'it is only checked by the release itself';

/** The checks: their lists are validated, but no requests are sent. */
async function checkFindings({ metrics, names }: Serving, readText: ReadText): Promise<Finding[]> {
  const release = { metadata: { name: names.workload, namespace: names.namespace } };
  const checks = metrics.filter((metric) => checkOf(metric) !== null);
  return Promise.all(
    checks.map(async (metric): Promise<Finding> => {
      const about = `metric ${metric.name}`;
      if (metric.golden === undefined && metric.shadow === undefined)
        return { about, state: 'unknown', details: [ruleText(metric), LATER] };
      const problem = await listPreflight({ readText }, release, metric);
      const details = [ruleText(metric)];
      return problem === null
        ? { about, state: 'ok', details }
        : { about, state: 'failed', problem, details };
    }),
  );
}

/** Whether the body of the warm-up requests exists; empty if the policy names no ConfigMap. */
export async function warmUpFindings(
  { policy, names }: Pick<Serving, 'policy' | 'names'>,
  client: Parameters<typeof readWarmUpBody>[0],
): Promise<Finding[]> {
  const { bodyFrom } = policy.canary.warmUp ?? {};
  if (bodyFrom === undefined) return [];
  const about = 'warm-up body';
  const found = await readWarmUpBody(client, names.namespace, bodyFrom);
  if (!('problem' in found))
    return [{ about, state: 'ok', details: [`${found.value.length} characters or bytes`] }];
  const problem = { reason: 'WarmUpBodyMissing', message: found.problem };
  return [{ about, state: 'failed', problem, details: [] }];
}

interface Flags extends ClusterFlags, PrometheusFlags {
  readonly rootNamespace: string;
  readonly output?: Format | undefined;
}

/** The state of every prerequisite of a release that began now. */
export async function findingsFor(
  session: Session,
  name: string | undefined,
  flags: Pick<Flags, 'rootNamespace' | keyof PrometheusFlags>,
): Promise<Finding[]> {
  const serving = await readServing(session, name, flags.rootNamespace);
  const prometheus = await openPrometheus(session, flags);
  const now = Date.now();
  const metrics = await metricFindings(serving, (promql) => prometheus.sample(promql, now));
  const checks = await checkFindings(serving, createTexts(session.client));
  const warmUp = await warmUpFindings(serving, session.client);
  return [
    objectsFinding(serving, session.user ?? ''),
    capacityFinding(serving),
    ...metrics,
    ...checks,
    ...warmUp,
  ];
}

/** `sluice preflight [NAME]`. */
export async function run(name: string | undefined, flags: Flags): Promise<void> {
  const findings = await withSession(flags, (session) => findingsFor(session, name, flags));
  const { output } = flags;
  if (output === 'json' || output === 'yaml') await sayData(output, findings);
  else say(...view(findings, canvasOf()));
  if (findings.some(({ state }) => state === 'failed')) process.exitCode = EXIT.no;
}
