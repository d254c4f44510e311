import type { KubeObject } from '../../../src/api/meta.ts';
import type { Api, TestKind } from '../api.ts';
import { resourceFor } from '../api.ts';

async function* changes(api: Api, kind: TestKind, signal: AbortSignal): AsyncGenerator<KubeObject> {
  const resource = resourceFor(kind);
  const first = await api.client.list(resource, api.namespace);
  yield* first.items;
  const query = { resourceVersion: first.resourceVersion, timeoutSeconds: 600 };
  for await (const { type, object } of api.client.watch(resource, api.namespace, query, {
    signal,
    idleMs: 600_000,
  })) {
    if (type === 'ADDED' || type === 'MODIFIED') yield object;
  }
}

/**
 * The first matching object of the kind, by a watch, so that no short-lived state is missed. Rejects after `within`
 * milliseconds (default two minutes) with what it waited for and the last state.
 */
export async function trafficView<T extends KubeObject>(
  api: Api,
  kind: TestKind,
  what: string,
  fits: (object: T) => boolean,
  within = 120_000,
): Promise<T> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), within);
  let last: KubeObject | null = null;
  try {
    for await (const object of changes(api, kind, stop.signal)) {
      last = object;
      if (fits(object as T)) return object as T;
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
  throw new Error(`no ${kind} was seen that ${what}; the last one: ${JSON.stringify(last)}`);
}
