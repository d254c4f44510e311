import type { Clock } from '../../clock.ts';
import { SluiceError, wordsOf } from '../../errors.ts';
import type { Log } from '../../ports/telemetry.ts';
import { type Cache, versionOf } from './cache.ts';
import type { KubeClient } from './client.ts';
import { isCode } from './failure.ts';
import type { Resource } from './resource.ts';
import type { WatchEvent } from './watch.ts';

export type ReflectorState = 'stopped' | 'listing' | 'watching' | 'backingOff';

/** The state of a reflector, for health checks and metrics. */
export interface ReflectorStatus {
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly state: ReflectorState;
  /** Whether a complete list has been applied. */
  readonly synced: boolean;
  /** Whether the kind is optional and not available: not installed, or forbidden. */
  readonly missing: boolean;
  /** Milliseconds since the last news about this kind; null before the first. */
  readonly silentMs: number | null;
  /** Why it is backing off; null while it works. */
  readonly error: string | null;
}

export interface ReflectorDeps {
  readonly client: Pick<KubeClient, 'list' | 'watch'>;
  readonly cache: Cache;
  readonly resource: Resource;
  /** One namespace; undefined is all. */
  readonly namespace: string | undefined;
  /** An optional kind: while it is missing it counts as synced and empty, and is tried again. */
  readonly optional: boolean;
  /** Time after which everything is listed again, even without a known fault. */
  readonly relistMs: number;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly random: () => number;
  /** Waits; ends early when the signal is aborted. Never rejects. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

/** Keeps a cache equal to the API server by list and watch, as long as it runs. */
export interface Reflector {
  /** Runs until the signal is aborted. Never rejects: every failure is retried, for ever. */
  run(signal: AbortSignal): Promise<void>;
  /** Resolves when the first list is complete, or when an optional kind is found to be missing. */
  readonly synced: Promise<void>;
  status(): ReflectorStatus;
}

const PAGE = 500;
/** Waits after failures, each jittered by a half to either side, so 30 s at most. */
const [BACKOFF_MS, LONGEST_BACKOFF_MS] = [800, 20_000];
/** Maximum wait that an API server may demand. */
const LONGEST_RETRY_AFTER_MS = 30_000;
/** Watches end after a random time, so that those of many replicas spread over API servers. */
const [WATCH_SECONDS, WATCH_SPREAD_SECONDS] = [300, 300];
/** Bookmarks come about once a minute; a watch that is silent for more than twice as long is dead. */
const IDLE_MS = 150_000;
/** A watch that ends sooner, without any event, counts as a failure. */
const SHORTEST_WATCH_MS = 1_000;
/**
 * An API server that has just started may briefly refuse what it allows later: only this many refusals in a row count.
 */
const ABSENCES_BEFORE_MISSING = 3;
/** After this many failures in a row, the version to continue from is no longer trusted. */
const FAILURES_BEFORE_RELIST = 3;

/** The wait after a number of failures in a row (from 1), in milliseconds. `random` is in [0, 1). */
export function backoffMs(failures: number, random: number): number {
  return Math.min(LONGEST_BACKOFF_MS, BACKOFF_MS * 2 ** (failures - 1)) * (0.5 + random);
}

function failureIn({ object }: WatchEvent, resource: Resource): SluiceError {
  const { code, message } = object as unknown as { code?: number; message?: string };
  const text = `watch ${resource.plural}: ${code ?? ''} ${message ?? JSON.stringify(object).slice(0, 300)}`;
  return new SluiceError('KUBERNETES_GONE', text, { retry: 'backoff' });
}

/** Creates a reflector. It starts with `run`. */
export function createReflector(deps: ReflectorDeps): Reflector {
  return new ListAndWatch(deps);
}

class ListAndWatch implements Reflector {
  readonly synced: Promise<void>;
  readonly #deps: ReflectorDeps;
  readonly #about: { readonly resource: string; readonly namespace: string | undefined };
  readonly #markSynced: () => void;
  #state: ReflectorState = 'stopped';
  #listed = false;
  /** How often in a row an optional kind was missing or forbidden. */
  #absences = 0;
  #error: string | null = null;
  #heardAt: number | null = null;
  #listedAt = 0;
  #failures = 0;
  /** The newest version from a list or a watch, from which a watch continues. Null: list first. */
  #from: string | null = null;
  /** The same, but kept when a relist is needed: an older list reveals a server that was restored from a backup. */
  #newest: string | null = null;

  constructor(deps: ReflectorDeps) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.synced = promise;
    this.#markSynced = resolve;
    this.#deps = deps;
    this.#about = { resource: deps.resource.plural, namespace: deps.namespace };
  }

  status(): ReflectorStatus {
    const silentMs = this.#heardAt === null ? null : this.#now() - this.#heardAt;
    const flags = { state: this.#state, synced: this.#listed, missing: this.#isMissing() };
    return { ...this.#about, ...flags, silentMs, error: this.#error };
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const from = await this.#begin();
        if (!signal.aborted) await this.#watch(from, signal);
      } catch (cause) {
        if (!signal.aborted) await this.#backOff(cause, signal);
      }
    }
    this.#state = 'stopped';
  }

