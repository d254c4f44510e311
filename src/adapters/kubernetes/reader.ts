import type { Reader } from '../../ports/cluster.ts';
import type { WatchedKind } from '../../traffic/declaration.ts';
import type { KubeClient } from './client.ts';
import { resourceOf } from './resource.ts';
import type { KubernetesStore } from './store.ts';

interface ReaderDeps {
  readonly client: Pick<KubeClient, 'get'>;
  readonly store: Pick<KubernetesStore, 'learn'>;
  /** Kinds of routers. */
  readonly watches?: readonly WatchedKind[];
}

/** Reads through the client and teaches the store. That an object is gone is left to its watch. */
export function createReader({ client, store, watches }: ReaderDeps): Reader {
  return {
    read: async (kind, namespace, name) => {
      const found = await client.get(resourceOf({ kind }, watches), { namespace, name });
      if (found !== null) store.learn(found);
      return found;
    },
  };
}
