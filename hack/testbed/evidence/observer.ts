import { isCode } from '../../../src/adapters/kubernetes/failure.ts';
import type { KubeObject } from '../../../src/api/meta.ts';
import { type Api, resourceFor, type TestKind } from '../api.ts';
import { until } from '../until.ts';
import type { Change } from './history.ts';

/** All changes of the objects of a namespace, as the API server reports them. */
export interface Observer {
  /** So far, in order. */
  changes(): Change[];
  /** Calls back for every change as it arrives. */
  subscribe(note: (change: Change) => void): void;
  stop(): void;
}

const KINDS = ['VirtualService', 'DestinationRule', 'Pod', 'ReplicaSet', 'Deployment', 'Release'] as const;
const IDLE_MS = 600_000;
const IN_VAIN = { within: 60_000, every: 200 };

interface Book {
  readonly kind: TestKind;
  readonly known: Map<string, KubeObject>;
  readonly write: (change: Change) => void;
}

const versionOf = (text: string | undefined): number => Number(text ?? 0);

function enter({ kind, known, write }: Book, object: KubeObject, version: number, gone: boolean): void {
  const { name } = object.metadata;
  if (!gone && known.get(name)?.metadata.resourceVersion === object.metadata.resourceVersion) return;
  if (gone) known.delete(name);
  else known.set(name, object);
  write({ at: Date.now(), version, kind, gone, object });
}

/** Lists, and so learns what it has missed; returns the version to watch from. */
async function list(api: Api, book: Book): Promise<string> {
  const { items, resourceVersion } = await api.client.list(resourceFor(book.kind), api.namespace);
  const names = new Set(items.map(({ metadata }) => metadata.name));
  for (const object of items) enter(book, object, versionOf(object.metadata.resourceVersion), false);
  for (const [name, object] of book.known)
    if (!names.has(name)) enter(book, object, versionOf(resourceVersion), true);
  return resourceVersion;
}

/** Watches from a version on until the stream ends; returns the version that it reached. */
async function watch(api: Api, book: Book, from: string, signal: AbortSignal): Promise<string> {
  let at = from;
  const query = { resourceVersion: from, timeoutSeconds: 600, allowWatchBookmarks: true };
  try {
    const options = { signal, idleMs: IDLE_MS };
    for await (const { type, object } of api.client.watch(
      resourceFor(book.kind),
      api.namespace,
      query,
      options,
    )) {
      if (type === 'ERROR') return '';
      at = object.metadata.resourceVersion ?? at;
      if (type !== 'BOOKMARK') enter(book, object, versionOf(at), type === 'DELETED');
    }
  } catch (error) {
    if (isCode(error, 'KUBERNETES_GONE')) return '';
  }
  return at;
}

async function follow(api: Api, book: Book, from: string, signal: AbortSignal): Promise<void> {
  let at = from;
  while (!signal.aborted) {
    at = await watch(api, book, at, signal);
    if (signal.aborted) return;
    if (at === '') at = await until(`${book.kind} can be listed`, () => list(api, book), IN_VAIN);
    else await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/**
 * Starts observing a release with Istio, and further kinds; resolves when it has listed everything once. It survives an API server that is down for a while.
 */
export async function startObserver(api: Api, further: readonly TestKind[] = []): Promise<Observer> {
  const stopping = new AbortController();
  const all: Change[] = [];
  const listeners: ((change: Change) => void)[] = [];
  const write = (change: Change): void => {
    all.push(change);
    for (const note of listeners) note(change);
  };
  await Promise.all(
    [...new Set([...KINDS, ...further])].map(async (kind) => {
      const book = { kind, known: new Map<string, KubeObject>(), write };
      const from = await list(api, book);
      follow(api, book, from, stopping.signal).catch((error: unknown) => {
        if (!stopping.signal.aborted) console.error(`witness of ${kind} in ${api.namespace}:`, error);
      });
    }),
  );
  return {
    changes: () => all.toSorted((a, b) => a.version - b.version),
    subscribe: (note) => listeners.push(note),
    stop: () => stopping.abort(),
  };
}
