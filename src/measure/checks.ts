import { type CheckName, type CheckResult, checkOf } from '../analysis/verdict/check.ts';
import type { CheckRunEnd } from '../analysis/verdict/judge-check.ts';
import type { Metric } from '../api/analysis/analysis-template.ts';
import type { Release, ReleaseStatus } from '../api/release/release.ts';
import { wordsOf } from '../errors.ts';
import { type DueCheck, dueChecks } from '../release/checks.ts';
import type { CheckReport, Observation } from '../release/observed.ts';
import type { Problem } from '../release/reasons/catalogue.ts';

/** One run of a check. */
export interface CheckTask {
  readonly release: Release;
  readonly metric: Metric;
  /** Number of the run in this Release: the same after a restart. */
  readonly run: number;
  /** Reports progress, which becomes the reason of the wait. */
  note(text: string): void;
  /** Aborted when the run is no longer needed. */
  readonly signal: AbortSignal;
}

/** One kind of checks. */
export interface CheckKind {
  /** Why it cannot run, checked before anything is changed. A rejection is reported as well. */
  preflight(release: Release, metric: Metric): Promise<Problem | null>;
  /**
   * One run; a restarted controller repeats it, and several replicas may run the same one. A rejection means that it
   * could not be measured.
   */
  run(task: CheckTask): Promise<CheckResult>;
  /** Removes what a run that is no longer needed left in the cluster, including runs of an earlier process. */
  clear?(release: Release, metric: Metric, run: number): Promise<void>;
}

export type CheckKinds = Readonly<Record<CheckName, CheckKind>>;

/** Runs the checks of Releases. */
export interface Checks {
  /** Progress of the checks that are due; starts those that do not run yet, and waits for nothing. */
  look(
    seen: Observation,
    status: ReleaseStatus,
  ): { readonly checks?: readonly CheckReport[]; readonly lookAt?: number };
  /** Why they cannot run, if so. Never rejects. */
  preflight(release: Release): Promise<Problem | null>;
}

/** The newest run of a check. */
interface Run {
  readonly number: number;
  /** Its step: a run that was stopped with its step has used up its number. */
  readonly step: number;
  readonly began: number;
  readonly stopping: AbortController;
  note: string;
  end: CheckRunEnd | null;
}

/** How soon running checks are polled again: long-running ones less often. */
const [OFTEN_MS, SELDOM_MS] = [300, 5_000];
/** Maximum number of Releases whose runs are remembered; checks of a forgotten Release run once more. */
const MOST_RELEASES = 1_000;

/** The runs of each Release by metric; the oldest Releases are dropped. */
function createRuns() {
  const releases = new Map<string, Map<string, Run>>();
  return ({ metadata }: Release): Map<string, Run> => {
    const name = metadata.uid ?? metadata.name;
    const known = releases.get(name) ?? new Map<string, Run>();
    releases.delete(name);
    releases.set(name, known);
    for (const [oldest, runs] of releases) {
      if (releases.size <= MOST_RELEASES) break;
      for (const run of runs.values()) run.stopping.abort();
      releases.delete(oldest);
    }
    return known;
  };
}

/** Starts runs. */
function createStarter(kinds: CheckKinds, now: () => number) {
  return (release: Release, { metric, run: number, step }: DueCheck): Run => {
    const run: Run = {
      number,
      step,
      began: now(),
      stopping: new AbortController(),
      note: 'it is being measured',
      end: null,
    };
    const { signal } = run.stopping;
    const note = (text: string): void => {
      run.note = text;
    };
    const name = checkOf(metric)?.name;
    const measure = async (): Promise<CheckResult> =>
      name === undefined
        ? { kind: 'providerError', message: 'this controller does not know the kind of the check' }
        : kinds[name].run({ release, metric, run: number, note, signal });
    measure()
      .catch((error: unknown): CheckResult => ({ kind: 'providerError', message: wordsOf(error) }))
      .then((result) => {
        run.end = { at: now(), result };
      })
      .catch(() => {});
    return run;
  };
}

/** Ends runs that are no longer needed. */
function stopOthers(runs: Map<string, Run>, due: readonly DueCheck[]): void {
  for (const [name, run] of runs) {
    if (run.end !== null || due.some(({ metric }) => metric.name === name)) continue;
    run.stopping.abort();
    runs.delete(name);
  }
}

/** When to poll running checks again; undefined if none runs. */
function nextLook(runs: ReadonlyMap<string, Run>, now: number): number | undefined {
  const ages = [...runs.values()].filter(({ end }) => end === null).map(({ began }) => now - began);
  if (ages.length === 0) return undefined;
  return now + Math.min(SELDOM_MS, Math.max(OFTEN_MS, Math.min(...ages) / 10));
}

/** Removes once what the checks of a rolled-back release left; a failure is retried in the next pass. */
function createBroom(kinds: CheckKinds) {
  const done = new Set<string>();
  return (release: Release, { analysis }: ReleaseStatus): void => {
    const { uid = release.metadata.name } = release.metadata;
    if (done.has(uid)) return;
    if (done.size >= MOST_RELEASES) done.clear();
    done.add(uid);
    for (const metric of release.spec.metrics) {
      const name = checkOf(metric)?.name;
      const runs = analysis?.metrics.find((state) => state.name === metric.name)?.check?.runs ?? 0;
      if (name !== undefined) kinds[name].clear?.(release, metric, runs).catch(() => done.delete(uid));
    }
  };
}

/** Creates the runner. */
export function createChecks(kinds: CheckKinds, now: () => number): Checks {
  const runsOf = createRuns();
  const sweep = createBroom(kinds);
  const begin = createStarter(kinds, now);

  const tend = (release: Release, runs: Map<string, Run>, due: DueCheck): CheckReport[] => {
    const { name } = due.metric;
    let run = runs.get(name);
    if (run?.number !== due.run || run.step !== due.step) {
      if (due.at > now()) return [];
      run?.stopping.abort();
      run = begin(release, due);
      runs.set(name, run);
    }
    return [{ metric: name, run: run.number, state: run.end ?? { note: run.note } }];
  };

  return {
    look: (seen, status) => {
      const { release } = seen;
      if (release.spec.metrics.every((metric) => checkOf(metric) === null)) return {};
      if (status.phase === 'Aborting') sweep(release, status);
      const due = dueChecks(seen, status);
      const runs = runsOf(release);
      stopOthers(runs, due);
      const checks = due.flatMap((one) => tend(release, runs, one));
      const lookAt = nextLook(runs, now());
      return checks.length === 0 ? {} : { checks, ...(lookAt !== undefined && { lookAt }) };
    },
    preflight: async (release) => {
      for (const metric of release.spec.metrics) {
        const name = checkOf(metric)?.name;
        if (name === undefined) continue;
        const found = await kinds[name].preflight(release, metric).catch((error: unknown): Problem => {
          return { reason: 'MetricsUnreachable', message: `metric ${metric.name}: ${wordsOf(error)}` };
        });
        if (found !== null) return found;
      }
      return null;
    },
  };
}
