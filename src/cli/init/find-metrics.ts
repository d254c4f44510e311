import type { Sample } from '../../analysis/evidence/sample.ts';
import { preflightQueries } from '../../analysis/templates/preflight.ts';
import { queriesOf } from '../../analysis/templates/query.ts';
import { resolveMetrics } from '../../analysis/templates/resolve.ts';
import type { AnalysisTemplate } from '../../api/analysis/analysis-template.ts';
import type { KubeObject } from '../../api/meta.ts';
import { revisionOf } from '../../workload/revision.ts';
import { observeReplicaSet } from '../../workload/workload.ts';
import { namesText } from '../terminal/table.ts';
import { type LatencyBound, latencyBounds } from './bounds.ts';

/** A template, and why it does not fit: null if its queries have data for the serving pods. */
export interface TemplateFit {
  readonly kind: 'AnalysisTemplate' | 'ClusterAnalysisTemplate';
  readonly name: string;
  readonly problem: string | null;
  /** Bounds that its latencies can have. */
  readonly bounds?: readonly LatencyBound[];
  /** Why Prometheus could not be queried at all; the same for every template. */
  readonly unasked?: string;
}

/** What the queries are made for. */
export interface Serving {
  readonly namespace: string;
  readonly workload: string;
  readonly service: string;
  readonly replicaSet: string;
  readonly hash: string;
}

const REVISION = 'deployment.kubernetes.io/revision';

const revisionNumber = ({ metadata }: KubeObject): number => Number(metadata.annotations?.[REVISION] ?? 0);

/** The serving ReplicaSet of the Deployment: the newest with ready pods. */
export function servingSet(
  deployment: KubeObject,
  replicaSets: readonly KubeObject[],
): { replicaSet: string; hash: string } | null {
  const { uid } = deployment.metadata;
  const own = replicaSets.filter(({ metadata }) =>
    metadata.ownerReferences?.some((owner) => owner.uid === uid),
  );
  const found = own
    .toSorted((a, b) => revisionNumber(b) - revisionNumber(a))
    .map((object) => observeReplicaSet(object, revisionOf))
    .find(({ ready }) => ready > 0);
  return found === undefined ? null : { replicaSet: found.name, hash: found.hash };
}

async function fitOf(
  template: AnalysisTemplate,
  templates: readonly AnalysisTemplate[],
  { namespace, workload, service, replicaSet, hash }: Serving,
  ask: (promql: string) => Promise<Sample>,
): Promise<TemplateFit> {
  const { kind, metadata } = template;
  const about = { kind, name: metadata.name };
  const resolved = resolveMetrics([about], templates, []);
  if ('problem' in resolved) return { ...about, problem: resolved.problem.message };
  const arm = { replicaSet, hash };
  const queries = queriesOf(resolved.metrics, { namespace, workload, service, stable: arm, canary: arm });
  const stable = queries.filter(({ arm: one }) => one === 'stable');
  if (stable.length === 0)
    return { ...about, problem: 'it counts no requests; put it beside a template that does' };
  const probes = await Promise.all(
    stable.map(async (query) => ({ ...query, sample: await ask(query.promql) })),
  );
  const problem = preflightQueries(resolved.metrics, probes)?.message ?? null;
  const refusals = probes.flatMap(({ sample }) => (sample.kind === 'providerError' ? [sample.message] : []));
  const unasked = refusals.length === probes.length ? refusals[0] : undefined;
  const bounds = latencyBounds(resolved.metrics, probes);
  return {
    ...about,
    problem,
    ...(bounds.length === 0 ? {} : { bounds }),
    ...(unasked === undefined ? {} : { unasked }),
  };
}

/** How each template fits the serving pods, by its queries to Prometheus. */
export function findTemplates(
  templates: readonly AnalysisTemplate[],
  serving: Serving,
  ask: (promql: string) => Promise<Sample>,
): Promise<TemplateFit[]> {
  return Promise.all(templates.map((template) => fitOf(template, templates, serving, ask)));
}

/** How the templates fit, grouped by problem. */
export function fitLines(fits: readonly TemplateFit[]): string[] {
  const said = fits.map(({ name, problem, unasked }) => ({ name, text: unasked ?? problem ?? 'fits' }));
  return [...Map.groupBy(said, ({ text }) => text)].map(
    ([text, alike]) =>
      `template${alike.length === 1 ? '' : 's'} ${namesText(alike.map(({ name }) => name))}: ${text}`,
  );
}
