import type { KubeObject } from '../../src/api/meta.ts';
import { SluiceError } from '../../src/errors.ts';
import type { Events, Kind, Reader, Store, Writer } from '../../src/ports/cluster.ts';
import type { WatchedKind } from '../../src/traffic/declaration.ts';
import { ROUTERS } from '../../src/traffic/registry.ts';
import {
  type Admission,
  type ClusterWrite,
  keyOf,
  keyOfObject,
  MemoryServer,
  writerOf,
} from './memory-server.ts';

/** A change as a watch reports it. */
export interface ClusterChange {
  readonly type: 'added' | 'modified' | 'deleted';
  readonly kind: Kind;
  readonly object: KubeObject;
  readonly previous: KubeObject | null;
}

/** Fails a write: before anything has happened, or after it has landed (the answer is lost). */
export interface ClusterFault {
  readonly when: 'before' | 'after';
  readonly error: Error;
}

/** A kind whose watch is late, and by how many milliseconds. */
export interface Behind {
  readonly kind: Kind;
  readonly ms: number;
}

export interface RecordedEvent {
  readonly regarding: KubeObject;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly note: string;
}

/**
 * An API server in memory, for tests: resourceVersions, generations, the status subresource, finalizers, garbage
 * collection of owned objects, and JSON patches. Objects that it hands out are frozen.
 */
export interface MemoryCluster {
  /** As the controller sees it: through a watch (see `pauseWatch`) and its own writes. */
  readonly store: Store;
  /** As the controller asks the API server itself. */
  readonly reader: Reader;
  /** As the controller writes. */
  readonly writer: Writer;
  readonly events: Events;
  /** The controller's events, oldest first. */
  readonly recorded: RecordedEvent[];
  /** The controller's successful writes, oldest first. */
  readonly writes: ClusterWrite[];

  /** The actual object, whatever the store knows. */
  get(kind: Kind, namespace: string, name: string): KubeObject | null;
  /** All objects of a kind, of one namespace or of all. */
  all(kind: Kind, namespace?: string): readonly KubeObject[];
  /** Creates an object as somebody else. Its status is kept, so that a test can begin anywhere. */
  create(object: KubeObject): KubeObject;
  /** Takes objects as another cluster had them; the store learns of them by `relist`. */
  restore(objects: readonly KubeObject[]): void;
  /** Changes an object as somebody else: spec and metadata, or only the status. The draft may be changed in place. */
  update(
    kind: Kind,
    namespace: string,
    name: string,
    change: (draft: KubeObject) => void,
    subresource?: 'status',
  ): KubeObject;
  /** Deletes an object as somebody else; with finalizers it stays until they are gone. */
  delete(kind: Kind, namespace: string, name: string): void;
  /** Writes as somebody else, with the guards of a writer. */
  readonly foreign: Writer;

  /** Objects of the kind with more bytes are refused from now on. */
  limit(kind: Kind, bytes: number): void;
  /** Adds an admission; it sees creations and changes of anything but status. */
  admit(admission: Admission): void;
  /** Reports every change when the store learns of it; own writes at once. */
  subscribe(listener: (change: ClusterChange) => void): void;
  /** Until `resumeWatch` the store only learns of own writes. */
  pauseWatch(): void;
  /** What the store has not learned yet, it learns now. */
  resumeWatch(): void;
  /**
   * The store lists everything, as in a starting process; a paused watch stays paused. With `behind`, one kind is
   * listed as it was some milliseconds ago, and nothing more is learned of it until `resumeWatch`.
   */
  relist(behind?: Behind): void;
  /** Decides about the fault of each write of the controller; undefined is none. */
  failWrites(decide: ((write: ClusterWrite) => ClusterFault | undefined) | null): void;
}

export interface MemoryClusterOptions {
  /** For creation and deletion times, epoch milliseconds. */
  readonly now: () => number;
  /** Kinds that routers read; default those of all routers. */
  readonly watches?: readonly WatchedKind[];
}

const versionOf = ({ metadata }: KubeObject): number => Number(metadata.resourceVersion);

interface Past {
  readonly at: number;
  readonly type: ClusterChange['type'];
  readonly object: KubeObject;
}

