import { writeFile } from 'node:fs/promises';
import { createPodsOf } from '../../../adapters/kubernetes/pods.ts';
import { workText } from '../../../analysis/covariates/work-text.ts';
import { ruleText } from '../../../analysis/templates/rule-text.ts';
import { cadenceOf } from '../../../analysis/verdict/cadence.ts';
import { countText, latencyText, percentText } from '../../../analysis/verdict/number-text.ts';
import { tracksOf } from '../../../analysis/verdict/track.ts';
import type { Metric } from '../../../api/analysis/analysis-template.ts';
import type { ArmCounts, MetricState } from '../../../api/release/analysis-state.ts';
import type { Release } from '../../../api/release/release.ts';
import type { ReleaseView } from '../../../view/release-view.ts';
import { viewOf } from '../../../view/view-of.ts';
import { usage } from '../../cli-error.ts';
import { readInventory, releaseFor } from '../../inventory.ts';
import { readStore } from '../../preflight/cluster-store.ts';
import { passNow } from '../../preflight/pass-now.ts';
import { type ClusterFlags, type Session, withSession } from '../../session.ts';
import { canvasOf, type Format, remark, say, sayData } from '../../terminal/output.ts';
import { type Canvas, pad, wrap } from '../../terminal/paint.ts';
import { tableLines } from '../../terminal/table.ts';
import { trackLines } from '../../terminal/track-lines.ts';
import { VERDICTS } from '../../terminal/verdict-mark.ts';

function boundsText(release: Release, name: string): string {
  const metric = release.spec.metrics.find((one) => one.name === name);
  return metric === undefined ? '' : `${ruleText(metric)}; without data: ${metric.onNoData}`;
}

interface Arm {
  readonly name: string;
  readonly counts: ArmCounts;
}

function share({ events }: ArmCounts, bad: number | undefined): string {
  return bad === undefined || events === 0 ? '-' : `${countText(bad)} (${percentText(bad / events)})`;
}

function countsTable({ canary, stable }: MetricState, metric: Metric | undefined, canvas: Canvas): string[] {
  // Of a Job there is nothing to count.
  if (metric?.job !== undefined) return [];
  const isMeasured = metric !== undefined && cadenceOf(metric) !== null;
  const isAlone = isMeasured || metric?.golden !== undefined;
  const arms: Arm[] = [
    { name: 'canary', counts: canary },
    // Only the canary is measured, or asked for expected answers.
    ...(isAlone ? [] : [{ name: 'stable', counts: stable }]),
  ];
  const hasOver = arms.some(({ counts }) => counts.over !== undefined);
  const hasQuantile = arms.some(({ counts }) => counts.quantile !== undefined);
  return tableLines(
    arms,
    [
      { title: 'VERSION', cell: ({ name }) => name },
      { title: isMeasured ? 'MEASUREMENTS' : 'REQUESTS', cell: ({ counts }) => countText(counts.events) },
      { title: 'BAD', cell: ({ counts }) => share(counts, counts.bad) },
      ...(hasOver
        ? [{ title: 'OVER THE BOUND', cell: ({ counts }: Arm) => share(counts, counts.over) }]
        : []),
      ...(hasQuantile
        ? [
            {
              title: 'LAST WINDOW',
              cell: ({ counts }: Arm) => (counts.quantile === undefined ? '-' : latencyText(counts.quantile)),
            },
          ]
        : []),
    ],
    { ...canvas, width: canvas.width - 4 },
  ).map((line) => `    ${line}`);
}

/** The work that both versions had lately; none for a metric without covariates, or before they are counted. */
export function workLines(metric: Metric | undefined, state: MetricState, width: number): string[] {
  const covariates = metric?.latency?.explainedBy;
  const known = state.explained;
  const text = covariates === undefined || known === undefined ? '' : workText(covariates, known);
  return text === '' ? [] : wrap(`canary against stable: ${text}`, width);
}

function metricLines(release: Release, state: MetricState, canvas: Canvas): string[] {
  const { paint, width } = canvas;
  const { mark, tone } = VERDICTS[state.verdict];
  const metric = release.spec.metrics.find(({ name }) => name === state.name);
  return [
    '',
    `${paint(tone, `${mark} ${state.verdict}`)}  ${paint('strong', state.name)}`,
    ...wrap(boundsText(release, state.name), width - 4).map((line) => `    ${paint('faint', line)}`),
    ...wrap(state.message, width - 4).map((line) => `    ${line}`),
    ...workLines(metric, state, width - 4).map((line) => `    ${paint('faint', line)}`),
    ...countsTable(state, metric, canvas),
    ...(metric === undefined ? [] : trackLines(release, metric, state, canvas)),
  ];
}

