import type { KubeClient } from '../../../src/adapters/kubernetes/client.ts';
import { RESOURCES } from '../../../src/adapters/kubernetes/resource.ts';
import { SluiceError } from '../../../src/errors.ts';
import type { Pod, PodStatus } from './pod.ts';
import { covers } from './pod-status.ts';

/** A pod whose status is kept up to date. */
export interface StatusSource {
  /** The newest known version of the object; null when it is gone. */
  current(): Pod | null;
  /** Null where there is nothing to write. */
  wanted(pod: Pod): PodStatus | null;
  /** Takes in what a write returned. */
  observeWrite(pod: Pod): void;
}

/** Keeps the status of one pod as its source wants it. */
export interface StatusWriter {
  /** The object or what is wanted may have changed. Many wakes before the write become one write. */
  wake(): void;
}

export interface StatusWriterDeps {
  readonly client: Pick<KubeClient, 'patch'>;
  readonly warn: (fields: object, message: string) => void;
}

const RETRY_MS = 1_000;

/**
 * Makes the writer of one pod: one patch for each change, none where the object already has what is wanted, and one
 * under way at a time. A failed write is tried again for as long as the pod is there.
 */
export function createStatusWriter(source: StatusSource, { client, warn }: StatusWriterDeps): StatusWriter {
  let state: 'idle' | 'writing' | 'again' = 'idle';

  const write = async (): Promise<void> => {
    const pod = source.current();
    if (pod === null) return;
    const status = source.wanted(pod);
    if (status === null || covers(pod.status, status)) return;
    const { namespace, name, uid } = pod.metadata;
    const patched = await client.patch(RESOURCES.Pod, { namespace, name, subresource: 'status' }, 'merge', {
      // With another uid than ours the API server refuses, since it is another pod of the same name.
      metadata: { uid },
      status,
    });
    source.observeWrite(patched as Pod);
  };

  const run = async (): Promise<void> => {
    try {
      await write();
    } catch (error) {
      const code = error instanceof SluiceError ? error.code : '';
      if (code === 'KUBERNETES_NOT_FOUND' || code === 'KUBERNETES_CONFLICT') return;
      warn({ err: error, pod: source.current()?.metadata.name }, 'pod status not written; trying again');
      setTimeout(wake, RETRY_MS);
    }
  };

  const turn = async (): Promise<void> => {
    do {
      state = 'writing';
      await run();
    } while (isAgain());
    state = 'idle';
  };
  const isAgain = (): boolean => state === 'again';

  function wake(): void {
    if (state === 'idle') {
      state = 'writing';
      // Later in the same turn: what changes together is written together.
      setImmediate(() => void turn());
    } else state = 'again';
  }

  return { wake };
}