/** Every change that there was, so that a list can be late. */
class History {
  readonly #changes: Past[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  add(type: ClusterChange['type'], object: KubeObject): void {
    this.#changes.push({ at: this.#now(), type, object });
  }

  /** The objects of a kind as they were, and what has happened to them since. */
  asOf({ kind, ms }: Behind): { readonly objects: readonly KubeObject[]; readonly since: readonly Past[] } {
    const changes = this.#changes.filter(({ object }) => object.kind === kind);
    const until = this.#now() - ms;
    const objects = new Map<string, KubeObject>();
    for (const { type, object } of changes.filter(({ at }) => at <= until))
      if (type === 'deleted') objects.delete(keyOfObject(object));
      else objects.set(keyOfObject(object), object);
    return { objects: [...objects.values()], since: changes.filter(({ at }) => at > until) };
  }
}

/** What the controller's store has learned so far. */
class View {
  readonly #watches: readonly WatchedKind[];
  readonly #objects = new Map<string, KubeObject>();
  readonly #dead = new Set<string>();
  readonly #listeners: ((change: ClusterChange) => void)[] = [];
  #held: (() => void)[] | null = null;
  /** A kind of which nothing is learned, and what there would be to learn. */
  #late: { readonly kind: Kind; readonly waiting: (() => void)[] } | null = null;

  constructor(watches: readonly WatchedKind[]) {
    this.#watches = watches;
  }

  /** Applies a watch event, now or when the watch resumes. */
  watch(type: ClusterChange['type'], object: KubeObject): void {
    const deliver = (): void => (type === 'deleted' ? this.forget(object) : this.take(object));
    const waiting = object.kind === this.#late?.kind ? this.#late.waiting : this.#held;
    if (waiting === null) deliver();
    else waiting.push(deliver);
  }

  pause(): void {
    this.#held ??= [];
  }

