import { isDeepStrictEqual } from 'node:util';
import type { KubeObject, ManagedFields } from '../../api/meta.ts';
import { ownsFields } from '../../api/owned-fields.ts';
import type { WatchedKind } from '../../traffic/declaration.ts';

/** A change of the cache. `object` is the current object or, after a deletion, its last state. */
export interface Change {
  readonly type: 'added' | 'modified' | 'deleted';
  readonly object: KubeObject;
  /** The object before a modification. */
  readonly previous: KubeObject | null;
}

/** Number of remembered uids of deleted objects, so that a late answer does not restore one. */
const TOMBSTONES = 4_096;
const NOTHING: readonly KubeObject[] = Object.freeze([]);

/** The resourceVersion as a number; null if it is not one, and so cannot be compared. */
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
 * Without `managedFields`, which is half of a small object and is left alone by patches. It is kept while we own
 * fields, and always for an object with routes, where it names who reverts them.
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

/** Whether only the resourceVersion has changed: such a change wakes nobody. */
function isSameButVersion(a: KubeObject, b: KubeObject): boolean {
  const { resourceVersion } = b.metadata;
  return isDeepStrictEqual({ ...a, metadata: { ...a.metadata, resourceVersion } }, b);
}

/** Whether an object is newer than a list. */
function isBeyond({ metadata }: KubeObject, listVersion: number | null): boolean {
  const version = versionOf(metadata.resourceVersion);
  return version !== null && listVersion !== null && version > listVersion;
}

/** A new object of the same name is a different object. */
function identityOf({ metadata: { namespace = '', name, uid = '' } }: KubeObject): string {
  return `${namespace}/${name}/${uid}`;
}

/** A list that is being read. */
export interface Settling {
  take(page: readonly KubeObject[]): void;
  /** Removes objects that the list did not have. */
  end(): void;
}

interface Space {
  readonly objects: Map<string, KubeObject>;
  /** The objects as a list; built on demand and dropped by every change. */
  listed: readonly KubeObject[] | null;
}

/** The objects of one kind, by namespace and name. A newer object replaces an older one, from whatever source. */
export class Cache {
  readonly #spaces = new Map<string, Space>();
  readonly #dead = new Set<string>();
  /** The version up to which everything is known, by scope: a namespace, or '' for all. */
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

  /** The objects of all namespaces. */
  all(): readonly KubeObject[] {
    return [...this.#spaces.keys()].flatMap((namespace) => this.list(namespace));
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

  /** Applies an object from the server. It is ignored if it is older than the known one, or known to be deleted. */
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

  /** Applies the answer to one of our writes, unless list and watch already cover that version, or will. */
  learn(object: KubeObject): void {
    const { namespace = '', resourceVersion, deletionTimestamp, finalizers } = object.metadata;
    // The answer to a write that removes the last finalizer of a deleted object is its last state.
    if (deletionTimestamp !== undefined && (finalizers ?? []).length === 0) {
      this.forget(object);
      return;
    }
    const version = versionOf(resourceVersion);
    const reached = this.#reached.get(namespace) ?? this.#reached.get('') ?? 0;
    if (version !== null && version > reached) this.take(object);
  }

  /** Removes a deleted object. A newer object of the same name stays. */
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
   * Begins to apply a complete list of `scope` (one namespace; undefined is all). Call it before requesting the list;
   * call the returned function, with the list's version, before applying its first page.
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

  /** A list is complete up to its version; newer objects are from our own writes. */
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
