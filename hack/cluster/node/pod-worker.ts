import { join } from 'node:path';
import type { Clock } from '../../../src/clock.ts';
import { createBackOff } from './back-off.ts';
import { commandOf } from './command.ts';
import { type RunningContainer, runContainer } from './container.ts';
import { environmentOf, type Lookup, type Self } from './environment.ts';
import { type Hooks, hooksOf } from './hooks.ts';
import type { Container, ContainerStatus, Pod, PodStatus } from './pod.ts';
import { timestamp } from './pod.ts';
import { podStatusOf } from './pod-status.ts';
import { checkOnce } from './probe.ts';
import { endedProcess, idleProcess, type Process, startProcess } from './process.ts';
import { wait } from './wait.ts';

/**
 * How pods are played: with real processes; without any, ready at once or after a while; or without any, ready only
 * when told so by an annotation (see `hooks.ts`).
 */
export type Mode = 'processes' | 'instant' | 'lazy';

export interface PodWorkerDeps {
  readonly mode: Mode;
  readonly self: Self;
  readonly lookup: Lookup;
  readonly logDir: string;
  readonly compileCache: string;
  readonly maxBackOffMs: number;
  readonly clock: Clock;
  /** The status may have changed. */
  readonly onChange: () => void;
  /** Everything has ended after a deletion: the object can go. */
  readonly onTerminated: () => void;
  readonly warn: (fields: object, message: string) => void;
}

/** Plays one pod, from the moment it is bound to the node until its object is gone. */
export interface PodWorker {
  /** Takes in a newer version of the object: deletion, and the annotations that are hooks. */
  update(pod: Pod): void;
  /** The status that this version of the object should have; null when it is about to go, and nobody would read it. */
  statusOf(pod: Pod): PodStatus | null;
  /** Ends everything at once: the object is gone. */
  kill(): void;
  /** Resolves when no process is left. */
  readonly done: Promise<void>;
}

const DEFAULT_GRACE_SECONDS = 30;
const NO_HOOKS: Hooks = { ready: null, readyAfterMs: 0, crash: false, evict: null };

/** Init containers are not run: they count as completed, or as running where they are sidecars. */
function initStatus({ name, image, restartPolicy }: Container, now: number): ContainerStatus {
  const at = timestamp(now);
  const sidecar = restartPolicy === 'Always';
  return {
    name,
    image,
    imageID: image,
    ready: true,
    started: sidecar,
    restartCount: 0,
    state: sidecar
      ? { running: { startedAt: at } }
      : { terminated: { exitCode: 0, reason: 'Completed', startedAt: at, finishedAt: at } },
    lastState: {},
  };
}

const graceOf = ({ metadata, spec }: Pod): number =>
  metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;

const isKept = ({ metadata }: Pod): boolean => (metadata.finalizers ?? []).length > 0;