  /** Applies a list of everything, as a starting process does. */
  relist(all: readonly KubeObject[]): void {
    this.#objects.clear();
    if (this.#held !== null) this.#held = [];
    this.#late = null;
    for (const object of all) this.#objects.set(keyOfObject(object), object);
  }

  /** Learns nothing more of a kind for now. */
  delay(kind: Kind, since: readonly Past[]): void {
    this.#late = { kind, waiting: [] };
    for (const { type, object } of since) this.watch(type, object);
  }

  resume(): void {
    const waiting = [...(this.#held ?? []), ...(this.#late?.waiting ?? [])];
    this.#held = null;
    this.#late = null;
    for (const deliver of waiting) deliver();
  }

  subscribe(listener: (change: ClusterChange) => void): void {
    this.#listeners.push(listener);
  }

  get(kind: Kind, namespace: string, name: string): KubeObject | null {
    return this.#objects.get(keyOf(kind, namespace, name)) ?? null;
  }

  list(kind: Kind, namespace: string): KubeObject[] {
    return [...this.#objects.values()].filter(
      (object) => object.kind === kind && (object.metadata.namespace ?? '') === namespace,
    );
  }

  naming(kind: Kind, key: string): KubeObject[] {
    const watch = this.#watches.find((one) => one.kind === kind);
    return [...this.#objects.values()].filter(
      (object) => object.kind === kind && watch?.foreignServices?.(object).includes(key) === true,
    );
  }

  take(object: KubeObject): void {
    const key = keyOfObject(object);
    const previous = this.#objects.get(key) ?? null;
    if (this.#dead.has(object.metadata.uid ?? '')) return;
    if (previous !== null && versionOf(previous) >= versionOf(object)) return;
    const isSame = previous?.metadata.uid === object.metadata.uid;
    if (previous !== null && !isSame) this.forget(previous);
    this.#objects.set(key, object);
    this.#tell({
      type: isSame ? 'modified' : 'added',
      kind: object.kind,
      object,
      previous: isSame ? previous : null,
    });
  }

  forget(object: KubeObject): void {
    const key = keyOfObject(object);
    this.#dead.add(object.metadata.uid ?? '');
    const known = this.#objects.get(key);
    if (known === undefined || known.metadata.uid !== object.metadata.uid) return;
    this.#objects.delete(key);
    this.#tell({ type: 'deleted', kind: known.kind, object: known, previous: null });
  }

  #tell(change: ClusterChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

function orElse<T>(act: () => T, otherwise: () => void): T {
  try {
    return act();
  } catch (error) {
    otherwise();
    throw error;
  }
}

/** The controller's writer: its writes can be made to fail, are recorded, and update the store. */
function createControllerWriter(server: MemoryServer, view: View) {
  const writes: ClusterWrite[] = [];
  let decide: ((write: ClusterWrite) => ClusterFault | undefined) | null = null;
  const lookAgain = (object: KubeObject): void => {
    const there = server.objects.get(keyOfObject(object));
    if (there !== undefined) view.take(there);
  };
  const writer = writerOf(
    server,
    (write, act) => {
      const fault = decide?.(write);
      if (fault?.when === 'before') throw fault.error;
      const after = orElse(act, () => lookAgain(write.object));
      writes.push(write);
      if (fault !== undefined) {
        if (write.verb === 'create' && fault.error instanceof SluiceError) lookAgain(write.object);
        throw fault.error;
      }
      const isThere = after !== null && server.objects.get(keyOfObject(after)) === after;
      if (isThere) view.take(after);
      else view.forget(after ?? write.object);
      return after;
    },
    true,
  );
  const failWrites: MemoryCluster['failWrites'] = (given) => {
    decide = given;
  };
  return { writes, writer, failWrites };
}

function isIn({ metadata }: KubeObject, namespace: string | undefined): boolean {
  return namespace === undefined || (metadata.namespace ?? '') === namespace;
}

/** Makes an empty cluster. */
export function createMemoryCluster(options: MemoryClusterOptions): MemoryCluster {
  const watches = options.watches ?? ROUTERS.watches;
  const server = new MemoryServer(
    options.now,
    watches.filter(({ writes }) => writes === 'fields').map(({ kind }) => kind),
  );
  const view = new View(watches);
  const recorded: RecordedEvent[] = [];
  const history = new History(options.now);
  server.onChange = (type, object) => {
    history.add(type, object);
    view.watch(type, object);
  };
  const find = (kind: Kind, namespace: string, name: string): KubeObject => {
    const found = server.objects.get(keyOf(kind, namespace, name));
    if (found === undefined) throw new Error(`there is no ${kind} ${namespace}/${name}`);
    return found;
  };
  return {
    ...createControllerWriter(server, view),
    store: {
      get: (...at) => view.get(...at),
      list: (...at) => view.list(...at),
      naming: (...at) => view.naming(...at),
    },
    reader: {
      read: (...at) => {
        const there = server.objects.get(keyOf(...at)) ?? null;
        if (there !== null) view.take(there);
        return Promise.resolve(there);
      },
    },
    recorded,
    events: {
      record: (regarding, type, reason, note) => void recorded.push({ regarding, type, reason, note }),
    },
    foreign: writerOf(server, (_write, act) => act()),
    get: (kind, namespace, name) => server.objects.get(keyOf(kind, namespace, name)) ?? null,
    all: (kind, namespace) =>
      [...server.objects.values()].filter((object) => object.kind === kind && isIn(object, namespace)),
    create: (object) => server.create(object, true),
    restore: (objects) => server.restore(objects),
    update: (kind, namespace, name, change, subresource) =>
      server.update(find(kind, namespace, name), change, { subresource }),
    delete: (kind, namespace, name) => server.delete(find(kind, namespace, name)),
    limit: (kind, bytes) => void server.limits.set(kind, bytes),
    admit: (admission) => void server.admissions.push(admission),
    subscribe: (listener) => view.subscribe(listener),
    pauseWatch: () => view.pause(),
    resumeWatch: () => view.resume(),
    relist: (behind) => {
      const there = [...server.objects.values()];
      if (behind === undefined) return view.relist(there);
      const { objects, since } = history.asOf(behind);
      view.relist([...there.filter(({ kind }) => kind !== behind.kind), ...objects]);
      return view.delay(behind.kind, since);
    },
  };
}
