import { preflightQueries } from '../analysis/preflight.ts';
import { queriesOf } from '../analysis/query.ts';
import type { ArmQuery, ArmSamples, Sample, WindowSamples } from '../analysis/sample.ts';
import { sameForBoth } from '../analysis/separation.ts';
import type { Release } from '../api/release.ts';
import type { Problem } from '../release/seen.ts';
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

async function sampleAt(
  { metrics, after }: SampleDeps,
  { promql, source }: ArmQuery,
  at: number,
): Promise<Sample> {
  const answer = metrics.sample(promql, at, source).catch((error: unknown): Sample => {
    return { kind: 'providerError', message: error instanceof Error ? error.message : String(error) };
  });
  return Promise.race([answer, after(LONGEST_MS).then(() => LATE)]);
}

function queriesFor(release: Release, service: string): readonly ArmQuery[] {
  const { stable, canary, workload, metrics } = release.spec;
  return queriesOf(metrics, {
    namespace: release.metadata.namespace ?? '',
    workload: workload.name,
    service,
    canary: { replicaSet: canary.replicaSet, hash: canary.podTemplateHash },
    stable: { replicaSet: stable.replicaSet, hash: stable.podTemplateHash },
  });
}

/** The counters of all metrics at both ends of a window. Never rejects. */
export async function readWindow(
  deps: SampleDeps,
  release: Release,
  service: string,
  { start, end }: { readonly start: number; readonly end: number },
): Promise<WindowSamples> {
  const read = async (query: ArmQuery): Promise<ArmSamples> => {
    const [first, last] = await Promise.all([sampleAt(deps, query, start), sampleAt(deps, query, end)]);
    return { ...query, start: first, end: last };
  };
  return { start, end, samples: await Promise.all(queriesFor(release, service).map(read)) };
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
