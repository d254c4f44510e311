import { isDue } from '../analysis/cadence.ts';
import { preflightQueries } from '../analysis/preflight.ts';
import { queriesOf } from '../analysis/query.ts';
import type { ArmQuery, ArmSamples, Sample, WindowSamples } from '../analysis/sample.ts';
import { sameForBoth } from '../analysis/separation.ts';
import type { Window } from '../analysis/window.ts';
import type { Metric } from '../api/analysis-template.ts';
import type { MetricState, Release } from '../api/release.ts';
import { wordsOf } from '../errors.ts';
import type { Problem } from '../release/seen.ts';
import { countsRequests } from '../release/trickle.ts';
import type { MetricSources } from './metric-source.ts';

/** What reading metrics needs. */
export interface SampleDeps {
  readonly metrics: MetricSources;
  /** Resolves after so many milliseconds. */
  readonly after: (ms: number) => Promise<void>;
}

/** No answer is waited for longer, whatever the source itself promises. */
const LONGEST_MS = 10_000;
const LATE: Sample = { kind: 'providerError', message: `no answer within ${LONGEST_MS / 1_000}s` };

const NOT_ASKED: Sample = { kind: 'noData', message: 'not asked' };

async function sampleAt(
  { metrics, after }: SampleDeps,
  { promql, source }: ArmQuery,
  at: number,
): Promise<Sample> {
  const answer = metrics.sample(promql, at, source).catch((error: unknown): Sample => {
    return { kind: 'providerError', message: wordsOf(error) };
  });
  return Promise.race([answer, after(LONGEST_MS).then(() => LATE)]);
}

function queriesFor(
  release: Release,
  service: string,
  metrics: readonly Metric[] = release.spec.metrics,
): readonly ArmQuery[] {
  const { stable, canary, workload } = release.spec;
  return queriesOf(metrics, {
    namespace: release.metadata.namespace ?? '',
    workload: workload.name,
    service,
    canary: { replicaSet: canary.replicaSet, hash: canary.podTemplateHash },
    stable: { replicaSet: stable.replicaSet, hash: stable.podTemplateHash },
  });
}

function readAt(deps: SampleDeps, window: Window): (query: ArmQuery) => Promise<ArmSamples> {
  return async (query) => {
    const [start, end] = await Promise.all([
      // A number counts as it stands at the end.
      query.part === 'query' ? NOT_ASKED : sampleAt(deps, query, window.start),
      sampleAt(deps, query, window.end),
    ]);
    return { ...query, start, end };
  };
}

/**
 * The counters of all metrics at both ends of a window, those aside that are not to be measured at its end. `known` is
 * what the window will be judged into. Never rejects.
 */
export async function readWindow(
  deps: SampleDeps,
  release: Release,
  service: string,
  window: Window,
  known: readonly MetricState[] = [],
): Promise<WindowSamples> {
  const due = release.spec.metrics.filter((metric) =>
    isDue(
      metric,
      known.find(({ name }) => name === metric.name),
      window,
    ),
  );
  const { start, end } = window;
  const samples = await Promise.all(queriesFor(release, service, due).map(readAt(deps, window)));
  return { start, end, samples };
}

/** The counts of requests of all metrics at both ends of a window. Never rejects. */
export async function readRequests(
  deps: SampleDeps,
  release: Release,
  service: string,
  window: Window,
): Promise<WindowSamples> {
  const { start, end } = window;
  const counting = queriesFor(release, service, release.spec.metrics).filter(countsRequests);
  return { start, end, samples: await Promise.all(counting.map(readAt(deps, window))) };
}

/** What stands against judging by these metrics, looked for on stable before anything is changed. Never rejects. */
export async function probeMetrics(
  deps: SampleDeps,
  release: Release,
  service: string,
  now: number,
): Promise<Problem | null> {
  const queries = queriesFor(release, service);
  const asked = queries.filter(({ arm, part }) => arm === 'stable' || part === 'query');
  const probes = await Promise.all(
    asked.map(async (query) => ({ ...query, sample: await sampleAt(deps, query, now) })),
  );
  return preflightQueries(release.spec.metrics, probes) ?? sameForBoth(queries);
}
