import type { KubeObject } from '../api/meta.ts';
import { isStarting } from '../workload/container-wait.ts';

interface JobStatus {
  readonly status?: {
    readonly startTime?: string;
    readonly completionTime?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
  };
}

interface Terminated {
  readonly exitCode: number;
  readonly reason?: string;
  readonly message?: string;
  readonly finishedAt?: string;
}

interface ContainerStatus {
  readonly name: string;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly running?: object;
    readonly terminated?: Terminated;
  };
}

interface PodStatus {
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly message?: string;
    }[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

/** How a Job ended, or its progress. */
export type JobEnd =
  | { readonly kind: 'pass' | 'fail' | 'providerError'; readonly message: string }
  | { readonly kind: 'running'; readonly message: string };

/** A terminated container. */
interface Ended {
  readonly name: string;
  readonly end: Terminated;
}

/** Maximum length of the end of a log that is shown. */
const MOST_TEXT = 500;

const containersOf = (pod: KubeObject): ContainerStatus[] => {
  const { status } = pod as unknown as PodStatus;
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
};

/** The end of a text as one line without control characters. */
function tail(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return line.length > MOST_TEXT ? `…${line.slice(-MOST_TEXT)}` : line;
}

const said = (text: string | undefined): string =>
  text === undefined || text.trim() === '' ? '' : `: ${tail(text)}`;

/** Terminated containers, failed and newest first. */
function endsOf(pods: readonly KubeObject[]): Ended[] {
  return pods
    .flatMap((pod) => containersOf(pod))
    .flatMap(({ name, state }) => (state?.terminated === undefined ? [] : [{ name, end: state.terminated }]))
    .toSorted((a, b) => (b.end.finishedAt ?? '').localeCompare(a.end.finishedAt ?? ''))
    .toSorted((a, b) => Number(b.end.exitCode !== 0) - Number(a.end.exitCode !== 0));
}

/** What keeps a pod from running, if anything does. */
function obstacleOf(pod: KubeObject): string | null {
  const { status } = pod as unknown as PodStatus;
  const unscheduled = status?.conditions?.find(
    ({ type, status: is }) => type === 'PodScheduled' && is === 'False',
  );
  if (unscheduled !== undefined)
    return `pod ${pod.metadata.name} cannot be scheduled${said(unscheduled.message)}`;
  for (const { name, state } of containersOf(pod)) {
    const { reason, message } = state?.waiting ?? {};
    if (reason !== undefined && !isStarting(reason))
      return `container ${name} of pod ${pod.metadata.name} waits: ${reason}${said(message)}`;
  }
  return null;
}

function progressOf(pods: readonly KubeObject[]): string {
  if (pods.length === 0) return 'has no pod yet; a quota or a policy may forbid it: kubectl describe job';
  return pods.map(obstacleOf).find((one) => one !== null) ?? 'is running';
}

function passed(job: JobStatus, name: string, last: Ended | undefined): JobEnd {
  const { startTime = '', completionTime = '' } = job.status ?? {};
  const seconds = (Date.parse(completionTime) - Date.parse(startTime)) / 1_000;
  const took = Number.isFinite(seconds) ? ` after ${seconds} s` : '';
  return { kind: 'pass', message: `Job ${name} ended with exit code 0${took}${said(last?.end.message)}` };
}

function failed(name: string, last: Ended): JobEnd {
  const { exitCode, reason, message } = last.end;
  const why = reason === undefined || reason === 'Error' ? '' : ` (${reason})`;
  return {
    kind: 'fail',
    message: `container ${last.name} of Job ${name} ended with exit code ${exitCode}${why}${said(message)}`,
  };
}

/**
 * The outcome of a Job, by its status and its pods. Only an exit code fails: a Job that took too long, or whose pods
 * could not run, has measured nothing. `before` is its progress at the previous poll.
 */
export function jobEnd(job: KubeObject, pods: readonly KubeObject[], before = ''): JobEnd {
  const { name } = job.metadata;
  const { status } = job as unknown as JobStatus;
  const ended = (status?.conditions ?? []).find(
    (one) => one.status === 'True' && (one.type === 'Complete' || one.type === 'Failed'),
  );
  if (ended === undefined) return { kind: 'running', message: `Job ${name} ${progressOf(pods)}` };
  const [last] = endsOf(pods);
  if (ended.type === 'Complete') return passed(job as unknown as JobStatus, name, last);
  const { reason = 'Failed', message } = ended;
  if (reason === 'DeadlineExceeded') {
    const where = before === '' ? '' : `; at last: ${before}`;
    return { kind: 'providerError', message: `Job ${name} took longer than activeDeadlineSeconds${where}` };
  }
  return last === undefined || last.end.exitCode === 0
    ? { kind: 'providerError', message: `Job ${name}: ${reason}${said(message)}` }
    : failed(name, last);
}
