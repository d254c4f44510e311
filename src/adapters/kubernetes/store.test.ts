import { describe, expect, test, vi } from 'vitest';
import type { KubeObject } from '../../api/meta.ts';
import { type ErrorCode, SluiceError } from '../../errors.ts';
import { ROUTERS } from '../../traffic/registry.ts';
import type { KubeClient } from './client.ts';
import { createStore } from './store.ts';
import { createWriter } from './writer.ts';

function service(version: number, more: Partial<KubeObject['metadata']> = {}): KubeObject {
  const metadata = { name: 'a', namespace: 'shop', uid: 'u1', resourceVersion: `${version}`, ...more };
  return { apiVersion: 'v1', kind: 'Service', metadata, spec: { version } };
}

const silent = { error: () => {} };

describe('the store', () => {
  test('tells its listeners of what changes, and of which kind', () => {
    const store = createStore(silent, ROUTERS.watches);
    const told: string[] = [];
    store.subscribe(({ kind, type, object, previous }) =>
      told.push(`${type} ${kind} ${object.metadata.name} ${previous?.metadata.resourceVersion ?? '-'}`),
    );
    store.learn(service(1));
    store.learn(service(2));
    store.forget(service(2));
    expect(told).toEqual(['added Service a -', 'modified Service a 1', 'deleted Service a -']);
  });

  test('continues when a listener throws, and logs it', () => {
    const errors: object[] = [];
    const store = createStore({ error: (fields) => void errors.push(fields) }, ROUTERS.watches);
    const told: string[] = [];
    store.subscribe(() => {
      throw new Error('of the listener');
    });
    store.subscribe(({ object }) => told.push(object.metadata.name));
    store.learn(service(1));
    expect(told).toEqual(['a']);
    expect(errors).toMatchObject([{ kind: 'Service', name: 'a' }]);
    expect(store.get('Service', 'shop', 'a')).not.toBeNull();
  });

  test('finds what names a Service of another namespace', () => {
    const store = createStore(silent, ROUTERS.watches);
    const metadata = { name: 'theirs', namespace: 'team', uid: 'u9', resourceVersion: '9' };
    const spec = { host: 'model.shop.svc.cluster.local' };
    const rule = { apiVersion: 'networking.istio.io/v1', kind: 'DestinationRule', metadata, spec };
    store.learn(rule);
    store.learn({ ...rule, metadata: { ...metadata, namespace: 'shop', uid: 'u8' } });
    expect(store.naming?.('DestinationRule', 'shop/model')).toEqual([rule]);
    expect(store.naming?.('VirtualService', 'shop/model')).toEqual([]);
  });

  test('passes over kinds that it does not keep', () => {
    const store = createStore(silent, ROUTERS.watches);
    store.learn({ ...service(1), kind: 'Pod' });
    expect(Object.values(store.sizes()).every((size) => size === 0)).toBe(true);
  });

  test('counts its objects by kind', () => {
    const store = createStore(silent, ROUTERS.watches);
    store.learn(service(1));
    store.learn(service(2, { name: 'b', uid: 'u2' }));
    expect(store.sizes()).toMatchObject({ Service: 2, Deployment: 0 });
  });
});

function setUp(answers: Partial<KubeClient>, fence = () => true) {
  const store = createStore(silent, ROUTERS.watches);
  const calls: unknown[][] = [];
  const answer = (verb: keyof KubeClient, fallback: unknown) =>
    (async (...given: unknown[]) => {
      calls.push([verb, ...given]);
      const act = answers[verb] as ((...rest: unknown[]) => unknown) | undefined;
      return act === undefined ? fallback : act(...given);
    }) as never;
  const client = {
    get: answer('get', null),
    create: answer('create', service(5)),
    patch: answer('patch', service(6)),
    remove: answer('remove', null),
  };
  return { store, calls, writer: createWriter({ client, store, fence }) };
}

const failing = (code: ErrorCode) => async (): Promise<never> => {
  throw new SluiceError(code, 'in its words', { retry: 'terminal' });
};

