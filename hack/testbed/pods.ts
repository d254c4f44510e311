import { RESOURCES } from '../../src/adapters/kubernetes/resource.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import type { Api } from './api.ts';

/** Follows the pods of a workload from the outside. */
export interface PodCount {
  /** Pods ever seen, by the version in their image tag. */
  loads(version: string): number;
  /** Most pods at one time since the last call. */
  takePeak(): number;
  stop(): void;
}

function versionOf(pod: KubeObject): string {
  const spec = pod['spec'] as { containers: { image: string }[] };
  return spec.containers[0]?.image.split(':').at(-1) ?? '';
}

/** Starts to follow the pods that the selector selects. */
export async function countPods(api: Api, labelSelector: string): Promise<PodCount> {
  const stopping = new AbortController();
  const alive = new Set<string>();
  const seen = new Map<string, string>();
  let peak = 0;
  const note = (pod: KubeObject): void => {
    const { uid = '' } = pod.metadata;
    seen.set(uid, versionOf(pod));
    alive.add(uid);
    peak = Math.max(peak, alive.size);
  };
  const first = await api.client.list(RESOURCES.Pod, api.namespace, { labelSelector });
  first.items.forEach(note);
  const follow = async (): Promise<void> => {
    const query = { labelSelector, resourceVersion: first.resourceVersion, timeoutSeconds: 3_600 };
    const options = { signal: stopping.signal, idleMs: 3_600_000 };
    for await (const { type, object } of api.client.watch(RESOURCES.Pod, api.namespace, query, options)) {
      if (type === 'DELETED') alive.delete(object.metadata.uid ?? '');
      else if (type === 'ADDED' || type === 'MODIFIED') note(object);
    }
  };
  follow().catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });
  return {
    loads: (version) => [...seen.values()].filter((one) => one === version).length,
    takePeak: () => {
      const most = peak;
      peak = alive.size;
      return most;
    },
    stop: () => stopping.abort(),
  };
}
