import type { Clock } from '../clock.ts';
import type { KeyHandler } from '../ports/queue.ts';

/** When a key is retried whose namespace is at its limit. */
const AGAIN_MS = 1_000;

const namespaceOf = (key: string): string => key.split('/')[1] ?? '';

/**
 * A handler that runs a limited number of keys of one namespace at a time and defers the others, so that a slow
 * namespace does not delay another. Keys are `KIND/NAMESPACE/NAME`.
 */
export function inShares(handle: KeyHandler, perNamespace: number, clock: Pick<Clock, 'now'>): KeyHandler {
  const running = new Map<string, number>();
  return async (key) => {
    const namespace = namespaceOf(key);
    const before = running.get(namespace) ?? 0;
    if (before >= perNamespace) return { wakeAt: clock.now() + AGAIN_MS };
    running.set(namespace, before + 1);
    try {
      return await handle(key);
    } finally {
      const left = (running.get(namespace) ?? 1) - 1;
      if (left === 0) running.delete(namespace);
      else running.set(namespace, left);
    }
  };
}