describe('the writer', () => {
  test('teaches the store what it has written', async () => {
    const { store, writer } = setUp({});
    await writer.create(service(0));
    expect(store.get('Service', 'shop', 'a')?.metadata.resourceVersion).toBe('5');
    await writer.patch(service(5), []);
    expect(store.get('Service', 'shop', 'a')?.metadata.resourceVersion).toBe('6');
    await writer.remove(service(6));
    expect(store.get('Service', 'shop', 'a')).toBeNull();
  });

  test('keeps an object that only waits for its finalizers', async () => {
    const dying = service(7, { deletionTimestamp: '2026-03-01T12:00:00Z', finalizers: ['a/b'] });
    const { store, writer } = setUp({ remove: async () => dying });
    store.learn(service(5));
    await writer.remove(service(5));
    expect(store.get('Service', 'shop', 'a')?.metadata.deletionTimestamp).toBeDefined();
  });

  test('patches the object or its status, as a JSON patch', async () => {
    const { calls, writer } = setUp({});
    const patch = [{ op: 'add', path: '/status', value: {} }];
    await writer.patch(service(5), patch, 'status');
    await writer.patch(service(5), patch);
    expect(calls.map(([, , ...rest]) => rest)).toEqual([
      [{ namespace: 'shop', name: 'a', subresource: 'status' }, 'json', patch],
      [{ namespace: 'shop', name: 'a' }, 'json', patch],
    ]);
  });

  test('removes the very object that was read, in the background', async () => {
    const { calls, writer } = setUp({});
    await writer.remove(service(5));
    expect(calls[0]?.at(-1)).toEqual({
      preconditions: { uid: 'u1', resourceVersion: '5' },
      propagationPolicy: 'Background',
    });
  });

  test('takes an object that is gone already out of the store', async () => {
    const { store, writer } = setUp({ remove: failing('KUBERNETES_NOT_FOUND') });
    store.learn(service(5));
    await writer.remove(service(5));
    expect(store.get('Service', 'shop', 'a')).toBeNull();
  });

  test.each<['create' | 'patch' | 'remove', ErrorCode, ErrorCode]>([
    ['patch', 'KUBERNETES_NOT_FOUND', 'KUBERNETES_CONFLICT'],
    ['patch', 'KUBERNETES_INVALID', 'KUBERNETES_INVALID'],
    ['create', 'KUBERNETES_CONFLICT', 'KUBERNETES_CONFLICT'],
    ['create', 'KUBERNETES_NOT_FOUND', 'KUBERNETES_NOT_FOUND'],
    ['remove', 'KUBERNETES_CONFLICT', 'KUBERNETES_CONFLICT'],
  ])('a %s that fails with %s is %s, in the words of the API server', async (verb, code, expected) => {
    const { store, writer } = setUp({ [verb]: failing(code) });
    const act = {
      create: () => writer.create(service(5)),
      patch: () => writer.patch(service(5), []),
      remove: () => writer.remove(service(5)),
    };
    await expect(act[verb]()).rejects.toMatchObject({ code: expected, message: 'in its words' });
    expect(store.sizes()).toMatchObject({ Service: 0 });
  });

  test.each(['create', 'patch', 'remove'] as const)('teaches the store what a %s has met', async (verb) => {
    const { store, writer } = setUp({ [verb]: failing('KUBERNETES_CONFLICT'), get: async () => service(9) });
    store.learn(service(5));
    await expect(writer[verb](service(5), [])).rejects.toMatchObject({ message: 'in its words' });
    expect(store.get('Service', 'shop', 'a')?.metadata.resourceVersion).toBe('9');
  });

  test('looks for what it has created without an answer, and does not wait for that', async () => {
    const { promise, resolve } = Promise.withResolvers<KubeObject>();
    const { store, writer } = setUp({ create: failing('KUBERNETES_TIMEOUT'), get: () => promise });
    await expect(writer.create(service(0))).rejects.toMatchObject({ code: 'KUBERNETES_TIMEOUT' });
    expect(store.get('Service', 'shop', 'a')).toBeNull();
    resolve(service(5));
    await vi.waitFor(() => expect(store.get('Service', 'shop', 'a')).not.toBeNull());
  });

  test('a conflict stays one when nobody can say what it is about, and takes nothing away', async () => {
    for (const get of [async () => null, failing('KUBERNETES_TIMEOUT')]) {
      const { store, writer } = setUp({ patch: failing('KUBERNETES_CONFLICT'), get });
      store.learn(service(5));
      // oxlint-disable-next-line no-await-in-loop -- one case after the other
      await expect(writer.patch(service(5), [])).rejects.toMatchObject({ code: 'KUBERNETES_CONFLICT' });
      expect(store.get('Service', 'shop', 'a')).not.toBeNull();
    }
  });

  test('sends nothing while the fence is down', async () => {
    const { calls, writer } = setUp({}, () => false);
    for (const write of [
      () => writer.create(service(5)),
      () => writer.patch(service(5), []),
      () => writer.remove(service(5)),
    ]) {
      await expect(write()).rejects.toMatchObject({ code: 'NOT_LEADER', retry: 'backoff' });
    }
    expect(calls).toEqual([]);
  });
});
