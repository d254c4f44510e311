import { API_VERSION, type KubeObject } from '../../api/meta.ts';
import type { Field } from '../ledger/ledger.ts';
import { isFields, textOr } from '../ledger/path.ts';
import type { Range } from '../promql/shares.ts';
import { builtIn, judgedBy } from './queries.ts';

/** What the metrics of a Canary are converted with. */
export interface MetricsContext {
  readonly canary: string;
  readonly namespace: string;
  readonly isIstio: boolean;
  readonly templates: readonly KubeObject[];
  /** Failed checks that roll back. */
  readonly failures: number | undefined;
}

function rangeOf(metric: Field, name: string): Range {
  const [min, max] = [
    metric.at('thresholdRange', 'min').number(),
    metric.at('thresholdRange', 'max').number(),
  ];
  const old = metric.at('threshold').number();
  if (min !== undefined || max !== undefined || old === undefined)
    return { ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
  return name === 'request-success-rate' ? { min: old } : { max: old };
}

function variablesOf(metric: Field): Record<string, string> {
  const map = metric.at('templateVariables');
  const given = Object.fromEntries(
    map.entries().flatMap(([key, one]) => {
      const text = one.text();
      return text === undefined ? [] : [[key, text] as const];
    }),
  );
  map.keep('query');
  return given;
}

/** The query of a MetricTemplate of Prometheus; undefined where there is none among what was read. */
function queryIn(ref: Field, { templates, namespace }: MetricsContext): string | undefined {
  const [name, from] = [ref.at('name').value, ref.at('namespace').value ?? namespace];
  const found = templates.find(
    (one) => one.metadata.name === name && (one.metadata.namespace ?? namespace) === from,
  );
  const spec = found?.['spec'];
  if (!isFields(spec) || !isFields(spec['provider']) || spec['provider']['type'] !== 'prometheus')
    return undefined;
  return typeof spec['query'] === 'string' ? spec['query'] : undefined;
}

const NO_TEMPLATE =
  'names no MetricTemplate of Prometheus among what was read: convert it as well, or bring the numbers into Prometheus';

function metricOf(field: Field, index: number, context: MetricsContext): object | null {
  const to = `AnalysisTemplate spec.metrics[${index}]`;
  const name = field.at('name').text() ?? `metric-${index + 1}`;
  const range = rangeOf(field, name);
  const span = field.at('interval').text();
  const variables = variablesOf(field);
  const ref = field.at('templateRef');
  const query = ref.isGiven ? queryIn(ref, context) : field.at('query').text();
  const facts = { canary: context.canary, interval: span ?? '1m', variables };
  const judged =
    query === undefined
      ? builtIn(name, range, context.isIstio)
      : judgedBy(query, range, facts, context.failures);
  if (judged === null || 'problem' in judged || name.length > 63) {
    field.refuse(
      judged === null
        ? NO_TEMPLATE
        : 'problem' in judged
          ? judged.problem
          : 'has a name of more than 63 characters',
    );
    return null;
  }
  field.at('name').keep(`${to}.name`);
  field
    .at('interval')
    .remark(
      'is the range of a query in Flagger; Sluice counts in windows (analysis.interval of the Rollout)',
    );
  for (const key of ['thresholdRange', 'threshold', 'templateRef', 'query'])
    field.at(key).remark(judged.remark, to);
  return { name, ...judged.metric };
}

/** The template of a Canary's metrics, or null where none can be carried over. */
export function templateOf(metrics: Field, context: MetricsContext): KubeObject | null {
  const found = new Map<string, object>();
  for (const [index, one] of metrics.items().entries()) {
    const metric = metricOf(one, index, context);
    const name = textOr(one.at('name').value, `metric-${index + 1}`);
    if (metric !== null && found.has(name))
      one.refuse('has the name of a metric before it: rename one of the two');
    else if (metric !== null) found.set(name, metric);
  }
  if (found.size === 0) return null;
  return {
    apiVersion: API_VERSION,
    kind: 'AnalysisTemplate',
    metadata: { name: context.canary, namespace: context.namespace },
    spec: { metrics: [...found.values()].slice(0, 16) },
  };
}
