import { z } from 'zod';
import {
  type AnalysisTemplate,
  AnalysisTemplateSpec,
  type Metric,
} from '../../api/analysis/analysis-template.ts';
import { TemplateRef } from '../../api/analysis/template-ref.ts';
import type { Problem } from '../reasons.ts';
import { type Arguments, argumentLookup, argumentsOf, type Fields } from './argument.ts';
import { filled } from './fill.ts';
import { partText, templatesOf, VARIABLES } from './query.ts';
import { expand, variablesOf } from './variable.ts';

/** Maximum depth of included templates, counting the first. */
const DEEPEST = 4;

/** Metrics, or what a person must fix. */
export type Resolved = { readonly metrics: readonly Metric[] } | { readonly problem: Problem };

/** Where templates and fields are looked up. */
export interface Library {
  readonly templates: readonly AnalysisTemplate[];
  readonly fields: Fields;
}

/** Maximum number of templates for one policy. */
const MOST_TEMPLATES = 64;

function includedBy({ spec }: AnalysisTemplate): readonly TemplateRef[] {
  const parsed = z.array(TemplateRef).safeParse(spec?.templates);
  return parsed.success ? parsed.data : [];
}

/** The named templates, with all that they include, and those that `find` does not know. */
export function gatherTemplates(
  refs: readonly TemplateRef[],
  find: (ref: TemplateRef) => AnalysisTemplate | null | undefined,
): { readonly templates: readonly AnalysisTemplate[]; readonly absent: readonly TemplateRef[] } {
  const found = new Map<string, AnalysisTemplate>();
  const absent: TemplateRef[] = [];
  const waiting = [...refs];
  for (let ref = waiting.shift(); ref !== undefined && found.size < MOST_TEMPLATES; ref = waiting.shift()) {
    const key = `${ref.kind} ${ref.name}`;
    const template = found.has(key) ? undefined : find(ref);
    if (found.has(key)) continue;
    if (template === undefined || template === null) {
      absent.push(ref);
      continue;
    }
    found.set(key, template);
    waiting.push(...includedBy(template));
  }
  return { templates: [...found.values()], absent };
}

/** A template to apply. */
interface Use {
  readonly ref: TemplateRef;
  /** The field that names it, for messages. */
  readonly place: string;
  /** Arguments of the template that includes it. */
  readonly outer: Arguments;
  /** Templates that include it, the outermost first. */
  readonly within: readonly TemplateRef[];
}

function problem(reason: Problem['reason'], message: string): { readonly problem: Problem } {
  return { problem: { reason, message } };
}

function specOf({ ref, place }: Use, templates: readonly AnalysisTemplate[]): Problem | AnalysisTemplateSpec {
  const found = templates.find(({ kind, metadata }) => kind === ref.kind && metadata.name === ref.name);
  if (found === undefined) {
    const message = `${place}: there is no such template; create it, or correct name or kind`;
    return { reason: 'TemplateNotFound', message };
  }
  const parsed = AnalysisTemplateSpec.safeParse(found.spec);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues
    .slice(0, 5)
    .map((issue) => `spec.${issue.path.join('.')}: ${issue.message}`);
  return { reason: 'InvalidTemplate', message: `${place}: ${issues.join('; ')}` };
}

function filledQuery(promql: string, args: Arguments): { text: string } | { problem: string } {
  const expanded = expand(promql, argumentLookup(args));
  if ('problem' in expanded) return expanded;
  const stranger = variablesOf(expanded.text).find(
    (name) => !(VARIABLES as readonly string[]).includes(name),
  );
  const names = [...VARIABLES, ...[...args.keys()].map((name) => `args.${name}`)].join(', ');
  return stranger === undefined
    ? expanded
    : { problem: `the variable {{${stranger}}} is not known; known are ${names}` };
}

type Latency = NonNullable<Metric['latency']>;

function filledLatency(latency: Latency, texts: ReadonlyMap<string, string>): Latency {
  const { explainedBy, ...others } = latency;
  const buckets = texts.get('buckets') ?? '';
  if (explainedBy === undefined) return { ...others, buckets };
  const covariates = explainedBy.map((one) => {
    const filledIn = (['sum', 'per', 'gauge'] as const).flatMap((part): [string, string][] => {
      const text = texts.get(partText({ part, covariate: one.name }));
      return text === undefined ? [] : [[part, text]];
    });
    return { ...one, ...Object.fromEntries(filledIn) };
  });
  return { ...others, buckets, explainedBy: covariates };
}

