import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { constants } from 'node:os';
import { addresses } from '../addresses.ts';
import { ClusterError, lastLineOf } from '../cluster-error.ts';
import { attempt } from './command.ts';

const marker = 'SLUICE_NETNS';

/** The identity of a process's network namespace, such as `net:[4026532281]`; null when there is no such process. */
export function namespaceOf(pid: number | 'self'): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return null;
  }
}

/** Whether this process runs in a network namespace that `enterNamespace` made. */
export const insideNamespace = (env: NodeJS.ProcessEnv = process.env): boolean =>
  env[marker] !== undefined && env[marker] === namespaceOf('self');

const setUp = [
  'set -e',
  'ip link set lo up',
  ...addresses.local.map((range) => `ip route add local ${range} dev lo`),
  `export ${marker}="$(readlink /proc/self/ns/net)"`,
  'exec "$@"',
].join('\n');

/** Root needs no user namespace; anybody else becomes root in one, which is enough to own a network namespace. */
const unshareFlags = (): string => (process.getuid?.() === 0 ? '-n' : '-Urn');

async function checkTools(): Promise<void> {
  for (const [tool, name] of [
    ['ip', 'iproute2'],
    ['setpriv', 'util-linux'],
    ['unshare', 'util-linux'],
  ] as const) {
    if ((await attempt(tool, ['-V'])).code === 127) {
      throw new ClusterError(
        `${tool} is needed for the cluster's network namespace: install the package ${name}`,
      );
    }
  }
  const { code, stderr } = await attempt('unshare', [unshareFlags(), 'true']);
  if (code === 0) return;
  const why = lastLineOf(stderr);
  throw new ClusterError(
    process.getuid?.() === 0
      ? `no network namespace can be made (${why}): in a container, run it with --cap-add SYS_ADMIN --cap-add NET_ADMIN`
      : `no network namespace can be made (${why}): this system forbids user namespaces; run as root, or allow them (sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0)`,
  );
}

/** The command line that runs `command` in a new network namespace, as a child that dies with the process that starts it. */
export const inNewNamespace = (command: readonly string[]): readonly [string, ...string[]] => [
  'unshare',
  unshareFlags(),
  'setpriv',
  '--pdeathsig',
  'KILL',
  'sh',
  '-c',
  setUp,
  'sh',
  ...command,
];

/** The command line that runs `command` in the network namespace of process `pid`. */
export const inNamespaceOf = (pid: number, command: readonly string[]): readonly [string, ...string[]] => [
  'nsenter',
  '-t',
  String(pid),
  '-n',
  ...(process.getuid?.() === 0 ? [] : ['-U', '--preserve-credentials']),
  ...command,
];

/** Runs a command on our own terminal to its end, handing signals on, and returns its exit code as a shell would. */
export async function runAttached([command, ...args]: readonly [string, ...string[]]): Promise<number> {
  const child = spawn(command, args, { stdio: 'inherit' });
  const forward = (signal: NodeJS.Signals): void => {
    // Ctrl-C reaches the whole foreground process group: it is already there.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, forward);
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  } finally {
    for (const signal of signals) process.off(signal, forward);
  }
}

/**
 * Makes sure that this process runs in a network namespace of its own, where the pod and service addresses are local.
 * Outside one it runs this very command line again inside, waits for it and exits with its code: it returns only inside.
 * Nothing outside loopback can be reached from there, so download first. Throws a `ClusterError` where namespaces are
 * forbidden.
 */
export async function enterNamespace(args: readonly string[] = process.argv.slice(1)): Promise<void> {
  if (insideNamespace()) return;
  await checkTools();
  process.exit(await runAttached(inNewNamespace([process.execPath, ...process.execArgv, ...args])));
}
