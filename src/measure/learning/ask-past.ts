import { calibrationOf } from '../../analysis/calibration/learn.ts';
import type { Stretch } from '../../analysis/calibration/stretch.ts';
import type { ArmQuery } from '../../analysis/evidence/sample.ts';
import type { QueryNames } from '../../analysis/templates/query.ts';
import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { Calibration } from '../../api/analysis/calibration.ts';
import type { Release } from '../../api/release/release.ts';
import type { Learnt } from '../../api/rollout/learnt.ts';
import { wordsOf } from '../../errors.ts';
import type { PastSources } from '../../ports/metric-source.ts';
import type { Past, Span } from '../../ports/past.ts';
import { countsOf } from '../../replay/counts.ts';
import { pastQueries } from '../../replay/queries.ts';
import { learningSpans, PAST_DAYS } from './spans.ts';
import { stretchOf } from './stretch-of.ts';

/** What must be learnt of a workload. */
export interface Lesson {
  readonly names: QueryNames;
  /** Rates of requests. */
  readonly metrics: readonly Metric[];
  /** Pods of the Deployment, and those that a canary has in its first step. */
  readonly replicas: number;
  readonly canaryPods: number;
  /** Releases of the Rollout, oldest first. */
  readonly releases: readonly Release[];
  /** What was known before. */
  readonly before: readonly Calibration[];
}

/** Queries that are sent for a lesson at most; stretches are left out where they would be more. */
const MOST_QUERIES = 24;

interface Answer {
  readonly query: ArmQuery;
  readonly past: Past;
}

async function ask(
  sources: PastSources,
  queries: readonly ArmQuery[],
  span: Span,
  { namespace, workload }: QueryNames,
  signal: AbortSignal,
): Promise<Answer[]> {
  const asker = { namespace, name: workload, signal };
  return Promise.all(
    queries.map(async (query): Promise<Answer> => {
      const past = await sources
        .past(query.promql, span, query.source, asker)
        .catch((error: unknown): Past => ({ kind: 'providerError', message: wordsOf(error) }));
      return { query, past };
    }),
  );
}

/** The counts of a metric in one stretch, or why there are none. */
function read(metric: Metric, answers: readonly Answer[], { stepMs, count }: Span): Stretch | string {
  const ours = answers.filter(({ query }) => query.metric === metric.name);
  const parts = Object.fromEntries(ours.map(({ query, past }): [string, Past] => [query.part, past]));
  const counts = countsOf(metric, parts, count - 1);
  if ('why' in counts) return counts.why;
  return stretchOf(counts, stepMs) ?? 'no requests were counted';
}

/** Everything that was read, by metric. */
interface Found {
  readonly stretches: Map<string, Stretch[]>;
  readonly why: Map<string, string>;
  queries: number;
}

async function readAll(
  sources: PastSources,
  lesson: Lesson,
  now: number,
  signal: AbortSignal,
): Promise<Found> {
  const { names, metrics, replicas, releases } = lesson;
  const queries = pastQueries(metrics, names);
  const most = Math.max(1, Math.floor(MOST_QUERIES / Math.max(1, queries.length)));
  // From the newest on: what is left out is the oldest.
  const spans = learningSpans(replicas, releases, now).toReversed().slice(0, most);
  const found: Found = { stretches: new Map(), why: new Map(), queries: 0 };
  for (const span of spans) {
    // oxlint-disable-next-line no-await-in-loop -- one stretch after the other: nobody is in a hurry
    const answers = await ask(sources, queries, span, names, signal);
    found.queries += answers.length;
    for (const metric of metrics) {
      const one = read(metric, answers, span);
      if (typeof one === 'string') found.why.set(metric.name, one);
      else found.stretches.set(metric.name, [...(found.stretches.get(metric.name) ?? []), one]);
    }
    // A source that has nothing, or does not answer, is left alone until the next time.
    if (answers.every(({ past }) => past.kind !== 'series')) break;
  }
  return found;
}

/** Asks the past of a workload. What it does not tell is kept as it was known before. Never rejects. */
export async function askPast(
  sources: PastSources,
  lesson: Lesson,
  now: number,
  signal: AbortSignal,
): Promise<Learnt> {
  const { stretches, why, queries } = await readAll(sources, lesson, now, signal);
  const metrics = lesson.metrics.flatMap(({ name }): Calibration[] => {
    const found = stretches.get(name);
    const { before, canaryPods } = lesson;
    if (found === undefined) return before.filter(({ metric }) => metric === name);
    return [calibrationOf({ metric: name, stretches: found, canaryPods, days: PAST_DAYS })];
  });
  const missing = lesson.metrics.filter(({ name }) => !stretches.has(name));
  const message = missing.map(({ name }) => `${name}: ${why.get(name) ?? 'not asked'}`).join('; ');
  const told = message === '' ? {} : { message: message.slice(0, 320) };
  return { at: new Date(now).toISOString(), queries, metrics, ...told };
}
