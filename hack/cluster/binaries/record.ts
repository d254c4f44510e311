import { link, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { namespaceOf } from '../process/namespace.ts';
import { cacheDirectory } from './cache.ts';

/** What is written down about a cluster that was started by `up`, for the commands that come later. */
export const ClusterRecord = z.object({
  /** The supervisor, which is the parent of everything. */
  pid: z.number(),
  /** Its network namespace, as `namespaceOf` names it. */
  namespace: z.string(),
  /** In the environment of each process of the cluster, so that its leftovers can be identified. */
  mark: z.string(),
  /** What is known once everything is ready; until then the cluster is starting. */
  access: z
    .object({
      kubeconfig: z.string(),
      logs: z.string(),
      /** Names of environment variables and the addresses of the cluster, as `exec` hands them to commands. */
      environment: z.record(z.string(), z.string()),
    })
    .optional(),
});
export type ClusterRecord = z.infer<typeof ClusterRecord>;

/** The environment variable that carries `mark`. */
export const markVariable = 'SLUICE_CLUSTER_MARK';

/** Names of clusters are names of folders. */
export const isClusterName = (name: string): boolean => /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/.test(name);

/** Where the cluster of a name keeps what belongs to it. */
export function placesOf(name: string) {
  const home = join(cacheDirectory(), 'clusters', name);
  return {
    home,
    directory: join(home, 'cluster'),
    record: join(home, 'record.json'),
    socket: join(home, 'control.sock'),
    supervisorLog: join(home, 'supervisor.log'),
  };
}

async function writeAside(name: string, record: ClusterRecord): Promise<string> {
  const file = `${placesOf(name).record}.${record.mark}`;
  await writeFile(file, JSON.stringify(record, null, 2));
  return file;
}

/** Writes the first record of a cluster; false when there is one of this name already. */
export async function claimRecord(name: string, record: ClusterRecord): Promise<boolean> {
  const file = await writeAside(name, record);
  try {
    await link(file, placesOf(name).record);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(file);
  }
}

/** Replaces the record so that a reader sees the whole of the old or of the new one. */
export async function writeRecord(name: string, record: ClusterRecord): Promise<void> {
  await rename(await writeAside(name, record), placesOf(name).record);
}

/** The record of a cluster; null when there is none. */
export async function readRecord(name: string): Promise<ClusterRecord | null> {
  const text = await readFile(placesOf(name).record, 'utf8').catch(() => null);
  return text === null ? null : ClusterRecord.parse(JSON.parse(text));
}

/** Forgets a cluster; its logs stay until the next one of this name. */
export async function removeRecord(name: string): Promise<void> {
  const { record, socket } = placesOf(name);
  await Promise.all([rm(record, { force: true }), rm(socket, { force: true })]);
}

/** Whether the supervisor of a record is alive: its process id may have gone to somebody else. */
export const isAlive = ({ pid, namespace }: ClusterRecord): boolean => namespaceOf(pid) === namespace;

async function carriesMark(pid: number, mark: string): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return environment.split('\0').includes(`${markVariable}=${mark}`);
}

/** The processes that live in a record's namespace, provided that the namespace is still the cluster's own. */
export async function processesOf({ namespace, mark }: ClusterRecord): Promise<number[]> {
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const inside = all.filter((pid) => namespaceOf(pid) === namespace);
  const marked = await Promise.all(inside.map((pid) => carriesMark(pid, mark)));
  return marked.includes(true) ? inside : [];
}
