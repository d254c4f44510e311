import { compareAnswers, type ShadowTally } from '../analysis/verdict/shadow.ts';
import type { Metric } from '../api/analysis/analysis-template.ts';
import type { PodRequest, Shadow } from '../api/analysis/check.ts';
import type { KubeObject } from '../api/meta.ts';
import { createLimit } from '../http/limit.ts';
import { createPodClient } from './answer-room.ts';
import { sampleOf } from './check-list.ts';
import type { CheckKind, CheckTask } from './checks.ts';
import { askPod, listPreflight, type QuestionDeps, readyPods, textFor } from './pod-questions.ts';

/** Requests in flight at a time. */
const MOST_AT_ONCE = 32;
/** Fraction of requests that may stay without an answer, and how many in a row at the start end the run. */
const UNANSWERED = { share: 0.1, first: 3 } as const;

function shadowOf({ shadow }: Metric): Shadow {
  if (shadow === undefined) throw new Error('the metric has no shadow');
  return shadow;
}

/** The ready pods of both versions. */
interface Pods {
  readonly canary: readonly KubeObject[];
  readonly stable: readonly KubeObject[];
}

/** What has come of a run so far. */
interface Course {
  pairs: number;
  differing: number;
  example: string | null;
  drifts: number;
  driftSum: number;
  readonly canaryMs: number[];
  readonly stableMs: number[];
  missing: number;
  fault: string;
}

const turnOf = <T>(list: readonly T[], index: number): T | undefined => list[index % list.length];

function tallyOf({ pairs, differing, example, drifts, driftSum, canaryMs, stableMs }: Course): ShadowTally {
  const drift = { pairs: drifts, mean: drifts === 0 ? 0 : driftSum / drifts };
  return { kind: 'shadow', pairs, differing, example, drift, canaryMs, stableMs };
}

const NOTHING: Readonly<Course> = {
  pairs: 0,
  differing: 0,
  example: null,
  drifts: 0,
  driftSum: 0,
  canaryMs: [],
  stableMs: [],
  missing: 0,
  fault: '',
};

async function askBoth(
  deps: QuestionDeps,
  task: CheckTask,
  pods: Pods,
  question: { readonly request: PodRequest; readonly index: number; readonly mostBytes: number },
  course: Course,
): Promise<void> {
  const { request, index, mostBytes } = question;
  const shadow = { ...shadowOf(task.metric), mostBytes };
  const [ours, theirs] = [turnOf(pods.canary, index), turnOf(pods.stable, index)];
  if (ours === undefined || theirs === undefined) return;
  const both = [
    askPod(deps, task, ours, request, shadow),
    askPod(deps, task, theirs, request, shadow),
  ] as const;
  // If one rejects, its room is freed only when the other has ended, too.
  await Promise.allSettled(both);
  const [canary, stable] = await Promise.all(both);
  if ('fault' in canary || 'fault' in stable) {
    course.missing += 1;
    course.fault =
      [canary, stable].map((one) => ('fault' in one ? one.fault : '')).find((one) => one !== '') ?? '';
    return;
  }
  const { difference, drift } = compareAnswers(request, shadow.fields, canary, stable);
  course.pairs += 1;
  course.differing += difference === null ? 0 : 1;
  course.example ??= difference;
  course.drifts += drift === null ? 0 : 1;
  course.driftSum += drift ?? 0;
  course.canaryMs.push(canary.ms);
  course.stableMs.push(stable.ms);
}

/** Sends the sample at the given rate; stops if the first requests get no answer. */
async function askAll(
  deps: QuestionDeps,
  task: CheckTask,
  pods: Pods,
  sample: readonly PodRequest[],
): Promise<Course> {
  const course: Course = { ...NOTHING, canaryMs: [], stableMs: [] };
  const turn = createLimit(MOST_AT_ONCE);
  const ask = createPodClient(deps.room, task);
  const pause = 1_000 / shadowOf(task.metric).rate;
  const asked: Promise<void>[] = [];
  for (const [index, request] of sample.entries()) {
    if (course.pairs === 0 && course.missing >= UNANSWERED.first) break;
    if (index > 0) await deps.after(pause);
    if (task.signal.aborted) break;
    const both = (mostBytes: number): Promise<void> =>
      askBoth(deps, task, pods, { request, index, mostBytes }, course);
    asked.push(turn(() => ask(2, both)));
    task.note(`${course.pairs} of ${sample.length} requests are answered by both versions`);
  }
  await Promise.all(asked);
  return course;
}

/**
 * Creates the kind `shadow`: a sample of requests, sent to both versions at the same time, whose answers are compared.
 */
export function createShadowCheck(deps: QuestionDeps): CheckKind {
  return {
    preflight: (release, metric) => listPreflight(deps, release, metric),
    run: async (task) => {
      const text = await textFor(deps, task.release, task.metric);
      const read = sampleOf(shadowOf(task.metric), text);
      if ('problem' in read) return { kind: 'providerError', message: read.problem };
      const { canary, stable } = task.release.spec;
      const pods = {
        canary: await readyPods(deps, task, canary.podTemplateHash),
        stable: await readyPods(deps, task, stable.podTemplateHash),
      };
      if (pods.canary.length === 0) return { kind: 'noData', message: 'no canary pod is ready' };
      if (pods.stable.length === 0) return { kind: 'noData', message: 'no stable pod is ready' };
      const course = await askAll(deps, task, pods, read.list);
      const { pairs, missing, fault } = course;
      if (pairs === 0 || missing > UNANSWERED.share * read.list.length) {
        const message = `${missing} of ${pairs + missing} requests have no answer, such as ${fault}`;
        return { kind: 'noData', message };
      }
      return tallyOf(course);
    },
  };
}
