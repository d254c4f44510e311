import type { KubeObject } from '../../../api/meta.ts';
import { convert, type Given, peerOf } from '../../../convert/convert.ts';
import { type Counts, countsOf } from '../../../convert/ledger/report.ts';
import type { Converted, MoveStep, Settings } from '../../../convert/output.ts';
import { CliError, EXIT, usage } from '../../cli-error.ts';
import { fromCluster } from '../../convert/from-cluster.ts';
import { type Line, linesOf } from '../../convert/lines.ts';
import { manifestsText, validOnly } from '../../convert/write.ts';
import { readManifests } from '../../manifest-files.ts';
import { type ClusterFlags, withSession } from '../../session.ts';
import { harmlessYaml } from '../../terminal/harmless.ts';
import { type Format, sayData, sayText, tell } from '../../terminal/output.ts';
import { type Canvas, paintFor } from '../../terminal/paint.ts';
import type { Source } from '../../validation/documents.ts';

interface Flags extends ClusterFlags {
  readonly fromCluster?: boolean;
  readonly output?: Format | undefined;
  readonly analysis: string;
  readonly plan?: boolean;
  readonly provider: string;
  readonly route?: string;
}

const ROUTES = ['VirtualService', 'HTTPRoute', 'GRPCRoute'] as const;

/** The route of `--route KIND/NAME`. */
function routeOf(text: string | undefined): Settings['route'] {
  if (text === undefined) return undefined;
  const [, prefix = '', name = ''] = /^([a-zA-Z]+)\/([a-z0-9][-a-z0-9.]*)$/.exec(text) ?? [];
  const kind = ROUTES.find((one) => one.toLowerCase() === prefix.toLowerCase());
  if (kind === undefined)
    throw usage(
      `--route ${text}: must be KIND/NAME`,
      `write --route ${ROUTES.join('/NAME, or --route ')}/NAME`,
    );
  return { kind, name };
}

/** An object of any kind; null for what is none, such as values for Helm. */
function objectOf({ value }: Source): KubeObject | null {
  const { apiVersion, kind, metadata } = (value ?? {}) as Partial<KubeObject>;
  const isObject =
    typeof apiVersion === 'string' && typeof kind === 'string' && typeof metadata?.name === 'string';
  return isObject ? (value as KubeObject) : null;
}

async function fromFiles(paths: readonly string[]): Promise<readonly Given[]> {
  const { sources, findings } = await readManifests(paths);
  const [wrong] = findings;
  if (wrong !== undefined)
    throw new CliError(`${wrong.file}:${wrong.document}: ${wrong.message}`, {
      next: ['correct it first; templates of Helm are rendered by: helm template'],
    });
  return sources.flatMap((source) => {
    const object = objectOf(source);
    if (object === null && isNameless(source))
      throw new CliError(
        `${source.file}:${source.document}: has no metadata.name: name it, or render it first`,
      );
    return object === null ? [] : [{ object, place: `${source.file}:${source.document}` }];
  });
}

/** Whether it is an object of one of the two, but has no name. */
function isNameless({ value }: Source): boolean {
  const { apiVersion, kind } = (value ?? {}) as Partial<KubeObject>;
  return (
    typeof apiVersion === 'string' &&
    typeof kind === 'string' &&
    peerOf({ apiVersion, kind, metadata: { name: '' } }) !== undefined
  );
}

const MARKS: Readonly<Record<string, 'faint' | 'bad' | 'doubt'>> = {
  remark: 'faint',
  refused: 'bad',
  unknown: 'bad',
};

const countsText = ({ mapped, remark, refused, unknown }: Counts): string =>
  [
    `${mapped} mapped`,
    `${remark} with a remark`,
    `${refused} refused`,
    ...(unknown > 0 ? [`${unknown} unknown`] : []),
  ].join(', ');

function lineText({ outcome, text }: Line, { paint }: Pick<Canvas, 'paint'>): string {
  return `  ${paint(MARKS[outcome] ?? 'faint', outcome.padEnd(8))} ${text}`;
}

