import { Cache } from '../../../adapters/kubernetes/cache.ts';
import type { KubeClient, ListPage } from '../../../adapters/kubernetes/client.ts';
import { isCode } from '../../../adapters/kubernetes/failure.ts';
import { createReflector, type Reflector } from '../../../adapters/kubernetes/reflector.ts';
import type { Resource } from '../../../adapters/kubernetes/resource.ts';
import type { WatchOptions } from '../../../adapters/kubernetes/sender.ts';
import { sleep } from '../../../adapters/kubernetes/sleep.ts';
import type { WatchEvent } from '../../../adapters/kubernetes/watch.ts';
import type { KubeObject } from '../../../api/meta.ts';
import type { Clock } from '../../../clock.ts';
import { SluiceError } from '../../../errors.ts';
import type { Log } from '../../../ports/telemetry.ts';
import type { Viewer } from '../people/viewer.ts';

/** How long a watch outlives its last viewer, so that a reload of the page does not list everything again. */
const LINGER_MS = 15_000;
const RELIST_MS = 30 * 60_000;

/** A set of objects to watch. Equal sets share one watch. */
export interface Watched {
  readonly resource: Resource;
  /** Undefined is all. */
  readonly namespace: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Leaves out what nobody needs before an object is kept; equal names mean equal functions. */
  readonly trim?: { readonly name: string; readonly apply: (object: KubeObject) => KubeObject };
}

/** A watch that is held for a viewer. */
export interface Held {
  list(): readonly KubeObject[];
  /** Resolves when everything has been listed once. */
  readonly synced: Promise<void>;
  /** Why it may be out of date, else null; and when it was last known to be current, epoch milliseconds. */
  health(): { readonly trouble: string | null; readonly asOf: number };
  release(): void;
}

/** Watches shared among viewers. Each must be allowed to see what it shows: that is the caller's to check. */
export interface WatchPool {
  /** Holds the watch for a viewer; `onChange` is called after each change, with the object. */
  hold(viewer: Viewer, watched: Watched, onChange: (object: KubeObject) => void): Held;
  /** Running watches. */
  readonly size: number;
}

export interface WatchPoolDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

const keyOf = ({ resource, namespace, labelSelector, fieldSelector, trim }: Watched): string =>
  JSON.stringify([resource.group, resource.plural, namespace, labelSelector, fieldSelector, trim?.name]);

