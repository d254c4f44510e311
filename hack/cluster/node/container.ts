import type { Clock } from '../../../src/clock.ts';
import type { BackOff } from './back-off.ts';
import { watchHealth } from './health.ts';
import type { Container, ContainerStatus, PodSpec, Probe, Terminated } from './pod.ts';
import { timestamp } from './pod.ts';
import type { Exit, Process } from './process.ts';
import { wait } from './wait.ts';

/** A container that is kept running as its pod's restart policy says. */
export interface RunningContainer {
  status(): ContainerStatus;
  /** From now on it is neither restarted nor probed for liveness; its process runs until it is signalled. */
  retire(): void;
  /** Signals the process; with `forGood`, it is retired too. */
  signal(name: 'SIGTERM' | 'SIGKILL', forGood: boolean): void;
  /** Resolves when it has ended for good. */
  readonly done: Promise<void>;
}

export interface ContainerDeps {
  readonly container: Container;
  readonly restartPolicy: NonNullable<PodSpec['restartPolicy']>;
  /** Starts it; rejects when it cannot be started as the template asks. */
  readonly start: () => Promise<Process>;
  /** Does a probe of the template; null for a container without a process, which `readyAfterMs` makes ready. */
  readonly check: ((probe: Probe) => Promise<boolean>) | null;
  readonly readyAfterMs: () => number;
  readonly backOff: BackOff;
  /** Seconds from SIGTERM to SIGKILL when a probe asks for a restart. */
  readonly graceSeconds: number;
  /** What the status said before the agent was started. */
  readonly before: ContainerStatus | undefined;
  /** Whether it continues what ran before: so does a container without a process, which has nothing to lose. */
  readonly survives: boolean;
  readonly clock: Clock;
  readonly onChange: () => void;
}

/** Between attempts at starting a container that its template does not allow to start. */
const CONFIG_RETRY_MS = 2_000;

function endOf(exit: Exit, startedAt: number, now: number): Terminated {
  const reason = exit.exitCode === 0 ? 'Completed' : 'Error';
  return { ...exit, reason, startedAt: timestamp(startedAt), finishedAt: timestamp(now) };
}

/** The status to begin with: a process that ran when the agent ended has ended with it, and is started once more. */
function firstStatus({
  container: { name, image },
  before,
  survives,
  clock,
}: ContainerDeps): ContainerStatus {
  const lost = before?.state.running;
  if (survives && before !== undefined && lost !== undefined) return { ...before };
  const end = lost && endOf({ exitCode: 137, signal: 9 }, Date.parse(lost.startedAt), clock.now());
  return {
    name,
    image,
    imageID: image,
    ready: false,
    started: false,
    restartCount: (before?.restartCount ?? 0) + (lost === undefined ? 0 : 1),
    state: { waiting: { reason: 'ContainerCreating' } },
    lastState: end === undefined ? (before?.lastState ?? {}) : { terminated: end },
  };
}

/** What one life of a container needs to be watched. */
interface Life {
  readonly process: Process;
  readonly signal: AbortSignal;
  readonly isRetired: () => boolean;
  readonly change: (fields: Partial<ContainerStatus>) => void;
}

async function later(ms: number, signal: AbortSignal, action: () => void): Promise<void> {
  if (await wait(ms, signal)) action();
}

/** Follows one life by its probes, or by the clock where there is no process to probe. */
async function follow(deps: ContainerDeps, { process, signal, isRetired, change }: Life): Promise<void> {
  if (deps.check === null) return later(deps.readyAfterMs(), signal, () => change({ ready: true }));
  const unhealthy = (): void => {
    if (isRetired()) return;
    process.signal('SIGTERM');
    void later(deps.graceSeconds * 1_000, signal, () => process.signal('SIGKILL'));
  };
  const handlers = {
    started: () => change({ started: true }),
    ready: (ready: boolean) => change({ ready }),
    unhealthy,
  };
  await watchHealth(deps.container, deps.check, handlers, signal);
}

function isReadyAtOnce({ check, container, readyAfterMs }: ContainerDeps): boolean {
  if (check === null) return readyAfterMs() === 0;
  return container.readinessProbe === undefined && container.startupProbe === undefined;
}

const restarts = (policy: ContainerDeps['restartPolicy'], { exitCode }: Exit): boolean =>
  policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);

/** Starts a container and keeps it as its restart policy says, until it is signalled for good. */
export function runContainer(deps: ContainerDeps): RunningContainer {
  const { container, clock, backOff } = deps;
  const status = firstStatus(deps);
  const ending = new AbortController();
  const change = (fields: Partial<ContainerStatus>): void => {
    if (Object.entries(fields).every(([key, value]) => status[key as keyof ContainerStatus] === value))
      return;
    Object.assign(status, fields);
    deps.onChange();
  };
  let running: Process | null = null;

  const start = async (): Promise<Process | null> => {
    while (!ending.signal.aborted) {
      try {
        return await deps.start();
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        change({ state: { waiting: { reason: 'CreateContainerConfigError', message } } });
        await wait(CONFIG_RETRY_MS, ending.signal);
      }
    }
    return null;
  };

  const begin = (startedAt: number): void => {
    if (status.state.running !== undefined && status.ready) return;
    change({
      state: { running: { startedAt: timestamp(startedAt) } },
      containerID: `process://${container.name}-${startedAt}`,
      started: container.startupProbe === undefined || deps.check === null,
      ready: isReadyAtOnce(deps),
    });
  };

  const live = async (process: Process, startedAt: number): Promise<Exit> => {
    const life = new AbortController();
    running = process;
    if (ending.signal.aborted) process.signal('SIGKILL');
    begin(startedAt);
    if (!status.ready || container.livenessProbe !== undefined)
      void follow(deps, { process, signal: life.signal, isRetired: () => ending.signal.aborted, change });
    const exit = await process.exited;
    life.abort();
    running = null;
    return exit;
  };

  const run = async (): Promise<void> => {
    for (;;) {
      const process = await start();
      if (process === null) return;
      const startedAt = clock.now();
      const exit = await live(process, startedAt);
      const terminated = endOf(exit, startedAt, clock.now());
      const isOver = ending.signal.aborted || !restarts(deps.restartPolicy, exit);
      if (isOver) return change({ state: { terminated }, ready: false, started: false });
      const waitMs = backOff.next(clock.now() - startedAt);
      const message = `back-off ${waitMs / 1_000}s restarting failed container=${container.name}`;
      Object.assign(status, {
        ready: false,
        started: false,
        state: { terminated },
        lastState: { terminated },
      });
      if (waitMs > 0) {
        change({ state: { waiting: { reason: 'CrashLoopBackOff', message } } });
        await wait(waitMs, ending.signal);
      }
      status.restartCount++;
    }
  };

  return {
    status: () => ({ ...status }),
    retire: () => ending.abort(),
    signal: (name, forGood) => {
      if (forGood) ending.abort();
      running?.signal(name);
    },
    done: run(),
  };
}
