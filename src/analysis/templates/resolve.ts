import type { AnalysisTemplate, Metric, MetricBounds } from '../../api/analysis/analysis-template.ts';
import type { TemplateRef } from '../../api/analysis/template-ref.ts';
import type { Problem } from '../reasons.ts';
import { rulesOf } from '../verdict/bound.ts';
import { watchesTraffic } from '../verdict/check.ts';
import type { Fields } from './argument.ts';
import { checkProblem } from './check-problem.ts';
import { metricsOf, type Resolved } from './include.ts';

/** Maximum number of metrics of a Release. */
const MOST_METRICS = 64;

function problem(reason: Problem['reason'], message: string): { readonly problem: Problem } {
  return { problem: { reason, message } };
}

function duplicateIn(names: readonly string[]): string | undefined {
  return names.find((name, index) => names.indexOf(name) !== index);
}

function bounded(metrics: readonly Metric[], bounds: readonly MetricBounds[]): Resolved {
  const names = metrics.map(({ name }) => name);
  const stranger = bounds.findIndex(({ name }) => !names.includes(name));
  if (stranger >= 0) {
    const message = `spec.analysis.bounds[${stranger}].name: no template has a metric ${bounds[stranger]?.name}; the metrics are ${names.join(', ')}`;
    return problem('UnknownMetric', message);
  }
  const twice = duplicateIn(bounds.map(({ name }) => name));
  if (twice !== undefined)
    return problem(
      'InvalidBound',
      `spec.analysis.bounds: the metric ${twice} stands there twice; merge the two`,
    );
  return {
    metrics: metrics.map((metric) => ({ ...metric, ...bounds.find(({ name }) => name === metric.name) })),
  };
}

function ownProblem(metric: Metric): Problem | null {
  const found = checkProblem(metric);
  if (found === null) return null;
  return { reason: 'InvalidCheck', message: `metric ${metric.name} of its template: ${found}` };
}

function boundProblem(metric: Metric, bounds: readonly MetricBounds[]): Problem | null {
  const read = rulesOf(metric);
  const at = bounds.findIndex(({ name }) => name === metric.name);
  if ('field' in read) {
    const ours = at >= 0 && bounds[at]?.[read.field] !== undefined;
    const place = ours ? `spec.analysis.bounds[${at}]` : `metric ${metric.name} of its template`;
    return { reason: 'InvalidBound', message: `${place}: ${read.field}: ${read.message}` };
  }
  const { share, margin, range, failure, own } = read.rules;
  if (own === true) return ownProblem(metric);
  if (share !== null || margin !== null || range !== undefined || failure !== undefined) return null;
  const message = `metric ${metric.name} has no bound (max, min or maxIncrease), so nothing could fail; set one in the template or in spec.analysis.bounds`;
  return { reason: 'InvalidBound', message };
}

/**
 * The metrics of a Rollout with all arguments filled in and its own bounds applied, or the first problem that a person
 * must fix. The queries still contain the variables of the two versions. `fields` reads the Deployment.
 */
export function resolveMetrics(
  refs: readonly TemplateRef[],
  templates: readonly AnalysisTemplate[],
  bounds: readonly MetricBounds[],
  fields: Fields = () => undefined,
): Resolved {
  const found: Metric[] = [];
  for (const [index, ref] of refs.entries()) {
    const place = `spec.analysis.templates[${index}] (${ref.kind} ${ref.name})`;
    const one = metricsOf({ ref, place, outer: new Map(), within: [] }, { templates, fields });
    if ('problem' in one) return one;
    found.push(...one.metrics);
  }
  const twice = duplicateIn(found.map(({ name }) => name));
  if (twice !== undefined) {
    const message = `spec.analysis.templates: two metrics are named ${twice}; take it from one of them (only), or rename one in its template`;
    return problem('DuplicateMetric', message);
  }
  if (found.length > MOST_METRICS)
    return problem(
      'TooManyMetrics',
      `spec.analysis.templates: ${found.length} metrics, at most ${MOST_METRICS}`,
    );
  const merged = bounded(found, bounds);
  if ('problem' in merged) return merged;
  const wrong = merged.metrics.map((metric) => boundProblem(metric, bounds)).find((one) => one !== null);
  if (wrong !== undefined) return { problem: wrong };
  if (merged.metrics.every(({ dryRun }) => dryRun)) {
    const message =
      'spec.analysis.templates: every metric is dryRun, so no step could ever pass; let one count';
    return problem('NothingCounts', message);
  }
  if (merged.metrics.every((metric) => metric.dryRun || !watchesTraffic(metric))) {
    const message =
      'spec.analysis.templates: every metric that counts is measured before the canary gets any traffic, so nothing would judge the steps; add a metric of the traffic, such as errors';
    return problem('NothingCounts', message);
  }
  return merged;
}
