import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { KubeObject } from '../../src/api/meta.ts';
import type { Kind, Reader, Store, Writer } from '../../src/ports/cluster.ts';

/** A cluster that keeps the promises of the ports. Every test works in a namespace of its own, that is there. */
export interface ClusterUnderTest {
  readonly store: Store;
  readonly reader: Reader;
  readonly writer: Writer;
  /** Somebody else who writes to the same cluster. */
  readonly foreign: Writer;
  /** Creates an empty namespace that the store watches. */
  namespace(): Promise<string>;
  /** The actual object, whatever the store knows. */
  read(kind: Kind, namespace: string, name: string): Promise<KubeObject | null>;
  /** Names the changes that the store has told of, oldest first, such as `added NAME`. */
  readonly told: string[];
  close(): Promise<void>;
}

const unchanged = ({ metadata: { resourceVersion: value } }: KubeObject): object => ({
  op: 'test',
  path: '/metadata/resourceVersion',
  value,
});

const weigh = (value: number): object => ({ op: 'replace', path: '/spec/steps/0/weight', value });
const annotate = (value: object): object => ({ op: 'add', path: '/metadata/annotations', value });
const setStatus = (value: object): object => ({ op: 'add', path: '/status', value });
const conflict = expect.objectContaining({ name: 'SluiceError', code: 'KUBERNETES_CONFLICT' });

/** A Rollout: a kind with a status of its own that no controller of the cluster changes meanwhile. */
function rollout(namespace: string, name: string, finalizers: string[] = []): KubeObject {
  return {
    apiVersion: 'sluice.dev/v1alpha1',
    kind: 'Rollout',
    metadata: { name, namespace, labels: { app: name }, ...(finalizers.length > 0 ? { finalizers } : {}) },
    spec: {
      target: { name: 'absent' },
      traffic: { istio: { virtualService: 'absent' } },
      analysis: { templates: [{ name: 'absent' }] },
      steps: [{ weight: 1 }],
    },
  };
}

const weightOf = (object: KubeObject | null): unknown =>
  (object?.['spec'] as { steps?: { weight?: number }[] } | undefined)?.steps?.[0]?.weight;

