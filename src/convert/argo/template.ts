import { API_VERSION, type KubeObject } from '../../api/meta.ts';
import type { Field, Ledger } from '../ledger/ledger.ts';
import { copyMeta } from '../values/metadata.ts';
import { nameIn } from '../values/object-name.ts';
import { argumentOf } from './argument.ts';
import { jobMetric } from './job.ts';
import type { Metric, MetricContext } from './metric.ts';
import { prometheusMetric } from './prometheus.ts';
import type { Uses } from './uses.ts';
import { webMetric } from './web.ts';

/** Providers that Sluice does not have, and what to do. */
const OTHER_PROVIDER =
  'has no counterpart in Sluice, which asks Prometheus, webhooks and Jobs: bring the numbers into Prometheus by an exporter, or ask them by a webhook or a Job';

const CONVERTERS = { prometheus: prometheusMetric, web: webMetric, job: jobMetric } as const;

function metricOf(field: Field, index: number, context: MetricContext): Metric | null {
  const name = field.at('name').text() ?? `metric-${index + 1}`;
  const to = `metrics[${index}]`;
  const provider = field.at('provider');
  const kind = (['prometheus', 'web', 'job'] as const).find((one) => provider.at(one).isGiven);
  for (const [key, one] of provider.entries()) if (key !== kind) one.refuse(OTHER_PROVIDER);
  if (kind === undefined) {
    field.refuse(OTHER_PROVIDER);
    return null;
  }
  const metric = CONVERTERS[kind](field, name.slice(0, 63), context, to);
  if (metric === null) field.refuse('is left out, since a part that it needs is refused');
  else field.at('name').keep(`${to}.name`);
  return metric;
}

/** An argument of a template. */
interface Parameter {
  readonly name: string;
}

function parametersOf(list: Field): Parameter[] {
  return list.items().flatMap((arg, index) => {
    const name = arg.at('name').text();
    if (name === undefined) arg.refuse('has no name: correct it in the source first');
    if (name === undefined) return [];
    arg.at('name').keep(`spec.args[${index}].name`);
    if (arg.at('valueFrom', 'secretKeyRef').isGiven) {
      argumentOf(arg, `spec.args[${index}]`);
      return [];
    }
    return [{ name, ...argumentOf(arg, `spec.args[${index}]`) }];
  });
}

function namesIn(list: Field): readonly string[] {
  return list.items().flatMap((one) => one.at('metricName').text() ?? []);
}

/** The names of the arguments in a text. */
function argumentsIn(text: string): readonly string[] {
  return [...text.matchAll(/\{\{\s*args\.([^{}\s"]+)\s*\}\}/g)].map(([, name = '']) => name);
}

/** Refuses a metric that takes an argument which is not there, such as a Secret. */
function lacksArgument(field: Field, metric: Metric, args: readonly Parameter[]): boolean {
  const absent = argumentsIn(JSON.stringify(metric)).find((name) => !args.some((arg) => arg.name === name));
  if (absent === undefined) return false;
  field.refuse(
    `takes the argument ${absent}, which is not carried over (a Secret, or declared nowhere): write the metric without it`,
  );
  return true;
}

const isDry = (patterns: readonly string[], name: string): boolean =>
  patterns.some(
    (pattern) =>
      pattern === name || (pattern.endsWith('*') && name.startsWith(pattern.replace(/\.?\*$/, ''))),
  );

function metricsOf(spec: Field, template: string, uses: Uses, declared: readonly Parameter[]): Metric[] {
  const dry = namesIn(spec.at('dryRun'));
  spec.at('dryRun').keep('metrics[].dryRun');
  return spec
    .at('metrics')
    .items()
    .flatMap((one, index) => {
      const dryRun = isDry(dry, String(one.at('name').value));
      const metric = metricOf(one, index, { template, uses, dryRun });
      return metric === null || lacksArgument(one, metric, declared) ? [] : [metric];
    });
}

/** Templates that it includes, each once. */
function includedOf(list: Field): object[] {
  const found = new Map<string, object>();
  for (const [index, one] of list.items().entries()) {
    const name = nameIn(one.at('templateName'));
    const kind = one.at('clusterScope').flag() === true ? 'ClusterAnalysisTemplate' : 'AnalysisTemplate';
    one.keep(`spec.templates[${index}]`);
    if (name !== undefined) found.set(`${kind} ${name}`, { kind, name });
  }
  return [...found.values()];
}

/** Arguments that something takes; the others are remarked. */
function usedOf(
  spec: Field,
  declared: readonly Parameter[],
  metrics: readonly Metric[],
): readonly Parameter[] {
  const text = JSON.stringify(metrics);
  const isUsed = (name: unknown): boolean =>
    argumentsIn(text).includes(String(name)) || spec.at('templates').isGiven;
  for (const arg of spec.at('args').items())
    if (!isUsed(arg.at('name').value)) arg.remark('no metric that is left takes this argument');
  return declared.filter(({ name }) => isUsed(name));
}

/** An AnalysisTemplate or ClusterAnalysisTemplate; null where nothing of it is left. */
export function convertTemplate(
  ledger: Ledger,
  object: KubeObject,
  uses: Uses,
  namespace: string,
): KubeObject | null {
  const spec = ledger.root.at('spec');
  const isCluster = object.kind === 'ClusterAnalysisTemplate';
  const metadata = copyMeta(ledger.root, isCluster ? undefined : namespace);
  spec
    .at('measurementRetention')
    .remark('how many measurements are kept is not set: the newest 100 of each metric stand in the Release');
  const declared = parametersOf(spec.at('args'));
  const metrics = metricsOf(spec, object.metadata.name, uses, declared);
  const args = usedOf(spec, declared, metrics);
  const templates = includedOf(spec.at('templates'));
  if (metrics.length === 0 && templates.length === 0) {
    ledger.refuse(
      'no metric of it can be carried over, so it is not written, and Rollouts that name it do without it',
    );
    return null;
  }
  return {
    apiVersion: API_VERSION,
    kind: object.kind,
    metadata,
    spec: {
      ...(args.length > 0 && { args }),
      ...(metrics.length > 0 && { metrics: metrics.slice(0, 16) }),
      ...(templates.length > 0 && { templates: templates.slice(0, 8) }),
    },
  };
}
