import type { KubeObject } from '../../api/meta.ts';
import { SluiceError } from '../../errors.ts';
import type { Writer } from '../../ports/cluster.ts';
import type { WatchedKind } from '../../traffic/declaration.ts';
import type { KubeClient } from './client.ts';
import { isCode } from './failure.ts';
import { createReader } from './reader.ts';
import { resourceOf } from './resource.ts';
import type { KubernetesStore } from './store.ts';

export interface WriterDeps {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'patch' | 'remove'>;
  readonly store: Pick<KubernetesStore, 'learn' | 'forget'>;
  /** Kinds of routers that are written. */
  readonly watches?: readonly WatchedKind[];
  /** Whether this process may write now, checked before each write. */
  readonly fence: () => boolean;
}

/** If an object is gone, it is not as it was read. */
function asConflict(error: unknown): never {
  if (!(error instanceof SluiceError) || error.code !== 'KUBERNETES_NOT_FOUND') throw error;
  throw new SluiceError('KUBERNETES_CONFLICT', error.message, { retry: 'backoff', cause: error });
}

/** Reads an object for the store. Deletions are left to the watch: a starting server may not know a kind yet. */
async function look(
  deps: WriterDeps,
  { kind, metadata: { namespace = '', name } }: KubeObject,
): Promise<void> {
  await createReader(deps)
    .read(kind, namespace, name)
    .catch(() => null);
}

/**
 * The object of a conflict is read at once: a stalled watch reports it minutes later, and until then every further try
 * would meet the same conflict.
 */
function lookAgain(deps: WriterDeps, object: KubeObject) {
  return async (error: unknown): Promise<never> => {
    if (isCode(error, 'KUBERNETES_CONFLICT')) await look(deps, object);
    throw error;
  };
}

/** Rights that not every installation has are named with what grants them. */
function withFix({ watches = [] }: WriterDeps, { kind }: KubeObject) {
  return (error: unknown): never => {
    const { grantedBy } = watches.find((watch) => watch.kind === kind) ?? {};
    if (grantedBy === undefined || !(error instanceof SluiceError) || error.code !== 'KUBERNETES_FORBIDDEN')
      throw error;
    const { retry } = error;
    throw new SluiceError(error.code, `${error.message}; ${grantedBy}`, { retry, cause: error });
  };
}

/** An object whose creation got no answer may exist, and nothing else would report it. Nobody waits for that. */
function lookForLost(deps: WriterDeps, object: KubeObject) {
  return (error: unknown): never => {
    if (isCode(error, 'KUBERNETES_TIMEOUT') || isCode(error, 'KUBERNETES_UNAVAILABLE'))
      void look(deps, object);
    throw error;
  };
}

/**
 * Writes through the client and updates the store with each answer, and with the object of a conflict. While this
 * process does not lead, it fails with NOT_LEADER before anything is sent.
 */
export function createWriter(deps: WriterDeps): Writer {
  const { client, store, watches, fence } = deps;
  const guard = (): void => {
    if (!fence()) throw new SluiceError('NOT_LEADER', 'this replica does not lead', { retry: 'backoff' });
  };
  const learn = (object: KubeObject): KubeObject => {
    store.learn(object);
    return object;
  };
  return {
    create: async (object) => {
      guard();
      const answer = client.create(resourceOf(object, watches), object);
      const found = answer.catch(withFix(deps, object)).catch(lookForLost(deps, object));
      return learn(await found.catch(lookAgain(deps, object)));
    },
    patch: async (object, patch, subresource) => {
      guard();
      const { namespace, name } = object.metadata;
      const place = { namespace, name, ...(subresource === undefined ? {} : { subresource }) };
      const answer = client.patch(resourceOf(object, watches), place, 'json', patch);
      const found = answer.catch(withFix(deps, object)).catch(asConflict);
      return learn(await found.catch(lookAgain(deps, object)));
    },
    remove: async (object) => {
      guard();
      const { namespace, name, uid, resourceVersion } = object.metadata;
      const options = { preconditions: { uid, resourceVersion }, propagationPolicy: 'Background' };
      const rest = await client
        .remove(resourceOf(object, watches), { namespace, name }, options)
        .catch(withFix(deps, object))
        .catch((error: unknown) => {
          if (isCode(error, 'KUBERNETES_NOT_FOUND')) return null;
          return lookAgain(deps, object)(error);
        });
      if (rest === null) store.forget(object);
      else learn(rest);
    },
  };
}
