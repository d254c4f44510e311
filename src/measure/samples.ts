import type { ArmQuery, ArmSamples, Sample, WindowSamples } from '../analysis/evidence/sample.ts';
import type { Window } from '../analysis/evidence/window.ts';
import { preflightQueries } from '../analysis/templates/preflight.ts';
import { queriesOf } from '../analysis/templates/query.ts';
import { sameForBoth } from '../analysis/templates/separation.ts';
import { isDue } from '../analysis/verdict/cadence.ts';
import type { Metric } from '../api/analysis/analysis-template.ts';
import type { MetricState } from '../api/release/analysis-state.ts';
import type { Release } from '../api/release/release.ts';
import { wordsOf } from '../errors.ts';
import type { MetricSources, QueryOwner } from '../ports/metric-source.ts';
import { countsRequests } from '../release/canary/residual-traffic.ts';
import type { Problem } from '../release/reasons/catalogue.ts';

/** Dependencies of reading metrics. */
export interface SampleDeps {
  readonly metrics: MetricSources;
}

const NOT_ASKED: Sample = { kind: 'noData', message: 'not asked' };

/** Reads for a Release, as long as somebody waits for it. */
interface Reader {
  readonly metrics: MetricSources;
  readonly asker: QueryOwner;
}

function readerFor({ metrics }: SampleDeps, { metadata }: Release, signal: AbortSignal | undefined): Reader {
  return { metrics, asker: { namespace: metadata.namespace ?? '', name: metadata.name, signal } };
}

async function sampleAt({ metrics, asker }: Reader, query: ArmQuery, at: number): Promise<Sample> {
  return metrics.sample(query.promql, at, query.source, asker).catch((error: unknown): Sample => {
    return { kind: 'providerError', message: wordsOf(error) };
  });
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

function readAt(reader: Reader, window: Window): (query: ArmQuery) => Promise<ArmSamples> {
  return async (query) => {
    const [start, end] = await Promise.all([
      // A number is read at the end.
      query.part === 'query' || query.part === 'gauge' ? NOT_ASKED : sampleAt(reader, query, window.start),
      sampleAt(reader, query, window.end),
    ]);
    return { ...query, start, end };
  };
}

/**
 * The counters of all metrics that are due, at both ends of a window. `known` is the state that the window will update.
 * Never rejects.
 */
export async function readWindow(
  deps: SampleDeps,
  release: Release,
  service: string,
  window: Window,
  known: readonly MetricState[] = [],
  signal?: AbortSignal,
): Promise<WindowSamples> {
  const due = release.spec.metrics.filter((metric) =>
    isDue(
      metric,
      known.find(({ name }) => name === metric.name),
      window,
    ),
  );
  const { start, end } = window;
  const read = readAt(readerFor(deps, release, signal), window);
  const samples = await Promise.all(queriesFor(release, service, due).map(read));
  return { start, end, samples };
}

/** The counts of requests of all metrics at both ends of a window. Never rejects. */
export async function readRequests(
  deps: SampleDeps,
  release: Release,
  service: string,
  window: Window,
  signal?: AbortSignal,
): Promise<WindowSamples> {
  const { start, end } = window;
  const counting = queriesFor(release, service, release.spec.metrics).filter(countsRequests);
  const read = readAt(readerFor(deps, release, signal), window);
  return { start, end, samples: await Promise.all(counting.map(read)) };
}

/** Why these metrics cannot judge a release, checked on stable before anything is changed. Never rejects. */
export async function probeMetrics(
  deps: SampleDeps,
  release: Release,
  service: string,
  now: number,
  signal?: AbortSignal,
): Promise<Problem | null> {
  const reader = readerFor(deps, release, signal);
  const queries = queriesFor(release, service);
  const asked = queries.filter(({ arm, part }) => arm === 'stable' || part === 'query');
  const probes = await Promise.all(
    asked.map(async (query) => ({ ...query, sample: await sampleAt(reader, query, now) })),
  );
  return preflightQueries(release.spec.metrics, probes) ?? sameForBoth(queries);
}
