import { isDeepStrictEqual } from 'node:util';
import { applyPatch, type Operation } from 'rfc6902';
import type { KubeObject } from '../../src/api/meta.ts';
import { FIELD_MANAGER, ownsFields } from '../../src/api/owned-fields.ts';
import { SluiceError } from '../../src/errors.ts';
import type { Writer } from '../../src/ports/cluster.ts';

/** etcd's limit of an object's size. */
const MOST_BYTES = 1_572_864;

type Json = Record<string, unknown>;

/** A write of the controller, before it is done. */
export interface ClusterWrite {
  readonly verb: 'create' | 'patch' | 'remove';
  readonly object: KubeObject;
  readonly patch?: readonly object[];
  readonly subresource?: 'status';
}

/** Changes an object before it is stored, as an admission policy does. `old` is null on creation. */
export type Admission = (object: KubeObject, old: KubeObject | null) => void;

/** The key of an object. */
export const keyOf = (kind: string, namespace: string | undefined, name: string): string =>
  `${kind}/${namespace ?? ''}/${name}`;
export const keyOfObject = ({ kind, metadata }: KubeObject): string =>
  keyOf(kind, metadata.namespace, metadata.name);

function conflict(message: string): SluiceError {
  return new SluiceError('KUBERNETES_CONFLICT', message, { retry: 'backoff' });
}

function invalid(message: string): SluiceError {
  return new SluiceError('KUBERNETES_INVALID', message, { retry: 'terminal' });
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) freeze(inner);
  }
  return value;
}

/** The fields that raise the generation: everything but metadata and status; of a Deployment also its annotations. */
function specOf({ metadata, status: _status, ...spec }: KubeObject): Json {
  return spec.kind === 'Deployment' ? { ...spec, annotations: metadata.annotations ?? {} } : spec;
}

/** The objects of a cluster in memory, and the rules by which an API server changes them. */
export class MemoryServer {
  readonly objects = new Map<string, KubeObject>();
  readonly admissions: Admission[] = [];
  /** Maximum size of objects by kind, if it differs from etcd's. */
  readonly limits = new Map<string, number>();
  /** Called after each change, with the object as it is now or was at its end. */
  onChange: (type: 'added' | 'modified' | 'deleted', object: KubeObject) => void = () => {};
  readonly #now: () => number;
  /** Kinds whose fields are the user's. */
  readonly #adopted: readonly string[];
  #version = 0;
  #uid = 0;

  /** `adopted` are kinds of the user's objects that routers change. */
  constructor(now: () => number, adopted: readonly string[] = []) {
    this.#now = now;
    this.#adopted = ['Deployment', ...adopted];
  }

  /** Takes objects as another server had them, with their uids and versions. */
  restore(objects: readonly KubeObject[]): void {
    for (const object of objects) {
      const { uid = '', resourceVersion = '0' } = object.metadata;
      this.#uid = Math.max(this.#uid, Number(uid.replace('uid-', '')));
      this.#version = Math.max(this.#version, Number(resourceVersion));
      this.objects.set(keyOfObject(object), freeze(structuredClone(object)));
    }
  }

