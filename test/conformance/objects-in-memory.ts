import { deepStrictEqual, equal, ok } from 'node:assert/strict';
import { applyPatch, type Operation } from 'rfc6902';
import type { KubeObject } from '../../src/api/meta.ts';
import type { RouteObjects } from '../../src/traffic/context.ts';
import type { RouteWrite } from '../../src/traffic/goal.ts';

function freeze<T>(value: T): T {
  if (value !== null && typeof value === 'object' && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
}

/** A very small API server: optimistic locking and JSON patches, nothing else. */
export class ObjectsInMemory {
  objects: KubeObject[];
  private version = 100;

  constructor(objects: readonly KubeObject[]) {
    this.objects = structuredClone([...objects]);
    this.objects.forEach((object) => this.touch(object));
  }

  private touch(object: KubeObject): void {
    this.version += 1;
    object.metadata.resourceVersion = String(this.version);
  }

  private find({ kind, metadata }: KubeObject): KubeObject | undefined {
    return this.objects.find(
      (one) =>
        one.kind === kind &&
        one.metadata.name === metadata.name &&
        one.metadata.namespace === metadata.namespace,
    );
  }

  /** Does one write as the API server would; throws on a conflict. */
  apply(write: RouteWrite): void {
    if (write.op === 'create') {
      equal(this.find(write.object), undefined, 'an object that exists is created');
      const object = structuredClone(write.object);
      this.touch(object);
      object.metadata.uid = `uid-${this.version}`;
      this.objects.push(object);
      return;
    }
    const found = this.find(write.target);
    ok(found !== undefined, 'an object that is not there is changed');
    equal(write.target.metadata.resourceVersion, found.metadata.resourceVersion, 'a stale object is changed');
    if (write.op === 'delete') {
      this.objects.splice(this.objects.indexOf(found), 1);
      return;
    }
    const patch = structuredClone(write.patch) as Operation[];
    const guard = { op: 'test', path: '/metadata/resourceVersion', value: found.metadata.resourceVersion };
    deepStrictEqual(patch[0], guard, 'a patch is not guarded');
    for (const failed of applyPatch(found, patch)) equal(failed, null);
    this.touch(found);
  }

  /** Changes the objects as somebody else. */
  edit(change: (objects: KubeObject[]) => void): void {
    change(this.objects);
    this.objects.forEach((object) => this.touch(object));
  }

  /** The router's objects; frozen, so that it cannot change them. */
  read(namespace: string): RouteObjects {
    const kinds: Record<string, KubeObject[]> = {};
    for (const one of this.objects) (kinds[one.kind] ??= []).push(freeze(structuredClone(one)));
    return { namespace, kinds };
  }
}
