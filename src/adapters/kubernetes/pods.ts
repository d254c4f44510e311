import { HASH_LABEL } from '../../api/labels.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { Clock } from '../../clock.ts';
import type { PodsOf } from '../../ports/pods.ts';
import { type KubeClient, listAll } from './client.ts';
import { RESOURCES } from './resource.ts';

/** How long a list is cached: a new pod is scraped at most this much later. */
const TTL_MS = 10_000;
/** Maximum number of pods of a namespace. */
const MOST = 5_000;

/** The running pods of Deployments in a namespace; all calls within some seconds share one list. */
export type PodList = (namespace: string) => Promise<readonly KubeObject[]>;

const RUNNING = { fieldSelector: 'status.phase=Running', labelSelector: HASH_LABEL };

/** Creates the list. Rejects with the API server's error. */
export function createPodList(client: KubeClient, clock: Pick<Clock, 'monotonic'>): PodList {
  const known = new Map<string, { readonly at: number; readonly pods: Promise<KubeObject[]> }>();
  return (namespace) => {
    const now = clock.monotonic();
    for (const [name, { at }] of known) if (now - at > TTL_MS) known.delete(name);
    const before = known.get(namespace);
    if (before !== undefined) return before.pods;
    const entry = { at: now, pods: listAll(client, RESOURCES.Pod, namespace, RUNNING, MOST) };
    known.set(namespace, entry);
    entry.pods.catch(() => {
      if (known.get(namespace) === entry) known.delete(namespace);
    });
    return entry.pods;
  };
}

/** Maximum number of pods of one version that are read; problems of larger versions show in these, too. */
const SAMPLE = 250;

/** Lists the pods of one version. */
export function createPodsOf(client: KubeClient): PodsOf {
  return async (namespace, hash) => {
    const query = { labelSelector: `${HASH_LABEL}=${hash}`, limit: SAMPLE };
    return (await client.list(RESOURCES.Pod, namespace, query)).items;
  };
}
