import type { PodAnswer } from '../analysis/verdict/golden.ts';
import { hasTooManyValues, MOST_VALUES } from '../analysis/verdict/json-value.ts';
import type { Metric } from '../api/analysis/analysis-template.ts';
import type { PodRequest } from '../api/analysis/check.ts';
import type { KubeObject } from '../api/meta.ts';
import type { Release } from '../api/release/release.ts';
import { durationMs } from '../api/values/duration.ts';
import { wordsOf } from '../errors.ts';
import type { ReadText } from '../ports/cluster.ts';
import type { AskPod, PodsOf } from '../ports/pods.ts';
import type { Problem } from '../release/reasons/catalogue.ts';
import { isLongest, NoRoom, type Room } from './answer-room.ts';
import { configMapOf, listProblem, type Text } from './check-list.ts';
import type { CheckTask } from './checks.ts';
import { isReadyPod, podUrl } from './pod-address.ts';

/** Dependencies of requests to pods. */
export interface QuestionDeps {
  readonly podsOf: PodsOf;
  readonly ask: AskPod;
  readonly readText: ReadText;
  readonly room: Room;
  /** Resolves after so many milliseconds. */
  readonly after: (ms: number) => Promise<void>;
}

/** Settings of a check's requests. */
export interface RequestSettings {
  readonly port?: number | undefined;
  readonly timeout: string;
  readonly retries: number;
}

/** The answer to a request, or why there is none. */
export type Reply = PodAnswer | { readonly fault: string };

/** Statuses of a server that cannot answer now: they are no evidence about the model. */
const BUSY: readonly number[] = [429, 502, 503, 504];
const [RETRY_MS, LONGEST_RETRY_MS] = [500, 5_000];

/** The text in the ConfigMap of a check; null if it names none. */
export async function textFor(
  { readText }: Pick<QuestionDeps, 'readText'>,
  { metadata }: Pick<Release, 'metadata'>,
  metric: Metric,
): Promise<Text | null> {
  const configMap = configMapOf(metric);
  return configMap === undefined ? null : readText(metadata.namespace ?? '', configMap);
}

/** Why the list of a check is invalid: a missing ConfigMap or key, or a mistake in it. */
export async function listPreflight(
  deps: Pick<QuestionDeps, 'readText'>,
  release: Pick<Release, 'metadata'>,
  metric: Metric,
): Promise<Problem | null> {
  const found = listProblem(metric, await textFor(deps, release, metric));
  return found === null ? null : { reason: 'InvalidCheck', message: `metric ${metric.name}: ${found}` };
}

/** Identifies these requests to servers and in their logs. */
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
 * Sends a request to a pod, and again if there is no answer. Rejects if the run is no longer needed, and with `NoRoom`
 * if the answer exceeds `mostBytes` but not the maximum.
 */
export async function askPod(
  { ask, after }: QuestionDeps,
  task: CheckTask,
  pod: KubeObject,
  request: PodRequest,
  { port, timeout, retries, mostBytes }: RequestSettings & { readonly mostBytes: number },
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