/** Starts to play a pod. What its status says from before (restarts, start times) is carried on. */
export function startPod(first: Pod, deps: PodWorkerDeps): PodWorker {
  const { mode, self, clock } = deps;
  let pod = first;
  let hooks = NO_HOOKS;
  let evicted: string | null = null;
  let killer: AbortController | null = null;
  let isTerminated = false;
  const grace = { seconds: Number.POSITIVE_INFINITY };

  const startContainer = async (container: Container, isFirst: boolean): Promise<Process> => {
    hooks = hooksOf(pod);
    if (hooks.crash && isFirst) return endedProcess({ exitCode: 1 });
    const command = mode === 'processes' ? commandOf(container) : null;
    if (command === null) return idleProcess();
    const env = await environmentOf(container, pod, self, deps.lookup);
    const { namespace = '', name, uid = '' } = pod.metadata;
    const logFile = join(
      deps.logDir,
      'pods',
      `${namespace}_${name}_${uid.slice(0, 8)}`,
      `${container.name}.log`,
    );
    const tellsLog = container.terminationMessagePolicy === 'FallbackToLogsOnError';
    return startProcess({ command, env, logFile, tellsLog, compileCache: deps.compileCache });
  };

  const run = (container: Container, at: number): RunningContainer => {
    const hasProcess = mode === 'processes' && commandOf(container) !== null;
    return runContainer({
      container,
      restartPolicy: pod.spec.restartPolicy ?? 'Always',
      start: () => startContainer(container, at === 0),
      check: hasProcess ? (probe) => checkOnce(probe, container, self.podIp) : null,
      readyAfterMs: () => (mode === 'processes' ? 0 : hooks.readyAfterMs),
      backOff: createBackOff(deps.maxBackOffMs),
      graceSeconds: pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS,
      before: pod.status?.containerStatuses?.find(({ name }) => name === container.name),
      survives: !hasProcess,
      clock,
      onChange: deps.onChange,
    });
  };

  try {
    hooks = hooksOf(pod);
  } catch {
    // Each container says so in its status when it is started.
  }
  const initContainers =
    pod.status?.initContainerStatuses ??
    (pod.spec.initContainers ?? []).map((container) => initStatus(container, clock.now()));
  const containers = pod.spec.containers.map(run);
  const done = Promise.all(containers.map((container) => container.done)).then(() => undefined);

  const overlay = (status: ContainerStatus): ContainerStatus => {
    const isReady =
      mode === 'lazy' ? hooks.ready === true && status.state.running !== undefined : status.ready;
    return { ...status, ready: isReady && hooks.ready !== false };
  };

  const signalAll = (name: 'SIGTERM' | 'SIGKILL', forGood: boolean): void => {
    for (const container of containers) container.signal(name, forGood);
  };

  /** Kills what is left when the grace period is over; a later deletion may shorten it. */
  const killAfter = (seconds: number): void => {
    if (seconds >= grace.seconds) return;
    grace.seconds = seconds;
    killer?.abort();
    killer = new AbortController();
    void wait(seconds * 1_000, killer.signal).then((over) => {
      if (over) signalAll('SIGKILL', true);
    });
  };

  const stopContainer = async ({ lifecycle }: Container, at: number): Promise<void> => {
    const seconds = lifecycle?.preStop?.sleep?.seconds ?? sleepOf(lifecycle?.preStop?.exec?.command);
    if (seconds > 0) await Promise.race([wait(seconds * 1_000), done]);
    containers[at]?.signal('SIGTERM', true);
  };

  const terminate = async (): Promise<void> => {
    deps.onChange();
    for (const container of containers) container.retire();
    await Promise.all(pod.spec.containers.map(stopContainer));
    await done;
    killer?.abort();
    isTerminated = true;
    // Somebody whose finalizer keeps the object may want to read how it ended.
    if (isKept(pod)) deps.onChange();
    deps.onTerminated();
  };

  const applyHooks = (): void => {
    try {
      const before = hooks;
      hooks = hooksOf(pod);
      if (hooks.crash && !before.crash) containers[0]?.signal('SIGKILL', false);
      if (hooks.evict !== null && evicted === null) {
        evicted = hooks.evict;
        signalAll('SIGKILL', true);
      }
      if (before.ready !== hooks.ready || evicted !== null) deps.onChange();
    } catch (error) {
      deps.warn({ pod: pod.metadata.name, err: error }, 'annotation ignored');
    }
  };

  return {
    update: (newer) => {
      pod = newer;
      applyHooks();
      if (pod.metadata.deletionTimestamp === undefined) return;
      const isNew = grace.seconds === Number.POSITIVE_INFINITY;
      killAfter(graceOf(pod));
      if (isNew) void terminate();
    },
    statusOf: (current) => {
      if (isTerminated && !isKept(current)) return null;
      const view = {
        podIp: self.podIp,
        hostIp: self.hostIp,
        containers: containers.map((container) => overlay(container.status())),
        initContainers,
        terminating: current.metadata.deletionTimestamp !== undefined,
        evicted,
      };
      return podStatusOf(current, view, clock.now());
    },
    kill: () => signalAll('SIGKILL', true),
    done,
  };
}

/** Seconds of a preStop command that only sleeps: `["sleep", "5"]` or `["sh", "-c", "sleep 5"]`. */
function sleepOf(command: readonly string[] | undefined): number {
  const [, seconds] = /^(?:(?:\/bin\/)?(?:sh|bash) -c )?sleep (\d+)$/.exec((command ?? []).join(' ')) ?? [];
  return Number(seconds ?? 0);
}