function withQueries(metric: Metric, args: Arguments): Metric | string {
  const texts = new Map<string, string>();
  for (const query of templatesOf(metric)) {
    const found = filledQuery(query.promql, args);
    if ('problem' in found) return `${partText(query)}: ${found.problem}`;
    texts.set(partText(query), found.text);
  }
  const { errors, latency, drift, value } = metric;
  return {
    ...metric,
    ...(errors && {
      errors: { requests: texts.get('requests') ?? '', failures: texts.get('failures') ?? '' },
    }),
    ...(latency && { latency: filledLatency(latency, texts) }),
    ...(drift && { drift: { ...drift, counters: texts.get('counters') ?? '' } }),
    ...(value && { value: { ...value, query: texts.get('query') ?? '' } }),
  };
}

function withArguments(metric: Metric, args: Arguments): Metric | string {
  const { webhook, job } = metric;
  if (webhook?.parameters !== undefined) {
    const found = filled(webhook.parameters, args);
    if ('problem' in found) return `webhook.parameters: ${found.problem}`;
    return { ...metric, webhook: { ...webhook, parameters: found.data } };
  }
  if (job !== undefined) {
    const found = filled(job.template, args);
    return 'problem' in found
      ? `job.template: ${found.problem}`
      : { ...metric, job: { ...job, template: found.data } };
  }
  return withQueries(metric, args);
}

function ownMetrics(place: string, metrics: readonly Metric[], args: Arguments): Resolved {
  const ready: Metric[] = [];
  for (const metric of metrics) {
    const one = withArguments(metric, args);
    if (typeof one === 'string') return problem('InvalidQuery', `${place}: metric ${metric.name}: ${one}`);
    ready.push(one);
  }
  return { metrics: ready };
}

/** Why a template cannot be included there, if so. */
function includeProblem({ ref, place, within }: Use): Problem | null {
  const chain = [...within, ref].map(({ kind, name }) => `${kind} ${name}`);
  if (within.some(({ kind, name }) => kind === ref.kind && name === ref.name))
    return { reason: 'TemplateCycle', message: `${place}: it includes itself: ${chain.join(' > ')}` };
  if (chain.length > DEEPEST) {
    const message = `${place}: templates are included at most ${DEEPEST - 1} deep: ${chain.join(' > ')}`;
    return { reason: 'TemplateTooDeep', message };
  }
  if (ref.kind === 'AnalysisTemplate' && within.at(-1)?.kind === 'ClusterAnalysisTemplate') {
    const message = `${place}: a ClusterAnalysisTemplate cannot include an AnalysisTemplate, which is of one namespace; include it in the Rollout`;
    return { reason: 'InvalidTemplate', message };
  }
  return null;
}

/** Selects the named metrics, and sets their source. */
function chosen({ ref, place }: Use, metrics: readonly Metric[]): Resolved {
  const { only, source } = ref;
  const stranger = only?.find((wanted) => !metrics.some(({ name }) => name === wanted));
  if (stranger !== undefined) {
    const names = metrics.map(({ name }) => name).join(', ');
    return problem('UnknownMetric', `${place}: only: it has no metric ${stranger}; its metrics are ${names}`);
  }
  const taken = only === undefined ? metrics : metrics.filter(({ name }) => only.includes(name));
  return { metrics: source === undefined ? taken : taken.map((metric) => ({ ...metric, source })) };
}

/** The metrics of a template and of all that it includes, with every argument filled in. */
export function metricsOf(use: Use, library: Library): Resolved {
  const { ref, place, outer, within } = use;
  const refused = includeProblem(use);
  if (refused !== null) return { problem: refused };
  const spec = specOf(use, library.templates);
  if ('reason' in spec) return { problem: spec };
  const args = argumentsOf(place, ref, spec.args ?? [], outer, library.fields);
  if ('reason' in args) return { problem: args };
  const own = ownMetrics(place, spec.metrics ?? [], args);
  if ('problem' in own) return own;
  const metrics = [...own.metrics];
  for (const [index, inner] of (spec.templates ?? []).entries()) {
    const at = `${place}: spec.templates[${index}] (${inner.kind} ${inner.name})`;
    const included = metricsOf({ ref: inner, place: at, outer: args, within: [...within, ref] }, library);
    if ('problem' in included) return included;
    metrics.push(...included.metrics);
  }
  return chosen(use, metrics);
}
