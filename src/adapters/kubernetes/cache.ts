import { isDeepStrictEqual } from 'node:util';
import type { KubeObject, ManagedFields } from '../../api/meta.ts';
import { ownsFields } from '../../api/owned-fields.ts';
import type { WatchedKind } from '../../traffic/declaration.ts';

/** A change of the cache. `object` is what is there now or, when it was deleted, what was there last. */
export interface Change {
  readonly type: 'added' | 'modified' | 'deleted';
  readonly object: KubeObject;
  /** What was there before a modification. */
  readonly previous: KubeObject | null;
}

/** Uids of deleted objects that are remembered, so that a late answer does not bring one back. */
const TOMBSTONES = 4_096;
const NOTHING: readonly KubeObject[] = Object.freeze([]);

/** The resourceVersion as a number; null where it is none, and so cannot be compared. */
export function versionOf(text: string | undefined): number | null {
  const version = Number(text ?? '');
  return text !== undefined && text !== '' && Number.isSafeInteger(version) ? version : null;
}

/** resourceVersions of one kind are ordered integers (guaranteed since Kubernetes 1.35, true long before). */
function isOlder(object: KubeObject, than: KubeObject): boolean {
  const [a, b] = [versionOf(object.metadata.resourceVersion), versionOf(than.metadata.resourceVersion)];
  return a !== null && b !== null && a < b;
}

function hasRoutes({ fieldsV1 }: ManagedFields, field: string): boolean {
  const spec = fieldsV1?.['f:spec'];
  return typeof spec === 'object' && spec !== null && `f:${field}` in spec;
}

/**
 * Without what nobody here reads: it is half of a small object, and patches leave it alone. Who owns fields is kept
 * while we do; of an object with routes always, since it names whoever changes them back.
 */
function slim(object: KubeObject, routesField: string | undefined): KubeObject {
  const { managedFields = [], ...metadata } = object.metadata;
  const isRouted = routesField !== undefined && managedFields.length > 0;
  if (!isRouted && !ownsFields(object)) return { ...object, metadata };
  const owners = managedFields.map((entry) => ({
    manager: entry.manager,
    operation: entry.operation,
    ...(entry.subresource === undefined ? {} : { subresource: entry.subresource }),
    ...(isRouted && hasRoutes(entry, routesField) ? { routes: true, time: entry.time } : {}),
  }));
  return { ...object, metadata: { ...metadata, managedFields: owners } as KubeObject['metadata'] };
}

/** Whether only the resourceVersion has changed: then there is nothing to wake anybody for. */
function isSameButVersion(a: KubeObject, b: KubeObject): boolean {
  const { resourceVersion } = b.metadata;
  return isDeepStrictEqual({ ...a, metadata: { ...a.metadata, resourceVersion } }, b);
}

/** Whether an object is newer than a list. */
function isBeyond({ metadata }: KubeObject, listVersion: number | null): boolean {
  const version = versionOf(metadata.resourceVersion);
  return version !== null && listVersion !== null && version > listVersion;
}

/** A successor of the same name is another object. */
function identityOf({ metadata: { namespace = '', name, uid = '' } }: KubeObject): string {
  return `${namespace}/${name}/${uid}`;
}

/** A list on its way in. */
export interface Settling {
  take(page: readonly KubeObject[]): void;
  /** Takes out what the list did not have. */
  end(): void;
}

interface Space {
  readonly objects: Map<string, KubeObject>;
  /** The objects as a list; made on demand and dropped by every change. */
  listed: readonly KubeObject[] | null;
}

/** The objects of one kind, by namespace and name. A newer one replaces an older one, whoever brings it. */
export class Cache {
  readonly #spaces = new Map<string, Space>();
  readonly #dead = new Set<string>();
  /** Up to which version everything is known, by scope: a namespace, or '' for all. */
  readonly #reached = new Map<string, number | null>();
  readonly #onChange: (change: Change) => void;
  readonly #keysOf: (object: KubeObject) => readonly string[];
  readonly #routesField: string | undefined;
  /** The objects with a key, of all namespaces. */
  readonly #keyed = new Map<string, Set<KubeObject>>();
  #size = 0;

  /** `onChange` is called after each change, and must not throw. By the Services that it names, an object is found again. */
  constructor(
    onChange: (change: Change) => void,
    { foreignServices = () => [], routesField }: Pick<WatchedKind, 'foreignServices' | 'routesField'> = {},
  ) {
    this.#onChange = onChange;
    this.#keysOf = foreignServices;
    this.#routesField = routesField;
  }

  get size(): number {
    return this.#size;
  }

  get(namespace: string, name: string): KubeObject | null {
    return this.#spaces.get(namespace)?.objects.get(name) ?? null;
  }

  /** The objects of a namespace; the same array until one of them changes. */
  list(namespace: string): readonly KubeObject[] {
    const space = this.#spaces.get(namespace);
    if (space === undefined) return NOTHING;
    space.listed ??= Object.freeze([...space.objects.values()]);
    return space.listed;
  }

