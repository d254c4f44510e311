import type { KubeObject } from '../../api/meta.ts';
import type { Clock } from '../../clock.ts';
import type { PodsOf } from '../../ports/pods.ts';
import type { KubeClient } from './client.ts';
import { RESOURCES } from './resource.ts';

/** How long a list is good for: a new pod is scraped this much later at most. */
const TTL_MS = 10_000;
/** Pods on a page, and in a namespace. */
const [PAGE, MOST] = [500, 5_000];

/** The pods of Deployments that run in a namespace; one list is shared by all who ask within some seconds. */
export type PodList = (namespace: string) => Promise<readonly KubeObject[]>;

async function listAll(client: KubeClient, namespace: string): Promise<KubeObject[]> {
  const query = { fieldSelector: 'status.phase=Running', labelSelector: 'pod-template-hash', limit: PAGE };
  const pods: KubeObject[] = [];
  let next: string | undefined;
  do {
    const page = await client.list(RESOURCES.Pod, namespace, { ...query, continue: next });
    pods.push(...page.items);
    next = page.continue;
  } while (next !== undefined && pods.length < MOST);
  return pods;
}

/** Makes the list. Rejects with what the API server says. */
export function createPodList(client: KubeClient, clock: Pick<Clock, 'monotonic'>): PodList {
  const known = new Map<string, { readonly at: number; readonly pods: Promise<KubeObject[]> }>();
  return (namespace) => {
    const now = clock.monotonic();
    for (const [name, { at }] of known) if (now - at > TTL_MS) known.delete(name);
    const before = known.get(namespace);
    if (before !== undefined) return before.pods;
    const entry = { at: now, pods: listAll(client, namespace) };
    known.set(namespace, entry);
    entry.pods.catch(() => {
      if (known.get(namespace) === entry) known.delete(namespace);
    });
    return entry.pods;
  };
}

/** Pods of one version that are looked at; what ails one of more shows in these. */
const SAMPLE = 250;

/** Asks for the pods of one version. */
export function createPodsOf(client: KubeClient): PodsOf {
  return async (namespace, hash) => {
    const query = { labelSelector: `pod-template-hash=${hash}`, limit: SAMPLE };
    return (await client.list(RESOURCES.Pod, namespace, query)).items;
  };
}