  create(given: KubeObject, keepStatus: boolean): KubeObject {
    const key = keyOfObject(given);
    const known = this.objects.get(key);
    if (known !== undefined) throw conflict(`${given.kind} "${given.metadata.name}" already exists`);
    if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(given.metadata.name))
      throw invalid(`metadata.name: Invalid value: ${JSON.stringify(given.metadata.name)}`);
    const object = structuredClone(given);
    if (!keepStatus) delete object['status'];
    for (const admit of this.admissions) admit(object, null);
    Object.assign(object.metadata, {
      uid: `uid-${(this.#uid += 1)}`,
      generation: 1,
      creationTimestamp: this.#time(),
    });
    return this.#store(object, 'added');
  }

  /** Changes an object. The controller then owns the fields that it changes. */
  update(
    before: KubeObject,
    change: (draft: KubeObject) => void,
    {
      subresource,
      isOurs = false,
    }: { readonly subresource?: 'status' | undefined; readonly isOurs?: boolean } = {},
  ): KubeObject {
    const draft = structuredClone(before);
    change(draft);
    const after = structuredClone(before);
    if (subresource === 'status') setStatus(after, draft['status']);
    else this.#setAllBut(after, draft, before);
    if (isOurs && subresource === undefined) takeOwnership(after, before, this.#adopted);
    if (isDeepStrictEqual(after, before)) return before;
    if (after.metadata.deletionTimestamp !== undefined && (after.metadata.finalizers ?? []).length === 0)
      return this.#drop(after);
    return this.#store(after, 'modified');
  }

  delete(object: KubeObject): void {
    const { metadata } = object;
    if (metadata.deletionTimestamp !== undefined) return;
    if ((metadata.finalizers ?? []).length === 0) {
      this.#drop(structuredClone(object));
      return;
    }
    const after = structuredClone(object);
    after.metadata.deletionTimestamp = this.#time();
    after.metadata.generation = (after.metadata.generation ?? 0) + 1;
    this.#store(after, 'modified');
  }

  #setAllBut(after: KubeObject, draft: KubeObject, before: KubeObject): void {
    for (const admit of this.admissions) admit(draft, before);
    const { status } = before;
    for (const field of Object.keys(after)) delete (after as Json)[field];
    Object.assign(after, draft);
    setStatus(after, status);
    const { name, namespace, uid, resourceVersion, generation, creationTimestamp, deletionTimestamp } =
      before.metadata;
    const fixed = { name, namespace, uid, resourceVersion, generation, creationTimestamp, deletionTimestamp };
    const given = Object.entries(fixed).filter(([, value]) => value !== undefined);
    const added = after.metadata.finalizers?.some(
      (one) => before.metadata.finalizers?.includes(one) !== true,
    );
    if (deletionTimestamp !== undefined && added === true)
      throw invalid(
        'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted',
      );
    Object.assign(after.metadata, Object.fromEntries(given));
    if (!isDeepStrictEqual(specOf(after), specOf(before))) after.metadata.generation = (generation ?? 0) + 1;
  }

  #store(object: KubeObject, type: 'added' | 'modified'): KubeObject {
    if (Buffer.byteLength(JSON.stringify(object)) > (this.limits.get(object.kind) ?? MOST_BYTES))
      throw new SluiceError('KUBERNETES_TOO_LARGE', 'etcdserver: request is too large', {
        retry: 'terminal',
      });
    object.metadata.resourceVersion = String((this.#version += 1));
    freeze(object);
    this.objects.set(keyOfObject(object), object);
    this.onChange(type, object);
    return object;
  }

  #drop(object: KubeObject): KubeObject {
    object.metadata.resourceVersion = String((this.#version += 1));
    freeze(object);
    this.objects.delete(keyOfObject(object));
    this.onChange('deleted', object);
    this.#collect(object.metadata.uid);
    return object;
  }

  /** Deletes objects whose only owner is gone. */
  #collect(uid: string | undefined): void {
    const alive = new Set([...this.objects.values()].map(({ metadata }) => metadata.uid));
    for (const object of this.objects.values()) {
      const owners = object.metadata.ownerReferences ?? [];
      const wasOwner = owners.some((owner) => owner.uid === uid);
      if (wasOwner && !owners.some((owner) => alive.has(owner.uid))) this.delete(object);
    }
  }

  #time(): string {
    return new Date(Math.floor(this.#now() / 1_000) * 1_000).toISOString().replace('.000Z', 'Z');
  }
}

function withoutOwners({ metadata: { managedFields: _owners, ...metadata }, ...rest }: KubeObject): object {
  return { ...rest, metadata };
}

function takeOwnership(after: KubeObject, before: KubeObject, adopted: readonly string[]): void {
  const isChanged = !isDeepStrictEqual(withoutOwners(after), withoutOwners(before));
  if (!adopted.includes(after.kind) || !isChanged || ownsFields(after)) return;
  const { managedFields = [] } = after.metadata;
  after.metadata.managedFields = [...managedFields, { manager: FIELD_MANAGER, operation: 'Update' }];
}

function setStatus(object: KubeObject, status: unknown): void {
  if (status === undefined) delete object['status'];
  else object['status'] = status;
}

/** Applies a JSON patch to a draft. If any operation does not fit, it is a conflict. */
function patchOf(patch: readonly object[]): (draft: KubeObject) => void {
  return (draft) => {
    for (const error of applyPatch(draft, structuredClone(patch) as Operation[])) {
      if (error !== null) throw conflict(error.message);
    }
  };
}

/** Writes with the guards of an API server. `around` runs each one: what is there afterwards, or null. */
export function writerOf(
  server: MemoryServer,
  around: (write: ClusterWrite, act: () => KubeObject | null) => KubeObject | null,
  isOurs = false,
): Writer {
  const find = (object: KubeObject): KubeObject => {
    const found = server.objects.get(keyOfObject(object));
    if (found === undefined) throw conflict(`${object.kind} "${object.metadata.name}" not found`);
    return found;
  };
  const act = async (write: ClusterWrite, run: () => KubeObject | null): Promise<KubeObject> =>
    around(write, run) ?? write.object;
  return {
    create: (object) => act({ verb: 'create', object }, () => server.create(object, false)),
    patch: (object, patch, subresource) => {
      const write: ClusterWrite = { verb: 'patch', object, patch };
      const change = patchOf(patch);
      return act(subresource === undefined ? write : { ...write, subresource }, () =>
        server.update(find(object), change, { subresource, isOurs }),
      );
    },
    remove: async (object) => {
      await act({ verb: 'remove', object }, () => {
        const found = server.objects.get(keyOfObject(object));
        if (found === undefined) return null;
        const { uid, resourceVersion } = object.metadata;
        if (found.metadata.uid !== uid || found.metadata.resourceVersion !== resourceVersion)
          throw conflict(`${object.kind} "${object.metadata.name}" is not as it was read`);
        server.delete(found);
        return server.objects.get(keyOfObject(object)) ?? null;
      });
    },
  };
}
