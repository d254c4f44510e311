import type { PodAnswer } from '../analysis/verdict/golden.ts';
import { hasTooManyValues, MOST_VALUES } from '../analysis/verdict/json-value.ts';
import type { Metric } from '../api/analysis-template.ts';
import type { PodRequest } from '../api/check.ts';
import type { KubeObject } from '../api/meta.ts';
import type { Problem } from '../api/problem.ts';
import type { Release } from '../api/release.ts';
import { durationMs } from '../api/values/duration.ts';
import { wordsOf } from '../errors.ts';
import type { ReadText } from '../ports/cluster.ts';
import type { AskPod, PodsOf } from '../ports/pods.ts';
import { isLongest, NoRoom, type Room } from './answer-room.ts';
import { configMapOf, listProblem, type Text } from './check-list.ts';
import type { CheckTask } from './checks.ts';
import { isReadyPod, podUrl } from './pod-address.ts';

/** What asking pods needs. */
export interface QuestionDeps {
  readonly podsOf: PodsOf;
  readonly ask: AskPod;
  readonly readText: ReadText;
  readonly room: Room;
  /** Resolves after so many milliseconds. */
  readonly after: (ms: number) => Promise<void>;
}

/** How a check asks. */
export interface Manner {
  readonly port?: number | undefined;
  readonly timeout: string;
  readonly retries: number;
}

/** What became of a question: an answer, or why there is none. */
export type Reply = PodAnswer | { readonly fault: string };

/** Statuses by which a server says that it cannot answer now: they say nothing about the model. */
const BUSY: readonly number[] = [429, 502, 503, 504];
const [RETRY_MS, LONGEST_RETRY_MS] = [500, 5_000];

/** What the ConfigMap of a check has; null where it names none. */
export async function textFor(
  { readText }: Pick<QuestionDeps, 'readText'>,
  { metadata }: Pick<Release, 'metadata'>,
  metric: Metric,
): Promise<Text | null> {
  const configMap = configMapOf(metric);
  return configMap === undefined ? null : readText(metadata.namespace ?? '', configMap);
}

/** What stands against the list of a check: a ConfigMap or key that is not there, or what is wrong in it. */
export async function listPreflight(
  deps: Pick<QuestionDeps, 'readText'>,
  release: Pick<Release, 'metadata'>,
  metric: Metric,
): Promise<Problem | null> {
  const found = listProblem(metric, await textFor(deps, release, metric));
  return found === null ? null : { reason: 'InvalidCheck', message: `metric ${metric.name}: ${found}` };
}

/** Tells servers and their logs whose requests these are. */
function headersOf(
  { body, headers = {} }: PodRequest,
  { release, metric }: CheckTask,
): Record<string, string> {
  const own = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  return {
    'user-agent': 'sluice',
    ...type,
    ...own,
    'x-sluice-check': metric.name,
    'x-sluice-release': release.metadata.name,
  };
}

/** The pods of a version that are ready, by name. */
export async function readyPods(
  { podsOf }: QuestionDeps,
  { release }: CheckTask,
  hash: string,
): Promise<readonly KubeObject[]> {
  const pods = await podsOf(release.metadata.namespace ?? '', hash);
  return pods.filter(isReadyPod).toSorted((a, b) => a.metadata.name.localeCompare(b.metadata.name));
}

/**
 * Asks a pod, again where there is no answer. Rejects where the run is not wanted any more, and with `NoRoom` where the
 * answer has more bytes than `mostBytes` and may have more.
 */
export async function askPod(
  { ask, after }: QuestionDeps,
  task: CheckTask,
  pod: KubeObject,
  request: PodRequest,
  { port, timeout, retries, mostBytes }: Manner & { readonly mostBytes: number },
): Promise<Reply> {
  const url = podUrl(pod, { port, path: request.path });
  if (url === null) return { fault: `pod ${pod.metadata.name} names no port: set port in the check` };
  const { method, body } = request;
  const question = {
    url,
    method,
    ...(body === undefined ? {} : { body }),
    headers: headersOf(request, task),
    timeoutMs: durationMs(timeout),
    mostBytes,
    signal: task.signal,
  };
  let why = '';
  for (let attempt = 0; attempt <= retries; attempt += 1) {
    if (attempt > 0) await after(Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** (attempt - 1)));
    task.signal.throwIfAborted();
    const reply = await ask(question).catch((error: unknown) => ({ fault: wordsOf(error) }));
    if (reply === 'tooLong') {
      if (!isLongest(mostBytes)) throw new NoRoom();
      return { fault: `${method} ${url}: answered more than ${Math.floor(mostBytes / 1_048_576)} MiB` };
    }
    if (!('fault' in reply) && hasTooManyValues(reply.body))
      return { fault: `${method} ${url}: answered more than ${MOST_VALUES} values` };
    if (!('fault' in reply) && !BUSY.includes(reply.status)) return reply;
    why = 'fault' in reply ? reply.fault : `HTTP ${reply.status}`;
  }
  task.signal.throwIfAborted();
  return { fault: `${method} ${url}: ${why}` };
}
