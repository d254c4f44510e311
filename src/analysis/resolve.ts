import {
  type AnalysisTemplate,
  AnalysisTemplateSpec,
  type Metric,
  type MetricBounds,
} from '../api/analysis-template.ts';
import type { TemplateRef } from '../api/rollout.ts';
import { rulesOf } from './bound.ts';
import type { Problem } from './problem.ts';
import { templatesOf, VARIABLES } from './query.ts';
import { expand, variablesOf } from './variable.ts';

/** Metrics that a Release can carry. */
const MOST_METRICS = 64;

type Resolved = { readonly metrics: readonly Metric[] } | { readonly problem: Problem };

function problem(reason: string, message: string): { readonly problem: Problem } {
  return { problem: { reason, message } };
}

function where(index: number, ref: TemplateRef): string {
  return `spec.analysis.templates[${index}] (${ref.kind} ${ref.name})`;
}

function specOf(
  index: number,
  ref: TemplateRef,
  templates: readonly AnalysisTemplate[],
): Problem | AnalysisTemplateSpec {
  const found = templates.find(({ kind, metadata }) => kind === ref.kind && metadata.name === ref.name);
  if (found === undefined) {
    const message = `${where(index, ref)}: there is no such template; create it, or correct name or kind`;
    return { reason: 'TemplateNotFound', message };
  }
  const parsed = AnalysisTemplateSpec.safeParse(found.spec);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues
    .slice(0, 5)
    .map((issue) => `spec.${issue.path.join('.')}: ${issue.message}`);
  return { reason: 'InvalidTemplate', message: `${where(index, ref)}: ${issues.join('; ')}` };
}

function argumentsOf(
  index: number,
  ref: TemplateRef,
  spec: AnalysisTemplateSpec,
): Problem | Map<string, string> {
  const known = spec.args ?? [];
  const given = new Map((ref.args ?? []).map(({ name, value }) => [name, value]));
  const stranger = [...given.keys()].find((name) => !known.some((one) => one.name === name));
  const names = known.map(({ name }) => name).join(', ') || 'none';
  if (stranger !== undefined) {
    const message = `${where(index, ref)}: it has no argument ${stranger}; its arguments: ${names}`;
    return { reason: 'UnknownArgument', message };
  }
  const values = new Map<string, string>();
  for (const { name, value } of known) {
    const chosen = given.get(name) ?? value;
    if (chosen === undefined) {
      const message = `${where(index, ref)}: the argument ${name} has no default; give it under args`;
      return { reason: 'MissingArgument', message };
    }
    values.set(name, chosen);
  }
  return values;
}

function filled(promql: string, args: ReadonlyMap<string, string>): { text: string } | { problem: string } {
  const expanded = expand(promql, (name) => (name.startsWith('args.') ? args.get(name.slice(5)) : undefined));
  if ('problem' in expanded) return expanded;
  const stranger = variablesOf(expanded.text).find(
    (name) => !(VARIABLES as readonly string[]).includes(name),
  );
  const names = [...VARIABLES, ...[...args.keys()].map((name) => `args.${name}`)].join(', ');
  return stranger === undefined
    ? expanded
    : { problem: `the variable {{${stranger}}} is not known; known are ${names}` };
}

function withArguments(metric: Metric, args: ReadonlyMap<string, string>): Metric | string {
  const texts = new Map<string, string>();
  for (const { part, promql } of templatesOf(metric)) {
    const found = filled(promql, args);
    if ('problem' in found) return `${part}: ${found.problem}`;
    texts.set(part, found.text);
  }
  const { errors, latency, drift, value } = metric;
  return {
    ...metric,
    ...(errors && {
      errors: { requests: texts.get('requests') ?? '', failures: texts.get('failures') ?? '' },
    }),
    ...(latency && { latency: { ...latency, buckets: texts.get('buckets') ?? '' } }),
    ...(drift && { drift: { ...drift, counters: texts.get('counters') ?? '' } }),
    ...(value && { value: { ...value, query: texts.get('query') ?? '' } }),
  };
}

function metricsOf(index: number, ref: TemplateRef, templates: readonly AnalysisTemplate[]): Resolved {
  const spec = specOf(index, ref, templates);
  if ('reason' in spec) return { problem: spec };
  const args = argumentsOf(index, ref, spec);
  if ('reason' in args) return { problem: args };
  const metrics: Metric[] = [];
  for (const metric of spec.metrics) {
    const at = `${where(index, ref)}: metric ${metric.name}`;
    const ready = withArguments(metric, args);
    if (typeof ready === 'string') return problem('InvalidQuery', `${at}: ${ready}`);
    metrics.push(ready);
  }
  return { metrics };
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

function boundProblem(metric: Metric, bounds: readonly MetricBounds[]): Problem | null {
  const read = rulesOf(metric);
  const at = bounds.findIndex(({ name }) => name === metric.name);
  if ('field' in read) {
    const ours = at >= 0 && bounds[at]?.[read.field] !== undefined;
    const place = ours ? `spec.analysis.bounds[${at}]` : `metric ${metric.name} of its template`;
    return { reason: 'InvalidBound', message: `${place}: ${read.field}: ${read.message}` };
  }
  const { share, margin, range } = read.rules;
  if (share !== null || margin !== null || range !== undefined) return null;
  const message = `metric ${metric.name} has no bound (max, min or maxIncrease), so nothing could fail; set one in the template or in spec.analysis.bounds`;
  return { reason: 'InvalidBound', message };
}

/**
 * The metrics of a Rollout with all arguments filled in and its own bounds in place, or the first thing that a person
 * must put right. What the queries still hold are the variables of the two versions.
 */
export function resolveMetrics(
  refs: readonly TemplateRef[],
  templates: readonly AnalysisTemplate[],
  bounds: readonly MetricBounds[],
): Resolved {
  const found: Metric[] = [];
  for (const [index, ref] of refs.entries()) {
    const one = metricsOf(index, ref, templates);
    if ('problem' in one) return one;
    found.push(...one.metrics);
  }
  const twice = duplicateIn(found.map(({ name }) => name));
  if (twice !== undefined) {
    const message = `spec.analysis.templates: two metrics are named ${twice}; rename one in its template`;
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
  return merged;
}
