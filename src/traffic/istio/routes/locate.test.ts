import { describe, expect, it } from 'vitest';
import {
  NAMESPACE,
  owner,
  POD_LABELS,
  service,
  to,
  virtualService,
} from '../../../../test/conformance/istio-world.ts';
import { ObjectsInMemory } from '../../../../test/conformance/objects-in-memory.ts';
import type { Json } from '../../json.ts';
import { viewOf } from '../hosts/view.ts';
import { httpRoutes } from '../objects.ts';
import type { RouteOriginal } from '../plan.ts';
import { locate } from './locate.ts';

const STABLE = { subset: 'sluice-stable' };
const CANARY = { subset: 'sluice-canary' };
const route = (...destinations: Json[]): Json => ({ route: destinations });
const named = (name: string, ...destinations: Json[]): Json => ({ name, route: destinations });
const SPLIT = [to('model', 90, STABLE), to('model', 10, CANARY)];
const original = (index: number, destinations: readonly Json[], name?: string): RouteOriginal => ({
  index,
  ...(name === undefined ? {} : { name }),
  destinations: destinations.map((one) => ({ ...one })),
});

/** For each original: the place of its route, and the user's destinations. */
function found(http: readonly Json[], ...originals: RouteOriginal[]): [number | null, readonly Json[]][] {
  const objects = new ObjectsInMemory([service(), virtualService(http)]).read(NAMESPACE);
  const view = viewOf(objects, { virtualService: 'model', service: 'model' }, POD_LABELS, owner());
  return locate(view, { routes: originals })
    .slice(0, originals.length)
    .map((one) => [one.route?.index ?? null, one.base]);
}

describe('a route is found again', () => {
  it.each<[string, readonly Json[], RouteOriginal[], [number | null, readonly Json[]][]]>([
    ['where it was', [route(...SPLIT)], [original(0, [to('model')])], [[0, [to('model')]]]],
    [
      'after another was put before it',
      [route(to('other')), route(...SPLIT)],
      [original(0, [to('model')])],
      [[1, [to('model')]]],
    ],
    [
      'after another to the same Service was put before it',
      [route(to('model')), route(...SPLIT)],
      [original(0, [to('model')])],
      [[1, [to('model')]]],
    ],
    [
      'by its name, wherever it is',
      [route(...SPLIT), named('a', ...SPLIT)],
      [original(0, [to('model', 7)], 'a')],
      [[1, [to('model', 7)]]],
    ],
    [
      'not by its place, where its name is gone',
      [route(...SPLIT)],
      [original(0, [to('model')], 'a')],
      [[null, [to('model')]]],
    ],
    [
      'not where the route at its place goes elsewhere',
      [route(to('other'))],
      [original(0, [to('model')])],
      [[null, [to('model')]]],
    ],
    [
      'by its weights, where several are alike and were turned round',
      [route(to('model', 80, STABLE), to('other', 20)), route(to('model', 50, STABLE), to('other', 50))],
      [original(0, [to('model', 50), to('other', 50)]), original(1, [to('model', 80), to('other', 20)])],
      [
        [1, [to('model', 50), to('other', 50)]],
        [0, [to('model', 80), to('other', 20)]],
      ],
    ],
    [
      'although another one was applied again',
      [route(to('model', 2)), route(to('model', 1, STABLE), to('other', 1))],
      [original(0, [to('model')]), original(1, [to('model', 1), to('other', 1)])],
      [
        [0, [to('model', 2)]],
        [1, [to('model', 1), to('other', 1)]],
      ],
    ],
    [
      'by its place, where nothing else tells',
      [route(to('model')), route(to('model'))],
      [original(1, [to('model')])],
      [[1, [to('model')]]],
    ],
    [
      'by what kind it is, where the weights were changed too',
      [route(to('model', 1, { port: { number: 2 } })), route(to('model', 1, { port: { number: 1 } }))],
      [original(0, [to('model', 5, { port: { number: 1 } })])],
      [[1, [to('model', 1, { port: { number: 1 } })]]],
    ],
    [
      'with a newer word of the user',
      [route(to('model', 3), to('other', 1))],
      [original(0, [to('model')])],
      [[0, [to('model', 3), to('other', 1)]]],
    ],
    [
      'with a newer word that only the split tells of',
      [route(to('model', 27, STABLE), to('model', 3, CANARY), to('other', 10))],
      [original(0, [to('model')])],
      [[0, [to('model', 30), to('other', 10)]]],
    ],
  ])('%s', (_case, http, originals, wanted) => {
    expect(found(http, ...originals)).toStrictEqual(wanted);
  });
});

describe('the routes of a VirtualService', () => {
  it.each([undefined, {}, { http: 'x' }, { http: [null, { route: 5 }] }])(
    'are read from anything: %j',
    (spec) => {
      const object = { ...virtualService([]), spec };
      expect(httpRoutes(object).every((one) => one.destinations.length === 0)).toBe(true);
    },
  );
});
