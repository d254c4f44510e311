import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type ClusterRecord,
  claimRecord,
  isAlive,
  markVariable,
  placesOf,
  processesOf,
  readRecord,
  removeRecord,
  writeRecord,
} from '../binaries/record.ts';
import { type ClusterOptions, startCluster } from '../cluster.ts';
import { ClusterError, type Log } from '../cluster-error.ts';
import { environmentOf } from '../parts/environment.ts';
import { serveControl } from './control-socket.ts';
import { namespaceOf } from './namespace.ts';

const signalled = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });

/** Starts a cluster in the present namespace, keeps it until a signal comes, and stops it. */
export async function supervise(name: string, options: Omit<ClusterOptions, 'dir'>, log: Log): Promise<void> {
  const places = placesOf(name);
  await mkdir(places.home, { recursive: true });
  const mark = randomUUID();
  process.env[markVariable] = mark;
  const record: ClusterRecord = { pid: process.pid, namespace: namespaceOf('self') ?? '', mark };
  if (!(await claimRecord(name, record)))
    throw new ClusterError(`cluster "${name}" is being started by somebody else`);
  const stop = signalled();
  const starting = startCluster({ ...options, dir: places.directory, log });
  const cluster = await Promise.race([starting, stop]).catch(async (error: unknown) => {
    await removeRecord(name);
    throw error;
  });
  if (cluster === undefined) {
    log('interrupted while starting');
    await removeRecord(name);
    // What was started so far dies with us.
    process.exit(130);
  }
  const control = await serveControl(places.socket, cluster.components);
  const { kubeconfig, logs } = cluster;
  await writeRecord(name, { ...record, access: { kubeconfig, logs, environment: environmentOf(cluster) } });
  log('everything is ready');
  await stop;
  log('stopping');
  control.close();
  await cluster.stop();
  await removeRecord(name);
}

/** The record of a cluster that is ready. */
export type ReadyRecord = ClusterRecord & { readonly access: NonNullable<ClusterRecord['access']> };

/** The record when it is that of a cluster that is ready. */
export const ready = (record: ClusterRecord | null): ReadyRecord | null =>
  record?.access === undefined ? null : { ...record, access: record.access };

const textOf = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');

/** Repeats the lines of a growing file, from character `seen` on, until `done` says so. */
async function follow(file: string, seen: number, log: Log, done: () => Promise<boolean>): Promise<void> {
  for (let last = false; !last; ) {
    last = await done();
    const text = await textOf(file);
    const complete = text.slice(seen, text.lastIndexOf('\n') + 1);
    seen += complete.length;
    for (const line of complete.split('\n').slice(0, -1)) log(line);
    if (!last) await delay(100);
  }
}

/** Starts a supervisor that outlives this process, and waits until its cluster is ready. */
export async function startDetached(name: string, args: readonly string[], log: Log): Promise<ReadyRecord> {
  const places = placesOf(name);
  await mkdir(places.home, { recursive: true });
  const { length } = await textOf(places.supervisorLog);
  const output = openSync(places.supervisorLog, 'a');
  const child = spawn(process.execPath, [...args], { detached: true, stdio: ['ignore', output, output] });
  closeSync(output);
  const cancel = (): void => void child.kill('SIGTERM');
  process.once('SIGINT', cancel).once('SIGTERM', cancel);
  let record: ReadyRecord | null = null;
  await follow(places.supervisorLog, length, log, async () => {
    const ended = child.exitCode !== null || child.signalCode !== null;
    record = ended ? null : ready(await readRecord(name));
    return ended || record !== null;
  });
  child.unref();
  if (record === null) throw new ClusterError(`the cluster was not started; its logs are in ${places.home}`);
  return record;
}

async function waitFor(condition: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) return false;
    await delay(50);
  }
  return true;
}

/** Stops a cluster and whatever is left in its namespace. Returns how many processes had to be killed at the end. */
export async function stopDetached(name: string, record: ClusterRecord): Promise<number> {
  if (isAlive(record)) {
    process.kill(record.pid, 'SIGTERM');
    await waitFor(() => !isAlive(record), 60_000);
  }
  const left = await processesOf(record);
  for (const pid of left) process.kill(pid, 'SIGKILL');
  await waitFor(async () => (await processesOf(record)).length === 0, 5_000);
  await removeRecord(name);
  return left.length;
}
