import { setTimeout as after } from 'node:timers/promises';
import { countOf, percentText } from '../../../analysis/verdict/number-text.ts';
import type { Metric } from '../../../api/analysis/analysis-template.ts';
import { durationMs, formatDuration, parseDuration } from '../../../api/values/duration.ts';
import type { Past, Span } from '../../../ports/past.ts';
import type { Period } from '../../../replay/arms.ts';
import {
  countsOf,
  isShare,
  type MetricCounts,
  type NoCounts,
  type PastValues,
  valuesOf,
} from '../../../replay/counts.ts';
import { periodOf, spansOf } from '../../../replay/period.ts';
import { pointsText } from '../../../replay/plots.ts';
import { pastQueries } from '../../../replay/queries.ts';
import { FAULTS, type ReplayReport, replaySteps, type Sensitivity } from '../../../replay/replay.ts';
import { durationText as spanText } from '../../../view/duration-text.ts';
import { CliError, EXIT, usage } from '../../cli-error.ts';
import { type Asker, openPrometheus, type PrometheusFlags } from '../../preflight/prometheus.ts';
import { readServing, type Serving } from '../../preflight/serving.ts';
import { type ClusterFlags, type Session, withSession } from '../../session.ts';
import { canvasOf, type Format, say, sayData, tell } from '../../terminal/output.ts';
import { type Canvas, pad, wrap } from '../../terminal/paint.ts';
import { type Column, tableLines } from '../../terminal/table.ts';

const TITLE = 24;
const secondsText = (seconds: number | null): string =>
  seconds === null ? '-' : formatDuration(seconds * 1_000);

function line(title: string, texts: readonly string[], { width, paint }: Canvas): string[] {
  const [first = '', ...rest] = texts.flatMap((text) => wrap(text, width - TITLE));
  return [paint('strong', pad(title, TITLE)) + first, ...rest.map((text) => ' '.repeat(TITLE) + text)];
}

function falseAbortLines({ falseAborts, allowed, falseAbortsBy }: ReplayReport): string[] {
  const { hits, trials, share, low, high } = falseAborts;
  return [
    `${hits} of ${countOf(trials, 'release')}: ${percentText(share)} (95 % sure: ${percentText(low)} to ${percentText(high)}); the policy allows ${percentText(allowed)}`,
    ...falseAbortsBy.map(({ metric, count, example }) => `${metric}: ${count}, such as: ${example}`),
  ];
}

function adviceOf(report: ReplayReport): string[] {
  const { falseAborts, allowed, undecided, undecidedExample, sensitivity, split, forSeconds } = report;
  const { hits, trials, low } = falseAborts;
  const blind = sensitivity.filter(({ smallest }) => smallest === null).map(({ metric }) => metric);
  return [
    ...(low > allowed
      ? [
          'Its false-abort rate is higher than allowed: take longer windows (analysis.interval) or wider bounds.',
        ]
      : []),
    ...(undecided > trials / 10
      ? [
          `${undecided} of ${trials} releases were not over after ${secondsText(forSeconds)}: one still waits for: ${undecidedExample ?? '-'}. Take a longer --for, fewer minRequests, or see sluice preflight.`,
        ]
      : []),
    ...(blind.length > 0
      ? [
          `Not even half of all requests going bad is found by ${blind.join(', ')}: the traffic is too little, or the bound too wide.`,
        ]
      : []),
    ...(split === 'pods'
      ? []
      : [
          'Where there was one pod, requests were shared out one by one, so that noise between pods is not in it.',
        ]),
    ...(hits === 0
      ? ['No release was rolled back: the upper end says how sure that is; more --periods narrow it.']
      : []),
  ];
}

const cell = ({ levels }: Sensitivity, extra: number): string => {
  const level = levels.find((one) => one.extra === extra);
  if (level === undefined) return '-';
  const { found, medianSeconds } = level;
  return `${percentText(found.share)}${medianSeconds === null ? '' : ` in ${secondsText(medianSeconds)}`}`;
};

