import type { KubeObject } from '../../api/meta.ts';
import { isFields } from '../ledger/path.ts';

/** What the Rollouts among the objects make of the templates: values of arguments, and names of versions. */
export interface Uses {
  /** Every value that an argument of a template has somewhere, defaults included. */
  values(template: string, argument: string): readonly string[];
  /** Whether a text names a version: a Service of canary, stable, preview, or active. */
  namesVersion(text: string): boolean;
  /** Whether an argument is the hash of a version, or holds the name of one. */
  isOfVersion(template: string, argument: string): boolean;
  /** Whether every use of a template comes before the traffic. */
  isBeforeTraffic(template: string): boolean;
}

const HASH = '{{hash}}';
const SERVICES = /^(?:canaryService|stableService|activeService|previewService|pingService|pongService)$/;

function walk(value: unknown, visit: (key: string, value: unknown) => void): void {
  const inner = Array.isArray(value)
    ? value.map((one): [string, unknown] => ['', one])
    : isFields(value)
      ? Object.entries(value)
      : [];
  for (const [key, one] of inner) {
    visit(key, one);
    walk(one, visit);
  }
}

interface Use {
  readonly template: string;
  readonly args: readonly Readonly<Record<string, unknown>>[];
  readonly isBefore: boolean;
}

function usesIn(rollout: KubeObject): Use[] {
  const uses: Use[] = [];
  const of = (analysis: unknown, isBefore: boolean): void => {
    if (!isFields(analysis) || !Array.isArray(analysis['templates'])) return;
    const args = Array.isArray(analysis['args']) ? analysis['args'].filter(isFields) : [];
    for (const one of analysis['templates'].filter(isFields))
      uses.push({ template: String(one['templateName']), args, isBefore });
  };
  const strategy = (
    rollout as {
      spec?: { strategy?: { canary?: Record<string, unknown>; blueGreen?: Record<string, unknown> } };
    }
  ).spec?.strategy;
  of(strategy?.canary?.['analysis'], false);
  const steps = Array.isArray(strategy?.canary?.['steps']) ? strategy.canary['steps'].filter(isFields) : [];
  const first = steps.findIndex((step) => step['setWeight'] !== undefined);
  for (const [index, step] of steps.entries()) of(step['analysis'], first >= 0 && index < first);
  of(strategy?.blueGreen?.['prePromotionAnalysis'], true);
  of(strategy?.blueGreen?.['postPromotionAnalysis'], false);
  return uses;
}

function valueText(arg: Readonly<Record<string, unknown>>): string | undefined {
  const { value, valueFrom } = arg;
  if (isFields(valueFrom) && valueFrom['podTemplateHashValue'] !== undefined) return HASH;
  return typeof value === 'string' ? value : undefined;
}

/** Reads how the Rollouts among the objects use templates. */
export function usesOf(objects: readonly KubeObject[]): Uses {
  const rollouts = objects.filter(({ kind }) => kind === 'Rollout');
  const uses = rollouts.flatMap(usesIn);
  const names = new Set<string>();
  for (const rollout of rollouts)
    walk(rollout['spec'], (key, value) => {
      if (SERVICES.test(key) && typeof value === 'string' && value !== '') names.add(value);
    });
  const templates = objects.filter(({ kind }) => kind.endsWith('AnalysisTemplate'));
  const defaults = templates.flatMap((one) => {
    const args = (one['spec'] as { args?: unknown } | undefined)?.args;
    return Array.isArray(args)
      ? [{ template: one.metadata.name, args: args.filter(isFields), isBefore: false }]
      : [];
  });
  const namesVersion = (text: string): boolean =>
    text.includes(HASH) ||
    [...names].some((name) => text === name || text.startsWith(`${name}.`) || text.includes(`.${name}.`));
  const values = (template: string, argument: string): string[] => {
    const own = [...uses, ...defaults].filter((use) => use.template === template);
    return [
      ...new Set(
        own.flatMap(({ args }) =>
          args.filter(({ name }) => name === argument).flatMap((arg) => valueText(arg) ?? []),
        ),
      ),
    ];
  };
  return {
    values,
    namesVersion,
    isOfVersion: (template, argument) => values(template, argument).some(namesVersion),
    isBeforeTraffic: (template) => {
      const own = uses.filter((use) => use.template === template);
      return own.length > 0 && own.every(({ isBefore }) => isBefore);
    },
  };
}
