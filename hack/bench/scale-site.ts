import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resourceOf } from '../../src/adapters/kubernetes/resource.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import { ROUTERS } from '../../src/traffic/registry.ts';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { attempt } from '../cluster/process/command.ts';
import { applyManifests } from '../install/manifests.ts';
import { type Access, accessOf } from '../testbed/access.ts';
import { type Api, openApi, resourceFor } from '../testbed/api.ts';
import { requestsOf } from '../testbed/audit.ts';
import { aroundOf, type Place, TEMPLATE } from './scale-objects.ts';

/** A cluster with Sluice's manifests and nothing of Istio but its CRDs. */
export interface ScaleSite {
  readonly cluster: Cluster;
  readonly access: Access;
  readonly api: Api;
  close(): Promise<void>;
}

/** Requests under way at a time. */
const AT_A_TIME = 24;
const CONTROLLER = 'system:serviceaccount:sluice-system:sluice';
const LONGEST_NAME = 30;

export const say = (line: string): void => void process.stderr.write(`scale: ${line}\n`);

/** Runs the action for each item, some at a time. */
export async function forEach<T>(items: readonly T[], act: (item: T) => Promise<unknown>): Promise<void> {
  const left = items.values();
  const work = async (): Promise<void> => {
    for (const item of left) await act(item);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
}

/** Starts it with so many nodes. */
export async function openScaleSite(nodes: number): Promise<ScaleSite> {
  const root = await mkdtemp(join(tmpdir(), 'sluice-scale-'));
  const cluster = await startCluster({
    dir: join(root, 'cluster'),
    nodes,
    nodeMode: 'instant',
    istio: false,
    prometheus: false,
    nodeGraceSeconds: 120,
  });
  const { kubectl, istioCrds } = cluster.binaries;
  await cluster.kubectl('apply', '--server-side', '-f', istioCrds);
  await applyManifests(
    (args, input) =>
      attempt(kubectl, ['--kubeconfig', cluster.kubeconfig, ...args], input === undefined ? {} : { input }),
    { controller: false },
  );
  const access = await accessOf(cluster);
  const api = await openApi(cluster, 'default');
  await api.client.create(resourceOf(TEMPLATE), TEMPLATE);
  const close = async (): Promise<void> => {
    await cluster.stop();
    await rm(root, { recursive: true, force: true });
  };
  return { cluster, access, api, close };
}

/** Makes the namespaces of these workloads, their Services, routes and Rollouts, and what `more` makes for each. */
export async function populate(
  { api }: ScaleSite,
  where: readonly Place[],
  more: (place: Place) => Promise<unknown>,
): Promise<void> {
  await forEach([...new Set(where.map(({ namespace }) => namespace))], async (name) => {
    const place = { name };
    if ((await api.client.get(resourceFor('Namespace'), place)) !== null) return;
    await api.client.create(resourceFor('Namespace'), {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
    });
  });
  await forEach(where, async (place) => {
    await more(place);
    for (const object of aroundOf(place)) await create({ api }, object);
  });
}

export async function create({ api }: Pick<ScaleSite, 'api'>, object: KubeObject): Promise<KubeObject> {
  return api.client.create(resourceOf(object, ROUTERS.watches), object);
}

/** What the controller asked of the API server in a span, by verb and resource; watches and leases aside. */
export async function requestsIn(
  { access }: ScaleSite,
  from: number,
  to: number,
): Promise<Readonly<Record<string, number>>> {
  const counts = await requestsOf(access.auditLog, CONTROLLER, from, to);
  return Object.fromEntries(Object.entries(counts).filter(([key]) => !key.endsWith(' leases')));
}

/** All of them together. */
export function totalOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** The counts, the largest first, each divided by `by`. */
export function listed(counts: Readonly<Record<string, number>>, by: number): string {
  const sorted = Object.entries(counts).toSorted(([, a], [, b]) => b - a);
  return sorted.map(([key, count]) => `${key.slice(0, LONGEST_NAME)} ${rounded(count / by)}`).join(', ');
}

export function rounded(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}