function powerTable({ sensitivity }: ReplayReport, canvas: Canvas): string[] {
  const columns = sensitivity.map(
    (one): Column<number> => ({ title: one.metric.toUpperCase(), cell: (extra) => cell(one, extra) }),
  );
  const title = 'MORE BAD';
  return tableLines(FAULTS, [{ title, cell: pointsText }, ...columns], canvas);
}

/** The report in words. */
export function view(report: ReplayReport, canvas: Canvas): string[] {
  const { rollout, periods, forSeconds, windowSeconds, split, seed, fromMs, toMs, empty, leftOut } = report;
  const { medianSeconds, p90Seconds, promoted, undecided, falseAborts, sensitivity, countsFromMs } = report;
  const rates = periods.map(({ perSecond }) => perSecond).toSorted((a, b) => a - b);
  const rate = Number((rates[Math.floor(rates.length / 2)] ?? 0).toPrecision(3));
  const aborted = falseAborts.hits;
  const reach =
    countsFromMs === undefined ? '' : ` (the counts go back only ${spanText(toMs - countsFromMs)})`;
  const skipped =
    empty === 0 ? '' : `; ${empty} more had no version that served all along, or no requests${reach}`;
  return [
    ...wrap(
      `The policy of Rollout ${rollout} over the last ${spanText(toMs - fromMs)}: releases of a version that is as good as stable, since it is stable`,
      canvas.width,
    ),
    '',
    ...line(
      'Past',
      [
        `${countOf(periods.length, 'period')} of ${secondsText(forSeconds)}, windows of ${secondsText(windowSeconds)}, ${rate} requests/s in the median, split by ${split}, seed ${seed}${skipped}`,
      ],
      canvas,
    ),
    ...line('False aborts', falseAbortLines(report), canvas),
    ...line(
      'Time to promotion',
      [
        `median ${secondsText(medianSeconds)}, 9 of 10 within ${secondsText(p90Seconds)} (${promoted} promoted, ${aborted} rolled back, ${undecided} undecided)`,
      ],
      canvas,
    ),
    ...line(
      'Smallest fault found',
      sensitivity.map(
        ({ metric, smallest }) =>
          `${metric}: ${smallest === null ? 'none' : `${pointsText(smallest)} of its requests going bad (in 8 of 10 releases)`}`,
      ),
      canvas,
    ),
    '',
    ...powerTable(report, canvas),
    ...leftOut.flatMap(({ metric, why }) => wrap(`Left out: ${metric}: ${why}`, canvas.width)),
    ...adviceOf(report).flatMap((text) => wrap(text, canvas.width)),
  ];
}

async function metricsAt(
  { metrics, names }: Serving,
  prometheus: Asker,
  durationText: Span,
): Promise<(MetricCounts | PastValues | NoCounts)[]> {
  const asked = await Promise.all(
    pastQueries(metrics, names).map(async (query) => ({
      query,
      past: await prometheus.past(query.promql, durationText),
    })),
  );
  return metrics.filter(hasPast).map((metric) => {
    const ours = asked.filter(({ query }) => query.metric === metric.name);
    const parts = Object.fromEntries(ours.map(({ query, past }): [string, Past] => [query.part, past]));
    return isShare(metric)
      ? countsOf(metric, parts, durationText.count - 1)
      : valuesOf(metric, parts.query, durationText.count - 1);
  });
}

const hasPast = (metric: Metric): boolean => isShare(metric) || metric.value !== undefined;

/** Metrics that can only be measured live. */
function leftOutOf({ metrics }: Serving): NoCounts[] {
  return metrics
    .filter((metric) => !hasPast(metric))
    .map(({ name }) => ({
      metric: name,
      why: 'it is measured by asking at the time, which the past cannot answer',
    }));
}