/** The report for people: of each object how many values had which fate, and each that is not simply mapped. */
export function view(all: readonly Converted[], canvas: Pick<Canvas, 'paint'>): string[] {
  const lines = all.flatMap(({ origin: { kind, namespace, name, place }, rows }) => [
    `${kind} ${namespace}/${name} (${place}): ${countsText(countsOf(rows))}`,
    ...linesOf(rows).map((line) => lineText(line, canvas)),
  ]);
  const sum = countsOf(all.flatMap(({ rows }) => rows));
  return [...lines, `${all.length} object${all.length === 1 ? '' : 's'}: ${countsText(sum)}`];
}

function stepLines({ title, why, commands }: MoveStep, index: number): string[] {
  return [`# ${index + 1}. ${title}`, ...why.map((line) => `#    ${line}`), ...commands, ''];
}

/** The way over as a script with comments, and the way back as comments. */
export function planText({ origin: { kind, namespace, name }, move }: Converted): string {
  if (move === undefined)
    return `# ${kind} ${namespace}/${name}: there is no plan for it: see manifests/docs/moving-in.md\n`;
  const back = move.back
    .flatMap(stepLines)
    .map((line) => (line.startsWith('#') || line === '' ? line : `#   ${line}`));
  return [
    `# ${kind} ${namespace}/${name}: the way over. Sluice is installed (manifests/README.md); sluice.yaml is the output of sluice convert.`,
    '',
    ...move.steps.flatMap(stepLines),
    '# The way back',
    ...back,
  ].join('\n');
}

const isWorkload = ({ origin: { kind } }: Converted): boolean => kind === 'Rollout' || kind === 'Canary';

/** Whether something could not be carried over. */
const isIncomplete = (all: readonly Converted[]): boolean =>
  all.some(({ rows }) => rows.some(({ outcome }) => outcome === 'refused' || outcome === 'unknown'));

/** What is read, and the namespace of objects that name none. */
async function read(
  paths: readonly string[],
  flags: Flags,
): Promise<{ readonly given: readonly Given[]; readonly namespace: string }> {
  if (flags.fromCluster !== true) {
    if (flags.allNamespaces === true)
      throw usage('-A is of --from-cluster: files have the namespaces of their objects', 'leave -A out');
    if (paths.length === 0)
      throw usage(
        'there is nothing to convert',
        'name files or folders, - for standard input, or --from-cluster',
      );
    return { given: await fromFiles(paths), namespace: flags.namespace ?? 'default' };
  }
  if (paths.length > 0)
    throw usage('--from-cluster reads the cluster, and no files', 'leave the files or the flag out');
  return withSession(flags, async ({ client, namespace }) => ({
    given: await fromCluster(client, flags.allNamespaces === true ? undefined : namespace, tell),
    namespace,
  }));
}

/** `sluice convert FILE…`, or `--from-cluster`. */
export async function run(paths: readonly string[], flags: Flags): Promise<void> {
  const route = routeOf(flags.route);
  const { given, namespace } = await read(paths, flags);
  const settings: Settings = {
    namespace,
    analysis: flags.analysis,
    route,
    provider: flags.provider,
  };
  const all = validOnly(convert(given, settings), settings.namespace, settings.analysis);
  if (all.length === 0)
    throw new CliError('there is no object of Argo Rollouts or Flagger', {
      next: [
        ...(flags.fromCluster === true ? ['choose another namespace (-n), or all of them (-A)'] : []),
        'it reads kinds of argoproj.io (Rollout, AnalysisTemplate, ClusterAnalysisTemplate) and flagger.app (Canary, MetricTemplate, AlertProvider)',
      ],
    });
  if (flags.output === 'json' || flags.output === 'yaml')
    await sayData(flags.output, {
      objects: all.map((one) => ({ ...one, counts: countsOf(one.rows) })),
      counts: countsOf(all.flatMap(({ rows }) => rows)),
    });
  else if (flags.plan === true) sayText(harmlessYaml(all.filter(isWorkload).map(planText).join('\n')));
  else {
    const text = manifestsText(all);
    if (text !== '') sayText(harmlessYaml(text));
    tell(...view(all, { paint: paintFor(process.stderr) }));
  }
  if (isIncomplete(all)) process.exitCode = EXIT.no;
}
