import { answerFault } from '../analysis/verdict/golden.ts';
import { parseShare } from '../analysis/verdict/margin.ts';
import type { Metric } from '../api/analysis/analysis-template.ts';
import type { Golden, GoldenCase } from '../api/analysis/check.ts';
import type { KubeObject } from '../api/meta.ts';
import { createLimit } from '../http/limit.ts';
import { createPodClient } from './answer-room.ts';
import { casesOf } from './check-list.ts';
import type { CheckKind, CheckTask } from './checks.ts';
import { matches } from './pattern.ts';
import { askPod, listPreflight, type QuestionDeps, readyPods, textFor } from './pod-questions.ts';

/** Pods that are queried at a time. */
const MOST_PODS = 8;

function goldenOf({ golden }: Metric): Golden {
  if (golden === undefined) throw new Error('the metric has no golden');
  return golden;
}

/** The result of a run so far. */
interface Tally {
  answers: number;
  wrong: number;
  fault: string | null;
  unanswered: string | null;
}

/** Wrong answers that a run may contain. */
function allowedOf({ minPass }: Golden, all: number): number {
  return (1 - (parseShare(minPass) ?? 1)) * all + 1e-9;
}

async function askOne(
  deps: QuestionDeps,
  task: CheckTask,
  pod: KubeObject,
  one: GoldenCase,
  { tally, mostBytes }: { readonly tally: Tally; readonly mostBytes: number },
): Promise<void> {
  const reply = await askPod(deps, task, pod, one.request, { ...goldenOf(task.metric), mostBytes });
  const { name } = pod.metadata;
  if ('fault' in reply) {
    tally.unanswered ??= `case ${one.name} has no answer of pod ${name}: ${reply.fault}`;
    return;
  }
  tally.answers += 1;
  const fault = answerFault(one, reply, matches);
  if (fault === null) return;
  tally.wrong += 1;
  tally.fault ??= `case ${one.name} on pod ${name}: ${fault}`;
}

/** Sends every case to every pod, until more would change nothing. */
async function askAll(
  deps: QuestionDeps,
  task: CheckTask,
  pods: readonly KubeObject[],
  cases: readonly GoldenCase[],
): Promise<Tally> {
  const golden = goldenOf(task.metric);
  const tally: Tally = { answers: 0, wrong: 0, fault: null, unanswered: null };
  const all = pods.length * cases.length;
  const isDecided = (): boolean => tally.wrong > allowedOf(golden, all) || tally.unanswered !== null;
  const turn = createLimit(MOST_PODS);
  const ask = createPodClient(deps.room, task);
  const askPodAll = async (pod: KubeObject): Promise<void> => {
    const queue = [...cases];
    const lane = async (): Promise<void> => {
      for (let one = queue.shift(); one !== undefined && !isDecided(); one = queue.shift()) {
        const asked = one;
        await ask(1, (mostBytes) => askOne(deps, task, pod, asked, { tally, mostBytes }));
        task.note(`${tally.answers} of ${all} answers are there`);
      }
    };
    await Promise.all(Array.from({ length: golden.concurrency }, lane));
  };
  await Promise.all(pods.map((pod) => turn(() => askPodAll(pod))));
  return tally;
}

/** Creates the kind `golden`: requests with expected answers, sent to the canary pods. */
export function createGoldenCheck(deps: QuestionDeps): CheckKind {
  return {
    preflight: (release, metric) => listPreflight(deps, release, metric),
    run: async (task) => {
      const golden = goldenOf(task.metric);
      const read = casesOf(golden, await textFor(deps, task.release, task.metric));
      if ('problem' in read) return { kind: 'providerError', message: read.problem };
      const ready = await readyPods(deps, task, task.release.spec.canary.podTemplateHash);
      const pods = golden.pods === 'one' ? ready.slice(0, 1) : ready;
      if (pods.length === 0) return { kind: 'noData', message: 'no canary pod is ready' };
      const { answers, wrong, fault, unanswered } = await askAll(deps, task, pods, read.list);
      const isWrong = wrong > allowedOf(golden, pods.length * read.list.length);
      if (unanswered !== null && !isWrong) return { kind: 'noData', message: unanswered };
      return { kind: 'golden', answers, wrong, pods: pods.length, fault };
    },
  };
}
