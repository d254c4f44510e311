import type { KubeObject } from '../../api/meta.ts';
import type { Field } from '../ledger/ledger.ts';
import { isFields } from '../ledger/path.ts';
import type { TemplateUse } from '../policy.ts';
import { nameIn } from '../values/object-name.ts';
import { argumentOf } from './argument.ts';

/** A template that was read: what is left of it, or null where nothing is. */
export interface ReadTemplate {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  readonly written: KubeObject | null;
}

interface ReadMetric {
  readonly name: string;
  readonly dryRun?: boolean;
  readonly job?: { readonly at?: string };
}

interface Contents {
  readonly args: readonly { readonly name: string }[];
  readonly metrics: readonly ReadMetric[];
  readonly templates: readonly unknown[];
}

function contentsOf({ written }: ReadTemplate): Contents {
  return { args: [], metrics: [], templates: [], ...(written?.['spec'] as Partial<Contents>) };
}

/** Templates that a policy uses, gathered from several places of its source. */
export interface Library {
  /** Takes what an analysis of the source names. */
  take(analysis: Field): void;
  uses(): readonly TemplateUse[];
  /** Whether some metric judges the traffic. */
  judgesTraffic(): boolean;
}

const TO = 'spec.analysis.templates';
const METADATA =
  'AnalysisRuns are no objects in Sluice: what was measured stands in status.analysis of the Release';
const EVERYWHERE =
  'is judged in every window from the first weight on, whether it was a step, in the background, or before or after the promotion';
const NO_ARGUMENT =
  'has no effect: no metric that is left takes it, or its template is used before with arguments of its own';

/** Arguments of the source that a template takes; `needed` gets their names. */
function argumentsFor(args: Field, contents: Contents | null, needed: Set<unknown>): object[] {
  const takes = (name: unknown): boolean =>
    contents === null || contents.args.some((one) => one.name === name);
  return args
    .items()
    .filter((arg) => takes(arg.at('name').value))
    .flatMap((arg) => {
      const value = argumentOf(arg, `${TO}[].args`);
      const name = arg.at('name');
      name.keep(`${TO}[].args`);
      needed.add(name.value);
      return value === null || !isFields(value) ? [] : [{ name: name.value, ...value }];
    });
}

const namesOf = (contents: Contents | null): readonly string[] =>
  (contents?.metrics ?? []).map(({ name }) => name);

/** What a use says of itself. */
function remarkUse(ref: Field, title: string, contents: Contents | null, free: readonly string[]): void {
  if (contents === null) return ref.remark(`${title} is not among what was read: convert it as well`, TO);
  if (free.length === contents.metrics.length) return ref.remark(EVERYWHERE, TO);
  ref.remark(`takes ${free.join(', ')} alone: the others have the names of metrics of another template`, TO);
}

const judges = ({ metrics, templates }: Contents): boolean =>
  templates.length > 0 || metrics.some(({ dryRun, job }) => dryRun !== true && job?.at !== 'start');

interface Reference {
  readonly kind: string;
  readonly name: string;
}

function referenceOf(ref: Field): Reference | null {
  const name = nameIn(ref.at('templateName'));
  const isCluster = ref.at('clusterScope').flag() === true;
  if (name !== undefined) return { kind: isCluster ? 'ClusterAnalysisTemplate' : 'AnalysisTemplate', name };
  ref.refuse('names no template: write templateName');
  return null;
}

const isOf =
  ({ kind, name }: Reference, namespace: string) =>
  (one: ReadTemplate): boolean =>
    one.kind === kind && one.name === name && (kind.startsWith('Cluster') || one.namespace === namespace);

/** A library with the templates that were read. */
export function openLibrary(all: readonly ReadTemplate[], namespace: string): Library {
  const taken = new Map<string, TemplateUse>();
  const names = new Set<string>();
  let isJudged = false;

  const takeOne = (ref: Field, args: Field, needed: Set<unknown>): void => {
    const reference = referenceOf(ref);
    if (reference === null) return;
    const { kind, name } = reference;
    const title = `${kind} ${name}`;
    const found = all.find(isOf(reference, namespace));
    if (found?.written === null)
      return ref.refuse(
        `${title} has no metric that could be carried over: write its metrics as Sluice has them`,
      );
    if (taken.has(title))
      return ref.remark('is used once for the whole release, with the arguments of its first use', TO);
    const contents = found === undefined ? null : contentsOf(found);
    const values = argumentsFor(args, contents, needed);
    const own = namesOf(contents);
    const free = own.filter((one) => !names.has(one));
    if (own.length > 0 && free.length === 0 && contents?.templates.length === 0)
      return ref.refuse(
        `its metrics ${own.join(', ')} have the names of metrics of another template: rename them in one of the two`,
      );
    for (const one of own) names.add(one);
    remarkUse(ref, title, contents, free);
    isJudged ||= contents === null || judges(contents);
    const only = free.length < own.length ? { only: free } : {};
    taken.set(title, { kind, name, ...(values.length > 0 && { args: values }), ...only });
  };

  return {
    take: (analysis) => {
      const args = analysis.at('args');
      const needed = new Set<unknown>();
      for (const ref of analysis.at('templates').items()) takeOne(ref, args, needed);
      for (const arg of args.items()) if (!needed.has(arg.at('name').value)) arg.remark(NO_ARGUMENT);
      analysis.at('startingStep').remark('metrics are judged from the first weight on');
      analysis.at('analysisRunMetadata').refuse(METADATA);
      analysis.at('dryRun').refuse('write dryRun: true at the metric in its template');
      analysis
        .at('measurementRetention')
        .remark(
          'how many measurements are kept is not set: the newest 100 of each metric stand in the Release',
        );
    },
    uses: () => [...taken.values()].slice(0, 16),
    judgesTraffic: () => isJudged,
  };
}
