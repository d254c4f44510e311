import type { CheckResult } from '../analysis/verdict/check.ts';
import type { Metric } from '../api/analysis/analysis-template.ts';
import { selects } from '../api/labels.ts';
import type { KubeObject } from '../api/meta.ts';
import type { Release } from '../api/release/release.ts';
import { SluiceError, wordsOf } from '../errors.ts';
import type { Store } from '../ports/cluster.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { Problem } from '../release/reasons/catalogue.ts';
import type { CheckKind, CheckTask } from './checks.ts';
import { type JobRun, jobName, jobOf, podMetadataOf } from './job.ts';
import { jobEnd } from './job-end.ts';

export interface JobCheckDeps {
  readonly jobs: Jobs;
  readonly store: Store;
  /** Resolves after so many milliseconds. */
  readonly after: (ms: number) => Promise<unknown>;
}

/** How often a Job is polled. */
const LOOK_MS = 1_000;

const hasCode = (error: unknown, ...codes: SluiceError['code'][]): boolean =>
  error instanceof SluiceError && codes.includes(error.code);

function runOf(release: Release, { name, job }: Metric, run: number): JobRun {
  if (job === undefined) throw new TypeError(`metric ${name} has no job`);
  return { release, metric: name, job, run };
}

/** A Service that would send traffic to the Job's pods, if any does. */
function selectedBy(store: Store, made: JobRun): string | null {
  const { labels } = podMetadataOf(made.job);
  const found = store.list('Service', made.release.metadata.namespace ?? '').find((service) => {
    const { selector = {} } = (service['spec'] ?? {}) as { selector?: Record<string, string> };
    return selects(selector, labels);
  });
  return found?.metadata.name ?? null;
}

/** The Job of a run: created, or found if it exists. */
async function adopted(jobs: Jobs, made: JobRun): Promise<KubeObject> {
  const wanted = jobOf(made);
  const { namespace = '', name } = wanted.metadata;
  try {
    return await jobs.create(wanted);
  } catch (error) {
    if (!hasCode(error, 'KUBERNETES_CONFLICT')) throw error;
  }
  const known = await jobs.get(namespace, name);
  const { uid } = made.release.metadata;
  if (known?.metadata.ownerReferences?.some((owner) => owner.uid === uid) === true) return known;
  throw new Error(
    `Job ${name} exists and does not belong to Release ${made.release.metadata.name}; delete it`,
  );
}

/** Follows a Job to its end. Failed reads are retried: the Job keeps running. */
async function follow(
  { jobs, after }: JobCheckDeps,
  first: KubeObject,
  { note, signal }: Pick<CheckTask, 'note' | 'signal'>,
): Promise<CheckResult> {
  const { namespace = '', name, uid } = first.metadata;
  const stopped = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  let before = '';
  for (let job: KubeObject | null = first; ; ) {
    try {
      job = await jobs.get(namespace, name);
      if (job === null || job.metadata.uid !== uid) throw new TypeError('gone');
      const end = jobEnd(job, await jobs.podsOf(job), before);
      if (end.kind === 'providerError') return { kind: 'providerError', message: end.message };
      if (end.kind !== 'running') return { kind: 'verdict', verdict: end.kind, message: end.message };
      before = end.message;
      note(end.message);
    } catch (error) {
      if (error instanceof TypeError)
        return { kind: 'providerError', message: `Job ${name} was deleted before its end was seen` };
      note(`Job ${name} cannot be read: ${wordsOf(error)}`);
    }
    if (signal.aborted) {
      await jobs.remove(first);
      return { kind: 'providerError', message: `Job ${name} was stopped` };
    }
    await Promise.race([after(LOOK_MS), stopped]);
  }
}

/** A check that is a Kubernetes Job: its exit code is the verdict. */
export function createJobCheck(deps: JobCheckDeps): CheckKind {
  const { jobs, store } = deps;
  return {
    preflight: async (release, metric): Promise<Problem | null> => {
      const made = runOf(release, metric, 0);
      const service = selectedBy(store, made);
      if (service !== null) {
        const message = `metric ${metric.name}: job.template.metadata.labels: Service ${service} selects pods with these labels, so the Job would get traffic; give it labels of its own`;
        return { reason: 'JobGetsTraffic', message };
      }
      try {
        await jobs.create(jobOf(made), { dryRun: true });
      } catch (error) {
        if (hasCode(error, 'KUBERNETES_CONFLICT')) return null;
        if (!hasCode(error, 'KUBERNETES_INVALID', 'KUBERNETES_FORBIDDEN', 'KUBERNETES_NOT_FOUND'))
          throw error;
        return { reason: 'JobRefused', message: `metric ${metric.name}: job: ${wordsOf(error)}` };
      }
      return null;
    },
    clear: async (release, metric, run) => {
      const name = jobName(runOf(release, metric, run));
      const job = await jobs.get(release.metadata.namespace ?? '', name);
      const isOurs = job?.metadata.ownerReferences?.some(({ uid }) => uid === release.metadata.uid) === true;
      if (job !== null && isOurs && jobEnd(job, []).kind === 'running') await jobs.remove(job);
    },
    run: async (task) => follow(deps, await adopted(jobs, runOf(task.release, task.metric, task.run)), task),
  };
}
