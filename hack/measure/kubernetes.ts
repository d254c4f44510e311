/**
 * Measures the Kubernetes adapter on a cluster: `node hack/measure/kubernetes.ts KUBECONFIG [OBJECTS]`.
 * What one call costs, beside @kubernetes/client-node with its defaults, and what a store of that many objects (half
 * Deployments, half ReplicaSets; 10,000 unless said otherwise) costs to fill and to keep. Makes a namespace and
 * removes it again; meant for a cluster without controllers, which would make pods of what it creates.
 */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { createKubeClient, type KubeClient } from '../../src/adapters/kubernetes/client.ts';
import { connect } from '../../src/adapters/kubernetes/connection.ts';
import { createKubernetes } from '../../src/adapters/kubernetes/kubernetes.ts';
import { RESOURCES, type Resource } from '../../src/adapters/kubernetes/resource.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import { systemClock } from '../../src/clock.ts';
import { ROUTERS } from '../../src/traffic/registry.ts';

const CALLS = 400;
const NAMESPACE: Resource = {
  group: '',
  version: 'v1',
  plural: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
};

/** A model server as people write it, of about the usual size. */
function workload(kind: 'Deployment' | 'ReplicaSet', namespace: string, index: number): KubeObject {
  const labels = { app: `model-${index}`, team: 'ranking' };
  const container = {
    name: 'server',
    image: `registry.example/model-server:${index}`,
    args: ['--model', `/models/${index}`, '--max-batch-size', '32'],
    env: [{ name: 'MODEL', value: `model-${index}` }],
    ports: [{ name: 'http', containerPort: 8080 }],
    readinessProbe: { httpGet: { path: '/health', port: 8080 } },
    resources: { limits: { cpu: '4', memory: '16Gi', 'nvidia.com/gpu': '1' } },
  };
  const template = { metadata: { labels }, spec: { containers: [container] } };
  const metadata = { name: `model-${index}`, namespace, labels };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata,
    spec: { replicas: 3, selector: { matchLabels: labels }, template },
  };
}

/** Milliseconds of one call after the other: the middle and the 99th of a hundred. */
async function latency(call: () => Promise<unknown>): Promise<string> {
  const times: number[] = [];
  for (let count = -20; count < CALLS; count += 1) {
    const since = performance.now();
    await call();
    if (count >= 0) times.push(performance.now() - since);
  }
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor(share * CALLS)] ?? Number.NaN).toFixed(2);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}

async function compareCalls(client: KubeClient, kubeconfig: string): Promise<void> {
  const place = { namespace: 'default', name: 'kubernetes' };
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const theirs = config.makeApiClient(CoreV1Api);
  for (const round of [1, 2, 3]) {
    console.log(
      `get, round ${round}: ours         ${await latency(() => client.get(RESOURCES.Service, place))}`,
    );
    console.log(
      `get, round ${round}: client-node  ${await latency(() => theirs.readNamespacedService(place))}`,
    );
  }
}

function memory(): string {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  return `resident ${(rss / 1e6).toFixed(0)} MB, heap ${(heapUsed / 1e6).toFixed(0)} MB`;
}

const silent = () => {};

async function fillStore(kubeconfig: string): Promise<void> {
  const kubernetes = createKubernetes({
    connection: await connect({ kubeconfig }, {}, systemClock),
    version: 'measure',
    namespaces: [],
    watches: ROUTERS.watches,
    settings: { rootNamespace: 'istio-system', istiodDebounceMax: 0 },
    lease: { namespace: 'default', name: 'measure', identity: 'measure' },
    elect: false,
    fence: 'none',
    clock: systemClock,
    random: Math.random,
    log: { debug: silent, info: silent, warn: silent, error: console.error },
  });
  console.log(`before the store: ${memory()}`);
  const since = performance.now();
  void kubernetes.start(new AbortController().signal);
  // Istio's kinds may be missing, which takes its time to find out.
  const isFilled = (): boolean =>
    kubernetes.status().every(({ resource, synced }) => synced || !/deployments|replicasets/.test(resource));
  while (!isFilled()) await wait(5);
  const objects = Object.values(kubernetes.store.sizes()).reduce((sum, size) => sum + size, 0);
  console.log(
    `store of ${objects} objects filled in ${(performance.now() - since).toFixed(0)} ms: ${memory()}`,
  );
  await kubernetes.stop();
}

/** Makes the objects, and measures the store in a process of its own. */
async function measureStore(client: KubeClient, kubeconfig: string, objects: number): Promise<void> {
  const namespace = `measure-${randomUUID().slice(0, 8)}`;
  await client.create(NAMESPACE, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const indices = Array.from({ length: Math.round(objects / 2) }, (_, index) => index);
  for (const kind of ['Deployment', 'ReplicaSet'] as const)
    await Promise.all(
      indices.map((index) => client.create(RESOURCES[kind], workload(kind, namespace, index))),
    );
  const file = fileURLToPath(import.meta.url);
  spawnSync(process.execPath, ['--expose-gc', file, kubeconfig, 'store'], { stdio: 'inherit' });
  await client.remove(NAMESPACE, { name: namespace });
}

const [kubeconfig, objects = '10000'] = process.argv.slice(2);
if (kubeconfig === undefined) throw new Error('usage: node hack/measure/kubernetes.ts KUBECONFIG [OBJECTS]');
if (objects === 'store') {
  await fillStore(kubeconfig);
} else {
  const connection = await connect({ kubeconfig }, {}, systemClock);
  const options = { userAgent: 'sluice/measure', timeoutMs: 30_000, concurrency: 16, clock: systemClock };
  const client = createKubeClient(connection, options);
  await compareCalls(client, kubeconfig);
  await measureStore(client, kubeconfig, Number(objects));
  await connection.close();
}