  /** The objects of all namespaces that have the key. */
  keyed(key: string): readonly KubeObject[] {
    return [...(this.#keyed.get(key) ?? NOTHING)];
  }

  #key(object: KubeObject): void {
    for (const key of this.#keysOf(object)) {
      const known = this.#keyed.get(key);
      if (known === undefined) this.#keyed.set(key, new Set([object]));
      else known.add(object);
    }
  }

  #unkey(object: KubeObject): void {
    for (const key of this.#keysOf(object)) {
      const known = this.#keyed.get(key);
      known?.delete(object);
      if (known?.size === 0) this.#keyed.delete(key);
    }
  }

  /** Takes in what the server sent. What is older than what is known, or known to be deleted, is passed over. */
  take(object: KubeObject): void {
    const { namespace = '', name, uid } = object.metadata;
    const before = this.get(namespace, name);
    if (before !== null && isOlder(object, before)) return;
    if (uid !== undefined && this.#dead.has(uid)) return;
    this.#put(object, before);
  }

  /** Everything of `scope` (one namespace; undefined is all) is known up to that version. */
  reach(scope: string | undefined, version: string): void {
    this.#reached.set(scope ?? '', versionOf(version));
  }

  /** Takes in the answer to a write of ours, unless list and watch have told of that time, or will have to. */
  learn(object: KubeObject): void {
    const { namespace = '', resourceVersion, deletionTimestamp, finalizers } = object.metadata;
    // A write that takes the last finalizer off a deleted object is answered with the object as it was at its end.
    if (deletionTimestamp !== undefined && (finalizers ?? []).length === 0) {
      this.forget(object);
      return;
    }
    const version = versionOf(resourceVersion);
    const reached = this.#reached.get(namespace) ?? this.#reached.get('') ?? 0;
    if (version !== null && version > reached) this.take(object);
  }

  /** Takes an object out that is deleted. One of the same name that came after it stays. */
  forget(object: KubeObject): void {
    const { namespace = '', name, uid } = object.metadata;
    this.#bury(uid);
    const before = this.get(namespace, name);
    if (before === null || before.metadata.uid !== uid) return;
    const space = this.#spaces.get(namespace);
    space?.objects.delete(name);
    this.#unkey(before);
    if (space !== undefined) space.listed = null;
    if (space?.objects.size === 0) this.#spaces.delete(namespace);
    this.#size -= 1;
    this.#onChange({ type: 'deleted', object: before, previous: null });
  }

  /**
   * Begins to take in a complete list of `scope` (one namespace; undefined is all). To be called before the list is
   * asked for; what it returns, with the list's version, before its first page is taken in.
   */
  settle(scope: string | undefined): (listVersion: string, rewound: boolean) => Settling {
    const dead = new Set(this.#dead);
    return (listVersion, rewound) => {
      const version = rewound ? Number.POSITIVE_INFINITY : versionOf(listVersion);
      const listed = new Set<string>();
      return {
        take: (page) => {
          for (const object of page) {
            listed.add(identityOf(object));
            this.#takeListed(object, version, dead);
          }
        },
        end: () => this.#sweep(scope, listed, version),
      };
    };
  }

  /** A list is true up to its version; what is known beyond that, our own writes have taught. */
  #takeListed(object: KubeObject, listVersion: number | null, dead: ReadonlySet<string>): void {
    const { namespace = '', name, uid = '' } = object.metadata;
    const before = this.get(namespace, name);
    if (this.#dead.has(uid) && !dead.has(uid)) return;
    this.#dead.delete(uid);
    if (before === null || !isBeyond(before, listVersion)) this.#put(object, before);
  }

  #sweep(scope: string | undefined, listed: ReadonlySet<string>, listVersion: number | null): void {
    for (const namespace of scope === undefined ? [...this.#spaces.keys()] : [scope]) {
      for (const object of this.list(namespace)) {
        if (!isBeyond(object, listVersion) && !listed.has(identityOf(object))) this.forget(object);
      }
    }
  }

  #put(object: KubeObject, before: KubeObject | null): void {
    const { namespace = '', name, uid } = object.metadata;
    const after = slim(object, this.#routesField);
    const isSame = before !== null && before.metadata.uid === uid;
    if (isSame && before.metadata.resourceVersion === after.metadata.resourceVersion) return;
    if (before !== null && !isSame) this.forget(before);
    let space = this.#spaces.get(namespace);
    if (space === undefined) this.#spaces.set(namespace, (space = { objects: new Map(), listed: null }));
    space.objects.set(name, after);
    if (isSame) this.#unkey(before);
    this.#key(after);
    space.listed = null;
    if (isSame) {
      if (!isSameButVersion(before, after))
        this.#onChange({ type: 'modified', object: after, previous: before });
      return;
    }
    this.#size += 1;
    this.#onChange({ type: 'added', object: after, previous: null });
  }

  #bury(uid: string | undefined): void {
    if (uid === undefined) return;
    this.#dead.add(uid);
    if (this.#dead.size <= TOMBSTONES) return;
    const [oldest] = this.#dead;
    if (oldest !== undefined) this.#dead.delete(oldest);
  }
}
