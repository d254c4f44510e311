import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../api/meta.ts';
import { Cache } from './cache.ts';

interface Given {
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly version: number | string;
  readonly more?: object;
}

function thing({ name = 'a', namespace = 'shop', uid = 'u1', version, more = {} }: Given): KubeObject {
  const metadata = { name, namespace, uid, resourceVersion: String(version) };
  return { apiVersion: 'v1', kind: 'Thing', metadata, spec: { version }, ...more };
}

const keysOf = ({ spec }: KubeObject): string[] => (spec as { keys?: string[] }).keys ?? [];

function setUp() {
  const told: string[] = [];
  const cache = new Cache(({ type, object: { metadata }, previous }) => {
    const from = previous === null ? '' : ` from ${previous.metadata.resourceVersion}`;
    told.push(`${type} ${metadata.name}/${metadata.uid}@${metadata.resourceVersion}${from}`);
  });
  const at = (name = 'a'): string | undefined => cache.get('shop', name)?.metadata.resourceVersion;
  return { cache, told, at };
}

describe('the cache', () => {
  test.each<[string, Given[], string | undefined, string[]]>([
    ['takes a new object', [{ version: 1 }], '1', ['added a/u1@1']],
    [
      'takes a newer one',
      [{ version: 9 }, { version: 10 }],
      '10',
      ['added a/u1@9', 'modified a/u1@10 from 9'],
    ],
    ['passes an older one over', [{ version: 10 }, { version: 9 }], '10', ['added a/u1@10']],
    ['is not told twice of the same', [{ version: 1 }, { version: 1 }], '1', ['added a/u1@1']],
    [
      'takes a successor for another object',
      [{ version: 1 }, { version: 2, uid: 'u2' }],
      '2',
      ['added a/u1@1', 'deleted a/u1@1', 'added a/u2@2'],
    ],
    [
      'passes over what is left of a predecessor',
      [
        { version: 5, uid: 'u2' },
        { version: 4, uid: 'u1' },
      ],
      '5',
      ['added a/u2@5'],
    ],
    [
      'takes whatever comes where versions are no numbers',
      [{ version: 'x' }, { version: 'w' }],
      'w',
      ['added a/u1@x', 'modified a/u1@w from x'],
    ],
  ])('%s', (_title, given, expected, changes) => {
    const { cache, told, at } = setUp();
    for (const one of given) cache.take(thing(one));
    expect(at()).toBe(expected);
    expect(told).toEqual(changes);
  });

  test('tells of no change where only the version has changed, and keeps the new version', () => {
    const { cache, told, at } = setUp();
    const spec = { spec: { same: true } };
    cache.take(thing({ version: 1, more: spec }));
    cache.take(thing({ version: 2, more: spec }));
    expect(told).toEqual(['added a/u1@1']);
    expect(at()).toBe('2');
  });

  test('leaves managedFields out', () => {
    const { cache } = setUp();
    const object = thing({ version: 1 });
    Object.assign(object.metadata, { managedFields: [{ manager: 'kubectl' }] });
    cache.take(object);
    expect(cache.get('shop', 'a')?.metadata).toEqual({
      name: 'a',
      namespace: 'shop',
      uid: 'u1',
      resourceVersion: '1',
    });
  });

  test('keeps who owns fields, without which, while we own some', () => {
    const { cache } = setUp();
    const object = thing({ version: 1 });
    const owners = [
      { manager: 'kubectl', operation: 'Apply' },
      { manager: 'sluice', operation: 'Update' },
      { manager: 'sluice', operation: 'Update', subresource: 'status' },
    ];
    Object.assign(object.metadata, {
      managedFields: owners.map((one) => ({ ...one, fieldsType: 'FieldsV1', fieldsV1: { 'f:spec': {} } })),
    });
    cache.take(object);
    expect(cache.get('shop', 'a')?.metadata.managedFields).toEqual(owners);
  });

  test('keeps who has written the routes, in an object that has some', () => {
    const cache = new Cache(() => {}, { routesField: 'http' });
    const [time, operation] = ['2026-11-01T00:00:00Z', 'Apply'];
    const object = { ...thing({ version: 1 }), kind: 'VirtualService' };
    Object.assign(object.metadata, {
      managedFields: [
        { manager: 'flux', operation, time, fieldsV1: { 'f:spec': { 'f:http': {}, 'f:hosts': {} } } },
        { manager: 'labeller', operation, time, fieldsV1: { 'f:metadata': { 'f:labels': {} } } },
      ],
    });
    cache.take(object);
    expect(cache.get('shop', 'a')?.metadata.managedFields).toEqual([
      { manager: 'flux', operation, routes: true, time },
      { manager: 'labeller', operation },
    ]);
  });

  test('gives the same list until something in the namespace changes', () => {
    const { cache } = setUp();
    cache.take(thing({ version: 1 }));
    const list = cache.list('shop');
    cache.take(thing({ namespace: 'bank', version: 2, uid: 'u2' }));
    expect(cache.list('shop')).toBe(list);
    cache.take(thing({ name: 'b', version: 3, uid: 'u3' }));
    expect(cache.list('shop').map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
    expect(cache.size).toBe(3);
  });

  test('finds objects by their keys, in all namespaces, as they are now', () => {
    const cache = new Cache(() => {}, { foreignServices: keysOf });
    const take = (version: number, keys: string[], more: Partial<Given> = {}): void =>
      cache.take(thing({ version, more: { spec: { keys } }, ...more }));
    const found = (key: string): string[] =>
      cache.keyed(key).map(({ metadata }) => `${metadata.namespace}/${metadata.resourceVersion}`);
    take(1, ['x', 'y']);
    take(2, ['x'], { namespace: 'bank', uid: 'u2' });
    expect([found('x'), found('y'), found('z')]).toEqual([['shop/1', 'bank/2'], ['shop/1'], []]);
    take(3, ['y']);
    expect([found('x'), found('y')]).toEqual([['bank/2'], ['shop/3']]);
    take(4, ['x'], { uid: 'u3' });
    expect([found('x'), found('y')]).toEqual([['bank/2', 'shop/4'], []]);
    cache.forget(thing({ version: 5, uid: 'u3' }));
    expect(found('x')).toEqual(['bank/2']);
  });

  describe('what a deletion leaves', () => {
    test('nothing, and no late word brings the object back', () => {
      const { cache, told } = setUp();
      cache.take(thing({ version: 1 }));
      cache.forget(thing({ version: 3 }));
      cache.learn(thing({ version: 2 }));
      cache.take(thing({ version: 2 }));
      expect(cache.size).toBe(0);
      expect(cache.list('shop')).toEqual([]);
      expect(told).toEqual(['added a/u1@1', 'deleted a/u1@1']);
    });

    test('the successor', () => {
      const { cache, at } = setUp();
      cache.take(thing({ version: 5, uid: 'u2' }));
      cache.forget(thing({ version: 4, uid: 'u1' }));
      expect(at()).toBe('5');
    });
  });

  describe('what it learns from writes', () => {
    test('is there at once, and the watch that tells of it later changes nothing', () => {
      const { cache, told, at } = setUp();
      cache.take(thing({ version: 1 }));
      cache.learn(thing({ version: 8 }));
      for (const version of [5, 8]) cache.take(thing({ version }));
      expect(at()).toBe('8');
      expect(told).toEqual(['added a/u1@1', 'modified a/u1@8 from 1']);
    });

    test('is nothing where list and watch are past it: what is not there has been deleted since', () => {
      const { cache } = setUp();
      cache.reach(undefined, '9');
      cache.learn(thing({ version: 8 }));
      expect(cache.size).toBe(0);
      cache.reach('bank', '20');
      cache.learn(thing({ version: 10 }));
      cache.learn(thing({ namespace: 'bank', version: 15, uid: 'u2' }));
      expect(cache.list('shop')).toHaveLength(1);
      expect(cache.list('bank')).toEqual([]);
    });

    test('is nothing where versions cannot be compared', () => {
      const { cache } = setUp();
      cache.learn(thing({ version: 'opaque' }));
      expect(cache.size).toBe(0);
    });

    test('is a deletion where the last finalizer was taken off', () => {
      const { cache } = setUp();
      cache.take(thing({ version: 2 }));
      cache.reach(undefined, '2');
      const last = thing({ version: 2 });
      last.metadata.deletionTimestamp = '2026-03-01T12:00:00Z';
      cache.learn(last);
      expect(cache.size).toBe(0);
    });
  });

  describe('a complete list', () => {
    test('takes out what it does not have', () => {
      const { cache, told, at } = setUp();
      cache.take(thing({ version: 1 }));
      cache.take(thing({ name: 'b', uid: 'u2', version: 2 }));
      const settling = cache.settle(undefined)('3', false);
      settling.take([thing({ name: 'b', uid: 'u2', version: 2 })]);
      settling.end();
      expect(at()).toBeUndefined();
      expect(at('b')).toBe('2');
      expect(told.at(-1)).toBe('deleted a/u1@1');
    });

    test('leaves what is newer than itself', () => {
      const { cache, at } = setUp();
      cache.learn(thing({ version: 7 }));
      cache.settle(undefined)('6', false).end();
      expect(at()).toBe('7');
    });

    test('is true for what is not newer than it, though an older version comes with it', () => {
      const { cache, at } = setUp();
      cache.take(thing({ version: 50 }));
      const settling = cache.settle(undefined)('60', false);
      settling.take([thing({ version: 10 })]);
      settling.end();
      expect(at()).toBe('10');
    });

    test('is older than a write that it does not have yet', () => {
      const { cache, at } = setUp();
      cache.learn(thing({ version: 7 }));
      const settling = cache.settle(undefined)('6', false);
      settling.take([thing({ version: 5 })]);
      settling.end();
      expect(at()).toBe('7');
    });

    test('brings back what had been deleted before it, and not what was deleted since', () => {
      const { cache, at } = setUp();
      cache.forget(thing({ version: 5 }));
      const settle = cache.settle(undefined);
      cache.forget(thing({ name: 'b', uid: 'u2', version: 8 }));
      const settling = settle('9', false);
      settling.take([thing({ version: 1 }), thing({ name: 'b', uid: 'u2', version: 7 })]);
      settling.end();
      expect(at()).toBe('1');
      expect(at('b')).toBeUndefined();
    });

    test('takes out the predecessor of what was listed, were that deleted meanwhile', () => {
      const { cache } = setUp();
      cache.take(thing({ version: 1 }));
      const settling = cache.settle(undefined)('4', false);
      cache.forget(thing({ version: 5, uid: 'u2' }));
      settling.take([thing({ version: 4, uid: 'u2' })]);
      settling.end();
      expect(cache.size).toBe(0);
    });

    test('of one namespace leaves the others', () => {
      const { cache, at } = setUp();
      cache.take(thing({ version: 1 }));
      cache.take(thing({ namespace: 'bank', version: 2, uid: 'u2' }));
      cache.settle('bank')('9', false).end();
      expect(at()).toBe('1');
      expect(cache.list('bank')).toEqual([]);
    });

    test('of a server that was set back is taken as it is', () => {
      const { cache, at } = setUp();
      cache.take(thing({ version: 50 }));
      cache.take(thing({ name: 'b', uid: 'u2', version: 60 }));
      const settling = cache.settle(undefined)('20', true);
      settling.take([thing({ version: 10 })]);
      settling.end();
      expect(at()).toBe('10');
      expect(at('b')).toBeUndefined();
    });
  });
});
