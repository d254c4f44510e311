import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../src/api/meta.ts';
import { storeConformance } from '../conformance/cluster.ts';
import { createMemoryCluster, type MemoryCluster } from './memory-cluster.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const make = (): MemoryCluster => createMemoryCluster({ now: () => NOW });

storeConformance('the cluster in memory', async () => {
  const cluster = make();
  const told: string[] = [];
  cluster.subscribe(({ type, object: { metadata } }) =>
    told.push(`${type} ${metadata.namespace}/${metadata.name}`),
  );
  let namespaces = 0;
  return {
    store: cluster.store,
    reader: cluster.reader,
    writer: cluster.writer,
    foreign: cluster.foreign,
    told,
    namespace: async () => `space-${(namespaces += 1)}`,
    read: async (...at) => cluster.get(...at),
    close: async () => {},
  };
});

function service(name: string, owner?: KubeObject): KubeObject {
  const ownerReferences = owner === undefined ? [] : [referenceTo(owner)];
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'shop', ownerReferences },
    spec: { clusterIP: 'None' },
  };
}

const referenceTo = ({ apiVersion, kind, metadata: { name, uid = '' } }: KubeObject) => ({
  apiVersion,
  kind,
  name,
  uid,
});

describe('the cluster in memory', () => {
  test('keeps what others do from the store while the watch is paused, but not own writes', async () => {
    const cluster = make();
    cluster.pauseWatch();
    cluster.create(service('theirs'));
    await cluster.writer.create(service('ours'));
    expect(cluster.store.list('Service', 'shop').map(({ metadata }) => metadata.name)).toEqual(['ours']);
    cluster.resumeWatch();
    expect(cluster.store.get('Service', 'shop', 'theirs')).not.toBeNull();
  });

  test('lets the store see what a write has met, while the watch is paused', async () => {
    const cluster = make();
    cluster.pauseWatch();
    const theirs = cluster.create(service('served'));
    await expect(cluster.writer.create(service('served'))).rejects.toMatchObject({
      code: 'KUBERNETES_CONFLICT',
    });
    expect(cluster.store.get('Service', 'shop', 'served')).toBe(theirs);
  });

  test('does not restore a removed object when the watch resumes', async () => {
    const cluster = make();
    cluster.pauseWatch();
    const object = await cluster.writer.create(service('served'));
    await cluster.writer.remove(object);
    cluster.resumeWatch();
    expect(cluster.store.get('Service', 'shop', 'served')).toBeNull();
  });

  test('fails a write before it is done, or after', async () => {
    const cluster = make();
    const error = new Error('no answer');
    cluster.failWrites(() => ({ when: 'before', error }));
    await expect(cluster.writer.create(service('never'))).rejects.toBe(error);
    expect(cluster.get('Service', 'shop', 'never')).toBeNull();
    cluster.failWrites(({ object }) =>
      object.metadata.name === 'lost' ? { when: 'after', error } : undefined,
    );
    await expect(cluster.writer.create(service('lost'))).rejects.toBe(error);
    expect(cluster.get('Service', 'shop', 'lost')).not.toBeNull();
    cluster.failWrites(null);
    await cluster.writer.create(service('fine'));
    expect(cluster.writes.map(({ verb, object }) => `${verb} ${object.metadata.name}`)).toEqual([
      'create lost',
      'create fine',
    ]);
  });

  test('deletes what belonged to a deleted object, and to nobody else', async () => {
    const cluster = make();
    const [one, other] = [cluster.create(service('one')), cluster.create(service('other'))];
    cluster.create(service('of-one', one));
    const shared = service('of-both', one);
    shared.metadata.ownerReferences?.push(referenceTo(other));
    cluster.create(shared);
    cluster.delete('Service', 'shop', 'one');
    expect(cluster.all('Service').map(({ metadata }) => metadata.name)).toEqual(['other', 'of-both']);
  });

  test('lets admissions change what is stored', async () => {
    const cluster = make();
    cluster.admit((object, old) => {
      object.metadata.labels = { ...object.metadata.labels, seen: old === null ? 'created' : 'changed' };
    });
    const object = await cluster.writer.create(service('served'));
    expect(object.metadata.labels).toEqual({ seen: 'created' });
    const after = cluster.update('Service', 'shop', 'served', (draft) => {
      draft['spec'] = { clusterIP: '' };
    });
    expect(after.metadata).toMatchObject({ labels: { seen: 'changed' }, generation: 2 });
  });

  test('raises the generation of a Deployment for an annotation too, as the API server does', async () => {
    const cluster = make();
    const object = cluster.create({ ...service('served'), apiVersion: 'apps/v1', kind: 'Deployment' });
    const annotate = { op: 'add', path: '/metadata/annotations', value: { a: 'b' } };
    const after = await cluster.writer.patch(object, [annotate]);
    expect(after.metadata.generation).toBe(2);
  });

  test('hands out objects that nobody can change', async () => {
    const cluster = make();
    const object = cluster.create(service('served'));
    expect(() => {
      object.metadata.name = 'other';
    }).toThrow(TypeError);
  });

  test('refuses new finalizers on an object that is on its way out', async () => {
    const cluster = make();
    cluster.create({
      ...service('served'),
      metadata: { name: 'served', namespace: 'shop', finalizers: ['a/b'] },
    });
    cluster.delete('Service', 'shop', 'served');
    const object = cluster.get('Service', 'shop', 'served');
    if (object === null) throw new Error('it has a finalizer');
    const add = { op: 'add', path: '/metadata/finalizers/-', value: 'c/d' };
    await expect(cluster.writer.patch(object, [add])).rejects.toMatchObject({ code: 'KUBERNETES_INVALID' });
  });
});
