import { Cache, type Change } from '../../../src/adapters/kubernetes/cache.ts';
import type { KubeClient } from '../../../src/adapters/kubernetes/client.ts';
import { isCode } from '../../../src/adapters/kubernetes/failure.ts';
import { createReflector } from '../../../src/adapters/kubernetes/reflector.ts';
import { RESOURCES, type Resource } from '../../../src/adapters/kubernetes/resource.ts';
import type { Clock } from '../../../src/clock.ts';
import type { Addresses } from './addresses.ts';
import type { Lookup } from './environment.ts';
import type { Pod } from './pod.ts';
import { type Mode, type PodWorker, startPod } from './pod-worker.ts';
import { createStatusWriter, type StatusWriter } from './status-writer.ts';

export interface AgentDeps {
  readonly client: KubeClient;
  readonly nodeName: string;
  readonly mode: Mode;
  readonly addresses: Addresses;
  readonly logDir: string;
  readonly compileCache: string;
  readonly maxBackOffMs: number;
  readonly clock: Clock;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly warn: (fields: object, message: string) => void;
}

/** Plays the pods of one node. */
export interface Agent {
  /** Runs until the signal is aborted, then kills what is left and resolves. */
  run(signal: AbortSignal): Promise<void>;
}

interface Entry {
  readonly worker: PodWorker;
  readonly writer: StatusWriter;
  readonly ip: string;
}

/** A node must be back soon after the API server is, or its pods count as lost. */
const MOST_BACKOFF_MS = 2_000;
const RETRY_MS = 1_000;
const RELIST_MS = 10 * 60_000;

const plain = (plural: string, kind: string): Resource => ({
  group: '',
  version: 'v1',
  plural,
  kind,
  namespaced: true,
});
const DATA = { ConfigMap: plain('configmaps', 'ConfigMap'), Secret: plain('secrets', 'Secret') };

function decode(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  );
}

function lookupIn(client: KubeClient, namespace: string | undefined): Lookup {
  return async (kind, name) => {
    const object = await client.get(DATA[kind], { namespace, name });
    if (object === null) return null;
    const data = (object['data'] ?? {}) as Record<string, string>;
    return kind === 'Secret' ? decode(data) : data;
  };
}

const isOver = ({ status }: Pod): boolean => status?.phase === 'Failed' || status?.phase === 'Succeeded';

/** The client, narrowed to the pods of one node. */
function podsOf(client: KubeClient, nodeName: string): Pick<KubeClient, 'list' | 'watch'> {
  const fieldSelector = `spec.nodeName=${nodeName}`;
  return {
    list: (resource, namespace, query) => client.list(resource, namespace, { ...query, fieldSelector }),
    watch: (resource, namespace, query, options) =>
      client.watch(resource, namespace, { ...query, fieldSelector }, options),
  };
}

/** Makes the agent. Pods bound to the node from before are taken over with their addresses. */
export function createAgent(deps: AgentDeps): Agent {
  const { client, addresses, warn } = deps;
  const entries = new Map<string, Entry>();
  /** Pods of the first list, which wait until all addresses in use are known; null from then on. */
  let early: Pod[] | null = [];
  const cache = new Cache((change) => {
    if (early === null) changed(change);
    else early.push(change.object as Pod);
  });
  const reflector = createReflector({
    ...deps,
    client: podsOf(client, deps.nodeName),
    cache,
    resource: RESOURCES.Pod,
    namespace: undefined,
    optional: false,
    relistMs: RELIST_MS,
    random: Math.random,
    sleep: (ms, signal) => deps.sleep(Math.min(ms, MOST_BACKOFF_MS), signal),
    log: { warn, info: warn },
  });

  const currentOf = ({ metadata: { namespace = '', name, uid } }: Pod): Pod | null => {
    const found = cache.get(namespace, name) as Pod | null;
    return found?.metadata.uid === uid ? found : null;
  };

  /** Removes the object, trying for as long as it is there. */
  const remove = async (pod: Pod): Promise<void> => {
    const { namespace, name, uid } = pod.metadata;
    try {
      await client.remove(
        RESOURCES.Pod,
        { namespace, name },
        { gracePeriodSeconds: 0, preconditions: { uid } },
      );
    } catch (error) {
      if (isCode(error, 'KUBERNETES_CONFLICT') || isCode(error, 'KUBERNETES_NOT_FOUND')) return;
      warn({ err: error, pod: name }, 'pod not removed; trying again');
      setTimeout(() => void remove(pod), RETRY_MS);
    }
  };

  const addressOf = ({ metadata, spec, status }: Pod): string | null => {
    if (spec.hostNetwork === true) return addresses.node;
    try {
      return status?.podIP ?? addresses.allocate();
    } catch (error) {
      warn({ err: error, pod: metadata.name }, 'pod waits for an address');
      return null;
    }
  };

  const start = (pod: Pod): void => {
    const { uid = '', namespace } = pod.metadata;
    const ip = addressOf(pod);
    if (ip === null) {
      setTimeout(() => retry(pod), RETRY_MS);
      return;
    }
    const worker = startPod(pod, {
      ...deps,
      self: { podIp: ip, hostIp: addresses.node },
      lookup: lookupIn(client, namespace),
      // The entry is there before anything can change: containers start in a later turn.
      onChange: () => entries.get(uid)?.writer.wake(),
      onTerminated: () => void remove(pod),
    });
    const writer = createStatusWriter(
      {
        current: () => currentOf(pod),
        wanted: (current) => worker.statusOf(current),
        // Not `learn`, which takes an object that is being deleted for gone: a pod is still terminating.
        observeWrite: (object) => cache.take(object),
      },
      { client, warn },
    );
    entries.set(uid, { worker, writer, ip });
    worker.update(pod);
    writer.wake();
  };

  const retry = (pod: Pod): void => {
    const object = currentOf(pod);
    if (object !== null) changed({ type: 'added', object });
  };

  const end = (pod: Pod): void => {
    const uid = pod.metadata.uid ?? '';
    const entry = entries.get(uid);
    if (entry === undefined) return;
    entries.delete(uid);
    entry.worker.kill();
    void entry.worker.done.then(() => addresses.release(entry.ip));
  };

  const changed = ({ type, object }: Pick<Change, 'type' | 'object'>): void => {
    const pod = object as Pod;
    const entry = entries.get(pod.metadata.uid ?? '');
    if (type === 'deleted') end(pod);
    else if (entry !== undefined) {
      entry.worker.update(pod);
      entry.writer.wake();
    } else if (pod.metadata.deletionTimestamp !== undefined) void remove(pod);
    else if (!isOver(pod)) start(pod);
  };

  const takeOver = (): void => {
    const pods = (early ?? []).flatMap((pod) => currentOf(pod) ?? []);
    for (const { status } of pods) if (status?.podIP !== undefined) addresses.reserve(status.podIP);
    early = null;
    for (const object of new Set(pods)) changed({ type: 'added', object });
  };

  return {
    run: async (signal) => {
      void reflector.synced.then(takeOver);
      await reflector.run(signal);
      const workers = [...entries.values()].map(({ worker }) => worker);
      for (const worker of workers) worker.kill();
      await Promise.all(workers.map(({ done }) => done));
    },
  };
}