  #now(): number {
    return this.#deps.clock.monotonic();
  }

  /** The version to watch from. */
  async #begin(): Promise<string> {
    const { client, resource, namespace, relistMs } = this.#deps;
    if (this.#from === null || this.#now() - this.#listedAt >= relistMs) return this.#list();
    // A server restored in the meantime would not report it: watching from a future version is no error.
    const { resourceVersion } = await client.list(resource, namespace, { limit: 1 });
    return isBefore(resourceVersion, this.#from) ? this.#list() : this.#from;
  }

  async #list(): Promise<string> {
    const { client, cache, resource, namespace } = this.#deps;
    this.#state = 'listing';
    const settle = cache.settle(namespace);
    let page = await client.list(resource, namespace, { limit: PAGE });
    const { resourceVersion } = page;
    const settling = settle(resourceVersion, this.#isSetBack(resourceVersion));
    for (;;) {
      settling.take(page.items);
      if (page.continue === undefined) break;
      page = await client.list(resource, namespace, { limit: PAGE, continue: page.continue });
    }
    settling.end();
    this.#listedAt = this.#now();
    this.#hear(resourceVersion);
    if (this.#isMissing()) this.#deps.log.info(this.#about, 'kind is served now');
    this.#absences = 0;
    this.#listed = true;
    this.#markSynced();
    return resourceVersion;
  }

  #isSetBack(version: string): boolean {
    if (!isBefore(version, this.#newest)) return false;
    this.#deps.log.warn(
      { ...this.#about, version, before: this.#newest },
      'API server was set back; taking its state',
    );
    return true;
  }

  async #watch(from: string, signal: AbortSignal): Promise<void> {
    const { client, resource, namespace, random } = this.#deps;
    this.#state = 'watching';
    const since = this.#now();
    const timeoutSeconds = Math.round(WATCH_SECONDS + random() * WATCH_SPREAD_SECONDS);
    const query = { resourceVersion: from, allowWatchBookmarks: true, timeoutSeconds };
    let events = 0;
    // The fault is over once the watch is accepted: a quiet kind sends its first event only after a minute.
    const onOpen = (): void => {
      this.#error = null;
    };
    for await (const event of client.watch(resource, namespace, query, { signal, idleMs: IDLE_MS, onOpen })) {
      events += 1;
      this.#take(event);
      this.#failures = 0;
    }
    if (events === 0 && this.#now() - since < SHORTEST_WATCH_MS) {
      const text = `watch ${resource.plural}: closed at once`;
      throw new SluiceError('KUBERNETES_UNAVAILABLE', text, { retry: 'backoff' });
    }
    this.#failures = 0;
  }

  #take(event: WatchEvent): void {
    const { cache, resource } = this.#deps;
    if (event.type === 'ERROR') throw failureIn(event, resource);
    const { resourceVersion } = event.object.metadata;
    if (isBefore(resourceVersion, this.#from)) {
      const text = `watch ${resource.plural}: went back from version ${this.#from} to ${resourceVersion}`;
      throw new SluiceError('KUBERNETES_GONE', text, { retry: 'backoff' });
    }
    if (event.type === 'DELETED') cache.forget(event.object);
    else if (event.type !== 'BOOKMARK') cache.take(event.object);
    this.#hear(resourceVersion);
  }

  #hear(version: string | undefined): void {
    this.#heardAt = this.#now();
    this.#error = null;
    if (version === undefined) return;
    this.#from = this.#newest = version;
    this.#deps.cache.reach(this.#deps.namespace, version);
  }

  async #backOff(cause: unknown, signal: AbortSignal): Promise<void> {
    const { log, random, sleep } = this.#deps;
    this.#state = 'backingOff';
    this.#failures += 1;
    this.#error = `${wordsOf(cause)}${hintFor(cause)}`;
    // A silent watch is not trusted: from a future version, after a restore, nothing ever arrives.
    const isLost =
      !(cause instanceof SluiceError) ||
      cause.code === 'KUBERNETES_GONE' ||
      cause.code === 'KUBERNETES_TIMEOUT';
    if (isLost || this.#failures >= FAILURES_BEFORE_RELIST) this.#from = null;
    const wait = askedToWait(cause) ?? backoffMs(this.#failures, random());
    this.#absences = this.#deps.optional && isAbsence(cause) ? this.#absences + 1 : 0;
    if (this.#isMissing()) this.#markSynced();
    // A kind that is not installed is tried until it is; one log entry is enough.
    if (this.#absences === ABSENCES_BEFORE_MISSING)
      log.info({ ...this.#about, err: cause }, 'optional kind is missing; asking again');
    else if (!this.#isMissing())
      log.warn({ ...this.#about, err: cause, wait }, 'list or watch failed; trying again');
    await sleep(wait, signal);
  }

  #isMissing(): boolean {
    return this.#absences >= ABSENCES_BEFORE_MISSING;
  }
}

/** Whether a version is older than another, as far as they can be compared. */
function isBefore(version: string | undefined, than: string | null): boolean {
  const [a, b] = [versionOf(version), versionOf(than ?? undefined)];
  return a !== null && b !== null && a < b;
}

function isAbsence(cause: unknown): boolean {
  return isCode(cause, 'KUBERNETES_NOT_FOUND') || isCode(cause, 'KUBERNETES_FORBIDDEN');
}

/** What a person can do about it, if known. */
function hintFor(cause: unknown): string {
  if (isCode(cause, 'KUBERNETES_NOT_FOUND'))
    return ' (the kind is not served: install the custom resource definitions)';
  return isCode(cause, 'KUBERNETES_FORBIDDEN') ? ' (allow it to the ServiceAccount of the controller)' : '';
}

/** The wait that the API server demands (Retry-After), within limits. */
function askedToWait(cause: unknown): number | null {
  if (!(cause instanceof SluiceError) || typeof cause.retry !== 'object') return null;
  return Math.min(LONGEST_RETRY_AFTER_MS, cause.retry.afterMs);
}