function trailLines({ status }: Release, { paint }: Canvas): string[] {
  const trail = status?.trail ?? [];
  if (trail.length === 0) return [];
  const column = Math.max(...trail.map(({ phase }) => phase.length)) + 3;
  return [
    '',
    paint('strong', 'Transitions'),
    ...trail.map(({ at, phase, reason }) => `  ${at.slice(11, 19)}  ${pad(phase, column)}${reason}`),
  ];
}

/** What was known before the release, by which its verdicts are weighed. */
export function pastLines(calibrations: ReleaseView['calibrations'], { paint, width }: Canvas): string[] {
  if (calibrations.length === 0) return [];
  const lines = calibrations.flatMap(({ metric, text }) => wrap(`${metric}: ${text}`, width - 2));
  return ['', paint('strong', 'Known before'), ...lines.map((line) => `  ${line}`)];
}

/** Why a release is where it is: the reason, each verdict with its numbers, and its history. */
export function view(release: Release, canvas: Canvas): string[] {
  const { paint, width, now } = canvas;
  const { heading, place, tone, next, analysis, traffic, calibrations } = viewOf({ release, now });
  const { what, why } = next;
  const metrics = release.status?.analysis?.metrics ?? [];
  const lines = [
    ...(place.message === undefined ? [] : [place.message]),
    `Next: ${what}${why === undefined || why === place.message ? '' : ` (${why})`}`,
    ...(traffic.rounding === undefined ? [] : [`Steps: ${traffic.rounding}`]),
    ...(analysis.basis === undefined ? [] : [`Compared: ${analysis.basis}`]),
    ...(analysis.load === undefined ? [] : [`Load: ${analysis.load.text}`]),
    ...(heading.trace === undefined ? [] : [`Trace: ${heading.trace}`]),
  ];
  return [
    `${paint('strong', heading.release ?? '')} is ${paint(tone, place.text)}: ${place.label}`,
    ...lines.flatMap((line) => wrap(line, width - 2)).map((line) => `  ${line}`),
    ...(metrics.length === 0 ? ['', 'No window has been judged yet.'] : []),
    ...metrics.flatMap((state) => metricLines(release, state, canvas)),
    ...pastLines(calibrations, canvas),
    ...trailLines(release, canvas),
  ];
}

/** The evidence with its windows as rates, bands and limits. */
function explained({ spec, status }: Release): object {
  const { analysis } = status ?? {};
  const metrics = analysis?.metrics.map((state) => {
    const metric = spec.metrics.find(({ name }) => name === state.name);
    return { ...state, tracks: metric === undefined ? [] : tracksOf(metric, state, spec) };
  });
  return { ...analysis, ...(metrics && { metrics }) };
}

interface Flags extends ClusterFlags {
  readonly output?: Format | undefined;
  readonly record?: string;
  readonly rootNamespace: string;
}

/** Gathering time of istiod where nobody has set another: the CLI cannot ask it. */
const GATHER_MS = 10_000;

/** Writes what a pass over the Release would be decided from now. */
async function record(session: Session, name: string, file: string, rootNamespace: string): Promise<void> {
  const settings = { rootNamespace, istiodDebounceMax: GATHER_MS };
  const store = await readStore(session, settings);
  const podsOf = createPodsOf(session.client);
  const { namespace } = session;
  const unread = [...new Set(store.hidden.map(({ kind }) => `${kind} (you may not list them)`))];
  const pass = await passNow({ store, settings, podsOf }, { namespace, name }, Date.now());
  await writeFile(file, `${JSON.stringify(pass, null, 2)}\n`, { flag: 'wx' }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST')
        throw usage(`${file} is there already`, 'choose another name, or take it away first');
      throw usage(`${file} cannot be written: ${error.message}`);
    },
  );
  remark(
    `written to ${file}, without values of environment variables, arguments and headers; names, images and routes are in it. Not in it: ${[...pass.unknown, ...unread].join(', ')}; the controller's log at --log-level debug has those.`,
  );
}

/** `sluice explain [NAME]`. */
export async function run(name: string | undefined, flags: Flags): Promise<void> {
  const release = await withSession(flags, async (session) => {
    const found = releaseFor(await readInventory(session), name);
    if (flags.record !== undefined)
      await record(session, found.metadata.name, flags.record, flags.rootNamespace);
    return found;
  });
  const { output } = flags;
  if (output === 'json' || output === 'yaml') return sayData(output, explained(release));
  say(...view(release, canvasOf()));
}