interface Read {
  readonly periods: Period[];
  readonly empty: number;
  readonly leftOut: readonly NoCounts[];
  /** When the first pod was counted, epoch milliseconds; null if none was. */
  readonly firstMs: number | null;
}

/** When the first window with counts of a span began. */
function firstOf({ startMs, stepMs }: Span, counts: readonly MetricCounts[]): number[] {
  const windows = counts.flatMap(({ pods }) => pods.map((pod) => pod.windows.findIndex(Boolean)));
  return windows.filter((at) => at >= 0).map((at) => startMs + at * stepMs);
}

/** How a replay tells how far it is, and learns that it should stop. */
export interface ReplayHooks {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: {
    readonly stage: 'reading' | 'replaying';
    readonly done: number;
    readonly total: number;
  }) => void;
}

/** Reads all spans; a metric without data in all of them is left out. */
async function readPeriods(
  serving: Serving,
  prometheus: Asker,
  spans: readonly Span[],
  hooks: ReplayHooks,
): Promise<Read> {
  let done = 0;
  const read = await Promise.all(
    spans.map(async (durationText) => {
      const found = await metricsAt(serving, prometheus, durationText);
      done += 1;
      hooks.onProgress({ stage: 'reading', done, total: spans.length });
      return { durationText, found };
    }),
  );
  const missing = new Map<string, NoCounts>();
  for (const { found } of read) for (const one of found) if ('why' in one) missing.set(one.metric, one);
  const known = new Set(
    read.flatMap(({ found }) => found.flatMap((one) => ('why' in one ? [] : [one.metric.name]))),
  );
  const periods = read.flatMap(({ durationText, found }) => {
    const counts = found.filter((one) => 'pods' in one);
    const values = found.filter((one) => 'values' in one);
    const complete = counts.length + values.length === known.size && counts.length > 0;
    const period = complete ? periodOf(durationText, counts, values) : null;
    return period === null ? [] : [period];
  });
  const leftOut = [...missing.values()].filter(({ metric }) => !known.has(metric));
  const first = read.flatMap(({ durationText, found }) =>
    firstOf(
      durationText,
      found.filter((one) => 'pods' in one),
    ),
  );
  return {
    periods,
    empty: spans.length - periods.length,
    leftOut: [...leftOutOf(serving), ...leftOut],
    firstMs: first.length === 0 ? null : Math.min(...first),
  };
}

/** Longest range query; Prometheus gives at most 11,000 points. */
const MOST_WINDOWS = 10_000;

interface Flags extends ClusterFlags, PrometheusFlags {
  readonly rootNamespace: string;
  readonly since: string;
  readonly for: string;
  readonly periods: number;
  readonly runs: number;
  readonly faultRuns: number;
  readonly seed: number;
  readonly html?: string;
  readonly output?: Format | undefined;
}

/** Milliseconds of `--since`, which may be in days. */
export function sinceMs(text: string): number {
  const days = /^([0-9]+)d$/.exec(text)?.[1];
  const ms = days === undefined ? parseDuration(text) : Number(days) * 86_400_000;
  if (!ms) throw usage(`--since ${text} is no time`, 'write it like 7d, 12h or 30m');
  return ms;
}

/** How long it replays before others get their turn. */
const TURN_MS = 15;

/** Replays release after release, and lets others in between: they share one thread. */
async function drained(steps: ReturnType<typeof replaySteps>, hooks: ReplayHooks): Promise<ReplayReport> {
  let since = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() - since < TURN_MS) continue;
    hooks.onProgress({ stage: 'replaying', ...step.value });
    await after(1);
    hooks.signal.throwIfAborted();
    since = performance.now();
  }
}

