import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import type { Command } from './command.ts';

/** How a process ended, as a container's status has it: 128 + n after signal n. */
export interface Exit {
  readonly exitCode: number;
  readonly signal?: number;
  /** The end of its log, where its container asks for it. */
  readonly message?: string;
}

/** A container's process, or what stands for one. */
export interface Process {
  /** Resolves when it has ended; never rejects. */
  readonly exited: Promise<Exit>;
  /** Does nothing when it has ended. */
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
}

export interface ProcessSpec {
  readonly command: Command;
  readonly env: Readonly<Record<string, string>>;
  /** Its output is added to this file. */
  readonly logFile: string;
  /** Whether how it ends comes with the end of its log, where that is not well. */
  readonly tellsLog: boolean;
  /** Compiled code shared by all node processes, so that only the first one compiles. */
  readonly compileCache: string;
}

/** Runs a program so that the kernel kills it when this process ends. From util-linux. */
const [program, ...args] = ['setpriv', '--pdeathsig', 'KILL', '--'] as const;

/** As much of a log as a kubelet takes for a termination message. */
const [MOST_LINES, MOST_BYTES] = [80, 2_048];

function tailOf(logFile: string): string {
  const text = readFileSync(logFile).subarray(-MOST_BYTES).toString().trimEnd();
  return text.split('\n').slice(-MOST_LINES).join('\n');
}

/** The exit code of a shell for a program that is not there. */
const CANNOT_RUN = 127;

function exitOf(code: number | null, signal: NodeJS.Signals | null): Exit {
  if (signal === null) return { exitCode: code ?? CANNOT_RUN };
  const number = constants.signals[signal];
  return { exitCode: 128 + number, signal: number };
}

/**
 * Starts a process that ends with this one, even when this one is killed. It has a process group of its own, so that
 * Ctrl-C reaches it through the agent and a shell's children end with it.
 */
export function startProcess({ command, env, logFile, tellsLog, compileCache }: ProcessSpec): Process {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  const child = spawn(program, [...args, command.program, ...command.args], {
    cwd: command.cwd,
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: compileCache, ...env },
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  let ended = false;
  const exited = new Promise<Exit>((resolve) => {
    const end = (exit: Exit): void => {
      ended = true;
      resolve(exit);
    };
    child.once('exit', (code, signal) => {
      const exit = exitOf(code, signal);
      end(tellsLog && exit.exitCode !== 0 ? { ...exit, message: tailOf(logFile) } : exit);
    });
    child.once('error', () => end({ exitCode: CANNOT_RUN }));
  });
  const signal: Process['signal'] = (name) => {
    if (ended || child.pid === undefined) return;
    try {
      process.kill(-child.pid, name);
    } catch {
      // It ended in this moment; `exited` says so.
    }
  };
  return { exited, signal };
}

/** Stands for a process if none runs: it ends at once when signalled. */
export function idleProcess(): Process {
  const { promise, resolve } = Promise.withResolvers<Exit>();
  return {
    exited: promise,
    signal: (name) =>
      resolve(name === 'SIGTERM' ? { exitCode: 0 } : { exitCode: 137, signal: constants.signals.SIGKILL }),
  };
}

/** A process that has ended already. */
export const endedProcess = (exit: Exit): Process => ({
  exited: Promise.resolve(exit),
  signal: () => undefined,
});
