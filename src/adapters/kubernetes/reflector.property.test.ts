import { setImmediate as turn } from 'node:timers/promises';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { KubeObject } from '../../api/meta.ts';
import { SluiceError } from '../../errors.ts';
import { Cache } from './cache.ts';
import type { KubeClient, ListPage } from './client.ts';
import { createReflector } from './reflector.ts';
import { RESOURCES } from './resource.ts';
import type { WatchEvent } from './watch.ts';

const PAGE = 1;

/** An API server with all its faults: it lags, disconnects, compacts, refuses. */
class ShakyServer implements Pick<KubeClient, 'list' | 'watch'> {
  readonly objects = new Map<string, KubeObject>();
  failingLists = 0;
  lags = false;
  #version = 100;
  #uid = 0;
  #compactedAt = 0;
  #history: { version: number; event: WatchEvent }[] = [];
  #snapshots = new Map<string, KubeObject[]>();
  #bookmarks = 0;
  #breaks: { count: number; how: 'close' | 'cut' | 'error' } = { count: 0, how: 'close' };

  put(name: string): KubeObject {
    const known = this.objects.get(name);
    const uid = known?.metadata.uid ?? `uid-${(this.#uid += 1)}`;
    const metadata = { name, namespace: 'shop', uid, resourceVersion: `${(this.#version += 1)}` };
    const object = { apiVersion: 'v1', kind: 'Service', metadata, spec: { version: this.#version } };
    this.objects.set(name, object);
    this.#remember(known === undefined ? 'ADDED' : 'MODIFIED', object);
    return object;
  }

  remove(name: string): KubeObject | undefined {
    const known = this.objects.get(name);
    if (known === undefined) return undefined;
    this.objects.delete(name);
    const metadata = { ...known.metadata, resourceVersion: `${(this.#version += 1)}` };
    this.#remember('DELETED', { ...known, metadata });
    return known;
  }

  compact(): void {
    this.#compactedAt = this.#version;
    this.#history = [];
    this.#snapshots.clear();
  }

  bookmark(): void {
    this.#bookmarks += 1;
  }

  break(how: 'close' | 'cut' | 'error'): void {
    this.#breaks = { count: this.#breaks.count + 1, how };
  }

  async list(
    _resource: unknown,
    _namespace: unknown,
    query: Readonly<Record<string, unknown>> = {},
  ): Promise<ListPage> {
    await turn();
    if (this.failingLists > 0) {
      this.failingLists -= 1;
      throw new SluiceError('KUBERNETES_UNAVAILABLE', 'no answer', { retry: 'backoff' });
    }
    const token = query['continue'];
    const [version = `${this.#version}`, from = '0'] = typeof token === 'string' ? token.split(':') : [];
    if (token === undefined) this.#snapshots.set(version, [...this.objects.values()]);
    const items = this.#snapshots.get(version);
    if (items === undefined) throw gone();
    const next = Number(from) + PAGE;
    const more = next < items.length ? `${version}:${next}` : undefined;
    return { items: items.slice(Number(from), next), resourceVersion: version, continue: more };
  }

  async *watch(
    _resource: unknown,
    _namespace: unknown,
    query: Readonly<Record<string, unknown>>,
    { signal }: { readonly signal: AbortSignal },
  ): AsyncGenerator<WatchEvent> {
    let from = Number(query['resourceVersion']);
    let [bookmarks, breaks] = [this.#bookmarks, this.#breaks.count];
    while (!signal.aborted) {
      if (from < this.#compactedAt) throw gone();
      const next = this.lags ? undefined : this.#history.find(({ version }) => version > from);
      if (next !== undefined) {
        from = next.version;
        yield next.event;
      } else if (bookmarks < this.#bookmarks) {
        bookmarks = this.#bookmarks;
        yield { type: 'BOOKMARK', object: versioned(from) };
      } else if (breaks < this.#breaks.count) {
        breaks = this.#breaks.count;
        if (this.#breaks.how === 'close') return;
        if (this.#breaks.how === 'error') yield { type: 'ERROR', object: versioned(0) };
        throw new SluiceError('KUBERNETES_UNAVAILABLE', 'broken off', { retry: 'backoff' });
      } else {
        await turn();
      }
    }
  }

  #remember(type: WatchEvent['type'], object: KubeObject): void {
    this.#history.push({ version: this.#version, event: { type, object } });
  }
}

const gone = (): SluiceError => new SluiceError('KUBERNETES_GONE', 'too old', { retry: 'backoff' });
const versioned = (version: number): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: '', resourceVersion: `${version}` },
});

const name = fc.constantFrom('a', 'b', 'c');
const step = fc.oneof(
  fc.record({ do: fc.constantFrom('put', 'remove', 'replace', 'ownPut', 'latePut', 'ownRemove'), name }),
  fc.record({
    do: fc.constantFrom('bookmark', 'close', 'cut', 'error', 'compact', 'lag', 'catchUp', 'answers'),
  }),
  fc.record({ do: fc.constant('failLists'), times: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ do: fc.constant('turns'), times: fc.integer({ min: 1, max: 6 }) }),
);
type Step = { readonly do: string; readonly name?: string; readonly times?: number };

/** Makes one step; late answers to own writes are kept in `late`. */
async function act(server: ShakyServer, cache: Cache, late: KubeObject[], one: Step): Promise<void> {
  const { name: target = '', times = 0 } = one;
  const steps: Record<string, () => void> = {
    put: () => server.put(target),
    remove: () => server.remove(target),
    replace: () => [server.remove(target), server.put(target)],
    ownPut: () => cache.learn(server.put(target)),
    latePut: () => late.push(server.put(target)),
    ownRemove: () => {
      const removed = server.remove(target);
      if (removed !== undefined) cache.forget(removed);
    },
    answers: () => {
      for (const object of late.splice(0)) cache.learn(object);
    },
    bookmark: () => server.bookmark(),
    close: () => server.break('close'),
    cut: () => server.break('cut'),
    error: () => server.break('error'),
    compact: () => server.compact(),
    lag: () => {
      server.lags = true;
    },
    catchUp: () => {
      server.lags = false;
    },
    failLists: () => {
      server.failingLists += times;
    },
  };
  steps[one.do]?.();
  if (one.do === 'turns') for (let count = 0; count < times; count += 1) await turn();
}

const versions = (objects: Iterable<KubeObject>): string[] =>
  [...objects]
    .map(({ metadata: { name: key, uid, resourceVersion } }) => `${key}/${uid}@${resourceVersion}`)
    .toSorted();

/** Objects as known from the changes alone, and the changes that were wrong. */
function createListener(server: ShakyServer) {
  const known = new Map<string, KubeObject>();
  const ended = new Set<string>();
  const faults: string[] = [];
  const cache = new Cache(({ type, object }) => {
    const { uid = '', name: key, resourceVersion } = object.metadata;
    const before = known.get(uid);
    const isThere = server.objects.get(key)?.metadata.uid === uid;
    const isBackwards =
      before !== undefined && Number(before.metadata.resourceVersion) > Number(resourceVersion);
    const isWrong = {
      added: before !== undefined || ended.has(uid),
      modified: before === undefined || isBackwards,
      deleted: before === undefined || isThere,
    };
    if (isWrong[type]) faults.push(`${type} ${uid}`);
    if (type === 'deleted') {
      known.delete(uid);
      ended.add(uid);
    } else {
      known.set(uid, object);
    }
  });
  return { cache, known, faults };
}

test('whatever happens, the cache becomes what the server has, and its listener knows the same', async () => {
  const property = fc.asyncProperty(
    fc.array(step, { maxLength: 40, size: 'max' }),
    async (steps: readonly Step[]) => {
      const server = new ShakyServer();
      const { cache, known, faults } = createListener(server);
      const stop = new AbortController();
      let now = 0;
      const reflector = createReflector({
        client: server,
        cache,
        resource: RESOURCES.Service,
        namespace: undefined,
        optional: false,
        relistMs: Number.POSITIVE_INFINITY,
        clock: { monotonic: () => (now += 10_000) },
        random: () => 0.5,
        sleep: () => turn(),
        log: { info: () => {}, warn: () => {} },
      });
      const running = reflector.run(stop.signal);
      const late: KubeObject[] = [];
      for (const one of steps) await act(server, cache, late, one);
      for (const object of late) cache.learn(object);
      server.lags = false;
      const expected = versions(server.objects.values());
      for (let turns = 0; turns < 400; turns += 1) {
        if (reflector.status().synced && versions(cache.list('shop')).join(' ') === expected.join(' ')) break;
        await turn();
      }
      expect(versions(cache.list('shop'))).toEqual(expected);
      expect(versions(known.values())).toEqual(expected);
      expect(faults).toEqual([]);
      expect(cache.size).toBe(expected.length);
      stop.abort();
      await running;
    },
  );
  await fc.assert(property, { numRuns: 1_000 });
});