/** The contract of `Store` and `Writer`, for any implementation. */
export function storeConformance(title: string, open: () => Promise<ClusterUnderTest>): void {
  describe(`${title} keeps the promises of Store and Writer`, () => {
    let cluster: ClusterUnderTest;
    beforeAll(async () => {
      cluster = await open();
    });
    afterAll(() => cluster.close());

    const created = async (finalizers?: string[]): Promise<KubeObject> =>
      cluster.writer.create(rollout(await cluster.namespace(), 'served', finalizers));
    const stored = ({ metadata }: KubeObject): KubeObject | null =>
      cluster.store.get('Rollout', metadata.namespace ?? '', metadata.name);
    const read = ({ metadata }: KubeObject): Promise<KubeObject | null> =>
      cluster.read('Rollout', metadata.namespace ?? '', metadata.name);

    test('a created object has an identity, and is in the store at once', async () => {
      const object = await created();
      expect(object.metadata).toMatchObject({
        uid: expect.any(String),
        resourceVersion: expect.any(String),
        generation: 1,
      });
      expect(stored(object)?.metadata).toMatchObject({
        uid: object.metadata.uid,
        resourceVersion: object.metadata.resourceVersion,
      });
      expect(cluster.store.list('Rollout', object.metadata.namespace ?? '')).toHaveLength(1);
    });

    test('what is not there is null, and an empty list', async () => {
      const namespace = await cluster.namespace();
      expect(cluster.store.get('Rollout', namespace, 'absent')).toBeNull();
      expect(cluster.store.list('Rollout', namespace)).toEqual([]);
    });

    test('what is asked of the API server is as it is now, and in the store at once', async () => {
      const namespace = await cluster.namespace();
      const theirs = await cluster.foreign.create(rollout(namespace, 'theirs'));
      const asked = await cluster.reader.read('Rollout', namespace, 'theirs');
      expect(asked?.metadata.uid).toBe(theirs.metadata.uid);
      expect(stored(theirs)?.metadata.uid).toBe(theirs.metadata.uid);
      expect(await cluster.reader.read('Rollout', namespace, 'absent')).toBeNull();
    });

    test('a name that is taken is a conflict', async () => {
      const object = await created();
      const again = rollout(object.metadata.namespace ?? '', 'served');
      await expect(cluster.writer.create(again)).rejects.toEqual(conflict);
    });

    test('a guarded patch is done, raises the generation of a changed spec, and is in the store at once', async () => {
      const object = await created();
      const weighed = await cluster.writer.patch(object, [unchanged(object), weigh(3)]);
      expect(weightOf(weighed)).toBe(3);
      expect(weighed.metadata.generation).toBe(2);
      expect(weightOf(stored(object))).toBe(3);
      const label = { op: 'add', path: '/metadata/labels/tier', value: 'gold' };
      const labelled = await cluster.writer.patch(weighed, [unchanged(weighed), label]);
      expect(labelled.metadata).toMatchObject({ generation: 2, labels: { tier: 'gold' } });
    });

    test('a patch whose guard does not hold is a conflict, and nothing of it is done', async () => {
      const object = await created();
      await cluster.foreign.patch(object, [annotate({ by: 'somebody' })]);
      await expect(cluster.writer.patch(object, [unchanged(object), weigh(5)])).rejects.toEqual(conflict);
      expect(weightOf(await read(object))).toBe(1);
    });

    test('what stands in the way of a write is in the store at once', async () => {
      const object = await created();
      const theirs = await cluster.foreign.patch(object, [annotate({ by: 'somebody' })]);
      await expect(cluster.writer.patch(object, [unchanged(object), weigh(5)])).rejects.toEqual(conflict);
      expect(stored(object)?.metadata.resourceVersion).toBe(theirs.metadata.resourceVersion);
      const namespace = object.metadata.namespace ?? '';
      const taken = await cluster.foreign.create(rollout(namespace, 'taken'));
      await expect(cluster.writer.create(rollout(namespace, 'taken'))).rejects.toEqual(conflict);
      expect(stored(taken)?.metadata.uid).toBe(taken.metadata.uid);
    });

    test('a guard on any field holds or is a conflict', async () => {
      const object = await created();
      const guard = { op: 'test', path: '/spec/steps/0/weight', value: 7 };
      await expect(cluster.writer.patch(object, [guard, weigh(8)])).rejects.toEqual(conflict);
      await cluster.writer.patch(object, [{ ...guard, value: 1 }, weigh(8)]);
      expect(weightOf(stored(object))).toBe(8);
    });

    test('a patch that does not fit the object is a conflict', async () => {
      const object = await created();
      const drop = { op: 'remove', path: '/metadata/annotations/absent' };
      await expect(cluster.writer.patch(object, [unchanged(object), drop])).rejects.toEqual(conflict);
    });

    test('a patch of nothing changes nothing', async () => {
      const object = await created();
      const same = await cluster.writer.patch(object, [unchanged(object), weigh(1)]);
      expect(same.metadata.resourceVersion).toBe(object.metadata.resourceVersion);
    });

    test('the status is written by itself, and by nothing else', async () => {
      const object = await created();
      const status = { observedGeneration: 1, weight: 1 };
      const after = await cluster.writer.patch(
        object,
        [unchanged(object), setStatus(status), weigh(9)],
        'status',
      );
      expect(after['status']).toMatchObject(status);
      expect(weightOf(after)).toBe(1);
      expect(after.metadata.generation).toBe(1);
      expect(stored(object)?.['status']).toMatchObject(status);
      const main = await cluster.writer.patch(after, [
        unchanged(after),
        setStatus({ observedGeneration: 7, weight: 7 }),
        weigh(2),
      ]);
      expect(main['status']).toMatchObject(status);
      expect(weightOf(main)).toBe(2);
    });

    test('a stale status is a conflict', async () => {
      const object = await created();
      await cluster.foreign.patch(object, [weigh(4)]);
      const write = cluster.writer.patch(object, [unchanged(object), setStatus({ weight: 1 })], 'status');
      await expect(write).rejects.toEqual(conflict);
    });

    test('a removed object is out of the store at once, and removing it again is fine', async () => {
      const object = await created();
      await cluster.writer.remove(object);
      expect(stored(object)).toBeNull();
      expect(await read(object)).toBeNull();
      await cluster.writer.remove(object);
    });

    test('only the very object that was read is removed', async () => {
      const object = await created();
      await cluster.foreign.patch(object, [weigh(4)]);
      await expect(cluster.writer.remove(object)).rejects.toEqual(conflict);
      const now = await read(object);
      if (now === null) throw new Error('it must still be there');
      await cluster.foreign.remove(now);
      const next = await cluster.writer.create(rollout(object.metadata.namespace ?? '', 'served'));
      await expect(cluster.writer.remove(now)).rejects.toEqual(conflict);
      expect(stored(next)?.metadata.uid).toBe(next.metadata.uid);
    });

    test('a patch of an object that is gone is a conflict', async () => {
      const object = await created();
      await cluster.foreign.remove(object);
      await expect(cluster.writer.patch(object, [weigh(2)])).rejects.toEqual(conflict);
    });

    test('an object with a finalizer stays until the finalizer is taken off', async () => {
      const object = await created(['sluice.dev/conformance']);
      await cluster.writer.remove(object);
      const dying = stored(object);
      expect(dying?.metadata.deletionTimestamp).toEqual(expect.any(String));
      if (dying === null) return;
      const free = { op: 'remove', path: '/metadata/finalizers/0' };
      await cluster.writer.patch(dying, [unchanged(dying), free]);
      expect(stored(object)).toBeNull();
      expect(await read(object)).toBeNull();
    });

    test('a successor of the same name takes the place of a removed object for good', async () => {
      const object = await created();
      await cluster.writer.remove(object);
      const next = await cluster.writer.create(rollout(object.metadata.namespace ?? '', 'served'));
      expect(next.metadata.uid).not.toBe(object.metadata.uid);
      expect(stored(object)?.metadata.uid).toBe(next.metadata.uid);
      // A later object of somebody else shows that all that came before it has arrived.
      await cluster.foreign.create(rollout(object.metadata.namespace ?? '', 'later'));
      await vi.waitFor(() =>
        expect(stored({ ...object, metadata: { ...object.metadata, name: 'later' } })).not.toBeNull(),
      );
      expect(stored(object)?.metadata.uid).toBe(next.metadata.uid);
    });

    test('the writes of others arrive, and each change is reported once', async () => {
      const object = await created();
      const name = `${object.metadata.namespace}/served`;
      await cluster.foreign.patch(object, [weigh(6)]);
      await vi.waitFor(() => expect(weightOf(stored(object))).toBe(6), { timeout: 10_000 });
      const now = await read(object);
      if (now !== null) await cluster.foreign.remove(now);
      await vi.waitFor(() => expect(stored(object)).toBeNull(), { timeout: 10_000 });
      expect(cluster.told.filter((one) => one.endsWith(name))).toEqual([
        `added ${name}`,
        `modified ${name}`,
        `deleted ${name}`,
      ]);
    });

    test('a list has the objects of its namespace only', async () => {
      const [one, other] = [await created(), await created()];
      const names = cluster.store.list('Rollout', one.metadata.namespace ?? '');
      expect(names.map(({ metadata }) => metadata.uid)).toEqual([one.metadata.uid]);
      expect(names.map(({ metadata }) => metadata.uid)).not.toContain(other.metadata.uid);
    });
  });
}
