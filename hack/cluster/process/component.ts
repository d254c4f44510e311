import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { ClusterError } from '../cluster-error.ts';
import { lastLines } from './command.ts';

/** How a component is run and how it is known to be ready. */
export interface ComponentSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly logFile: string;
  /** True once it serves; false or an error while it does not yet. */
  ready(): Promise<boolean>;
  readonly readyTimeoutMs?: number;
  /** How long it may take to end on its own before it is killed. */
  readonly stopTimeoutMs?: number;
}

/** One program of the cluster, to be stopped, frozen and started again by tests. */
export interface Component {
  readonly name: string;
  readonly logFile: string;
  /** The process id while it runs. */
  readonly pid: number | undefined;
  readonly running: boolean;
  /** Starts it and resolves when it is ready; throws a `ClusterError` with the end of its log when it does not become so. */
  start(): Promise<void>;
  /** Ends it by a signal (SIGTERM unless told) and resolves when the process is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Freezes it (SIGSTOP) and resumes it (SIGCONT). */
  pause(): void;
  resume(): void;
  /** Whether it serves at this moment. */
  healthy(): Promise<boolean>;
}

async function whyNot(spec: ComponentSpec, problem: string): Promise<ClusterError> {
  const log = await readFile(spec.logFile, 'utf8').catch(() => '');
  return new ClusterError(`${spec.name} ${problem}; the end of ${spec.logFile}:\n${lastLines(log, 10)}`);
}

/**
 * Starts the process in a session of its own, so that Ctrl-C is ours to handle, and tied to our life by the kernel: it is
 * killed when we die, however we die.
 */
function launch(spec: ComponentSpec): ChildProcess {
  const log = openSync(spec.logFile, 'a');
  try {
    return spawn('setpriv', ['--pdeathsig', 'KILL', '--', spec.command, ...spec.args], {
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...process.env, ...spec.env },
      ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
    });
  } finally {
    closeSync(log);
  }
}

const ended = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

async function waitUntilReady(spec: ComponentSpec, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + (spec.readyTimeoutMs ?? 60_000);
  for (;;) {
    if (ended(child)) throw await whyNot(spec, `ended at its start (${child.signalCode ?? child.exitCode})`);
    if (await spec.ready().catch(() => false)) return;
    if (Date.now() > deadline) throw await whyNot(spec, 'did not become ready in time');
    await delay(50);
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals, timeoutMs: number): Promise<void> {
  const gone = once(child, 'exit');
  child.kill(signal);
  child.kill('SIGCONT');
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  await gone;
  clearTimeout(timer);
}

/** A component that has not been started yet. */
export function createComponent(spec: ComponentSpec): Component {
  let child: ChildProcess | undefined;
  const alive = (): ChildProcess | undefined => (child === undefined || ended(child) ? undefined : child);
  return {
    name: spec.name,
    logFile: spec.logFile,
    get pid() {
      return alive()?.pid;
    },
    get running() {
      return alive() !== undefined;
    },
    async start() {
      if (alive() !== undefined) return;
      child = launch(spec);
      child.on('error', () => undefined);
      await waitUntilReady(spec, child);
    },
    async stop(signal = 'SIGTERM') {
      const running = alive();
      if (running !== undefined) await end(running, signal, spec.stopTimeoutMs ?? 5_000);
    },
    pause() {
      alive()?.kill('SIGSTOP');
    },
    resume() {
      alive()?.kill('SIGCONT');
    },
    healthy: () => (alive() === undefined ? Promise.resolve(false) : spec.ready().catch(() => false)),
  };
}