function spansFor(flags: Pick<Flags, 'since' | 'for' | 'periods'>, { policy }: Serving): readonly Span[] {
  const [lengthMs, forMs] = [sinceMs(flags.since), parseDuration(flags.for)];
  if (!forMs) throw usage(`--for ${flags.for} is no duration`, 'write it like 30m');
  const stepMs = durationMs(policy.analysis.interval);
  if (forMs / stepMs > MOST_WINDOWS)
    throw usage(`--for ${flags.for} has more than ${MOST_WINDOWS} windows`, 'take a shorter one');
  const toMs = Date.now() - 1_000;
  return spansOf({ fromMs: toMs - lengthMs, toMs, stepMs, forMs, most: flags.periods });
}

/** Why nothing can be replayed. A Prometheus that is too young for what was asked is the usual cause. */
function noPast({ leftOut, firstMs }: Read, toMs: number, follow: string): CliError {
  const forMs = parseDuration(follow) ?? 0;
  const why = leftOut.map(({ metric, why: text }) => `${metric}: ${text}`);
  if (firstMs !== null && toMs - firstMs < forMs)
    return new CliError(
      `there is no past to replay: the counts go back ${spanText(toMs - firstMs)}, and a release takes ${follow} of them`,
      {
        exit: EXIT.unanswered,
        next: ['follow it for a shorter time (--for), or wait until there is more', ...why],
      },
    );
  return new CliError('there is no past to replay', {
    exit: EXIT.unanswered,
    next:
      leftOut.length > 0
        ? why
        : ['no version served all along with requests; try a shorter --for, or look with sluice preflight'],
  });
}

/** The policy of a Rollout, replayed on its past. */
export async function reportFor(
  session: Session,
  name: string | undefined,
  flags: Omit<Flags, keyof ClusterFlags | 'html' | 'output'>,
  hooks: ReplayHooks,
): Promise<ReplayReport> {
  const serving = await readServing(session, name, flags.rootNamespace);
  const { rollout, policy, calibrations } = serving;
  const toMs = Date.now() - 1_000;
  const spans = spansFor(flags, serving);
  hooks.onProgress({ stage: 'reading', done: 0, total: spans.length });
  const prometheus = await openPrometheus(session, flags, hooks.signal);
  const read = await readPeriods(serving, prometheus, spans, hooks);
  const { periods, empty, leftOut, firstMs } = read;
  if (periods.length === 0) throw noPast(read, toMs, flags.for);
  const fromMs = toMs - sinceMs(flags.since);
  const isYoung = firstMs !== null && firstMs > fromMs + durationMs(policy.analysis.interval);
  const { runs, faultRuns, seed } = flags;
  const input = {
    rollout: rollout.metadata.name,
    namespace: rollout.metadata.namespace ?? '',
    fromMs,
    toMs,
    seed,
    leftOut,
    empty,
    ...(isYoung ? { countsFromMs: firstMs } : {}),
    policy,
    calibrations,
    periods,
    runs,
    faultRuns,
  };
  return drained(replaySteps(input), hooks);
}

/** Nobody stops it but by Ctrl-C, which ends the process. */
function hooksOf(): ReplayHooks {
  let isSaid = false;
  return {
    signal: new AbortController().signal,
    onProgress: ({ total }) => {
      if (isSaid || !process.stderr.isTTY) return;
      isSaid = true;
      tell(`reading ${countOf(total, 'period')} …`);
    },
  };
}

/** `sluice replay [NAME]`. */
export async function run(name: string | undefined, flags: Flags): Promise<void> {
  const report = await withSession(flags, (session) => reportFor(session, name, flags, hooksOf()));
  const { output, html } = flags;
  if (html !== undefined) {
    const [{ writeFile }, { replayPage }] = await Promise.all([
      import('node:fs/promises'),
      import('../../../replay/page.ts'),
    ]);
    await writeFile(html, replayPage(report)).catch((error: Error) => {
      throw usage(`${html} cannot be written: ${error.message}`);
    });
    tell(`written to ${html}`);
  }
  if (output === 'json' || output === 'yaml') return sayData(output, report);
  say(...view(report, canvasOf()));
}