/** One watch. It runs with the credentials of one of its viewers, and with those of another when they are refused. */
class SharedWatch {
  readonly #watched: Watched;
  readonly #deps: WatchPoolDeps;
  readonly #holders = new Map<
    object,
    { readonly viewer: Viewer; readonly onChange: (object: KubeObject) => void }
  >();
  readonly #refused = new WeakSet<Viewer>();
  readonly #stopping = new AbortController();
  readonly #cache: Cache;
  readonly #reflector: Reflector;
  #handover = new AbortController();
  #leader: Viewer | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(watched: Watched, deps: WatchPoolDeps, onStop: () => void) {
    this.#watched = watched;
    this.#deps = deps;
    this.#cache = new Cache(({ object }) => {
      for (const { onChange } of this.#holders.values()) onChange(object);
    });
    this.#stopping.signal.addEventListener('abort', onStop);
    const { clock, random, log } = deps;
    const { resource, namespace } = watched;
    this.#reflector = createReflector({
      client: { list: (...given) => this.#list(...given), watch: (...given) => this.#watch(...given) },
      cache: this.#cache,
      resource,
      namespace,
      optional: false,
      relistMs: RELIST_MS,
      clock,
      random,
      sleep,
      log,
    });
  }

  start(): void {
    void this.#reflector.run(this.#stopping.signal);
  }

  hold(viewer: Viewer, onChange: (object: KubeObject) => void): Held {
    clearTimeout(this.#timer);
    const key = {};
    this.#holders.set(key, { viewer, onChange });
    return {
      list: () =>
        this.#watched.namespace === undefined ? this.#cache.all() : this.#cache.list(this.#watched.namespace),
      synced: this.#reflector.synced,
      health: () => this.#health(),
      release: () => this.#release(key, viewer),
    };
  }

  #release(key: object, viewer: Viewer): void {
    this.#holders.delete(key);
    const remains = [...this.#holders.values()].some((one) => one.viewer === viewer);
    if (this.#holders.size === 0) {
      // Nobody's credentials are used after they have signed out.
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#stop(), viewer.signal.aborted ? 0 : LINGER_MS);
      const signedOut = (): void => {
        if (this.#holders.size === 0) this.#stop();
      };
      viewer.signal.addEventListener('abort', signedOut, { once: true, signal: this.#stopping.signal });
    } else if (!remains && this.#leader === viewer) this.#depose();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#stopping.abort();
  }

  /** Continues with the credentials of another viewer. */
  #depose(): void {
    this.#leader = null;
    this.#handover.abort();
    this.#handover = new AbortController();
  }

  #health(): { readonly trouble: string | null; readonly asOf: number } {
    const { error, silentMs, synced } = this.#reflector.status();
    const now = this.#deps.clock.now();
    const awaited = synced ? null : 'the first answer of the API server is awaited';
    const trouble = error === null ? awaited : `the API server cannot be watched (${error})`;
    return { trouble, asOf: trouble === null ? now : now - (silentMs ?? 0) };
  }

  #client(): KubeClient {
    const viewers = [...this.#holders.values()].map(({ viewer }) => viewer);
    const usable = viewers.filter((viewer) => !viewer.signal.aborted && !this.#refused.has(viewer));
    if (this.#leader === null || !usable.includes(this.#leader))
      this.#leader = usable[0] ?? viewers[0] ?? this.#leader;
    if (this.#leader === null)
      throw new SluiceError('KUBERNETES_FORBIDDEN', 'nobody is signed in', { retry: 'backoff' });
    return this.#leader.client;
  }

  /** Rights that are refused are those of the leader: another one is tried next. */
  #note(error: unknown): never {
    if (isCode(error, 'KUBERNETES_FORBIDDEN') && this.#leader !== null) {
      this.#refused.add(this.#leader);
      this.#leader = null;
    }
    throw error;
  }

  #selectors(): { labelSelector?: string; fieldSelector?: string } {
    const { labelSelector, fieldSelector } = this.#watched;
    return {
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    };
  }

  #trimmed(object: KubeObject): KubeObject {
    return this.#watched.trim?.apply(object) ?? object;
  }

  async #list(...[resource, namespace, query]: Parameters<KubeClient['list']>): Promise<ListPage> {
    try {
      const page = await this.#client().list(resource, namespace, { ...query, ...this.#selectors() });
      return { ...page, items: page.items.map((item) => this.#trimmed(item)) };
    } catch (error) {
      return this.#note(error);
    }
  }

  async *#watch(
    resource: Resource,
    namespace: string | undefined,
    query: Parameters<KubeClient['watch']>[2],
    options: WatchOptions,
  ): AsyncGenerator<WatchEvent> {
    const client = this.#client();
    const signal = AbortSignal.any([options.signal, this.#handover.signal]);
    try {
      const events = client.watch(
        resource,
        namespace,
        { ...query, ...this.#selectors() },
        { ...options, signal },
      );
      for await (const { type, object } of events)
        yield { type, object: type === 'ERROR' || type === 'BOOKMARK' ? object : this.#trimmed(object) };
    } catch (error) {
      // The reflector watches again, from where it was, with the new leader.
      if (signal.aborted && !options.signal.aborted) return;
      this.#note(error);
    }
  }
}

/** Creates an empty pool. A watch starts with its first viewer and ends after its last. */
export function createWatchPool(deps: WatchPoolDeps): WatchPool {
  const watches = new Map<string, SharedWatch>();
  return {
    hold: (viewer, watched, onChange) => {
      const key = keyOf(watched);
      let watch = watches.get(key);
      if (watch === undefined) {
        const created: SharedWatch = new SharedWatch(watched, deps, () => {
          if (watches.get(key) === created) watches.delete(key);
        });
        watches.set(key, created);
        const held = created.hold(viewer, onChange);
        created.start();
        return held;
      }
      return watch.hold(viewer, onChange);
    },
    get size() {
      return watches.size;
    },
  };
}
