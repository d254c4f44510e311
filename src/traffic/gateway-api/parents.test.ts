import { describe, expect, it } from 'vitest';
import { answer, GATEWAY, route } from '../../../test/conformance/gateway-world.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { Json } from '../json.ts';
import { answersOf, isForCallers } from './parents.ts';

const ACCEPTED = { Accepted: 'True', ResolvedRefs: 'True' };
const MESH: Json = { group: '', kind: 'Service', name: 'model' };

function routeWith(
  parents: readonly Json[],
  parentRefs: readonly Json[] = [GATEWAY],
  generation = 5,
): KubeObject {
  const made = route([], { parentRefs });
  return { ...made, metadata: { ...made.metadata, generation }, status: { parents } };
}

const seen = (observedGeneration: number): Json => ({ observedGeneration });

describe('what the parents of a route say', () => {
  it.each<[string, KubeObject, 'taken' | 'behind' | 'refused' | 'nobody']>([
    ['its generation is accepted', routeWith([answer(GATEWAY, ACCEPTED, seen(5))]), 'taken'],
    ['an older generation is accepted', routeWith([answer(GATEWAY, ACCEPTED, seen(4))]), 'behind'],
    ['no generation is named', routeWith([answer(GATEWAY, ACCEPTED)]), 'taken'],
    ['the generation is always 0', routeWith([answer(GATEWAY, ACCEPTED, seen(0))]), 'taken'],
    [
      'it is accepted, and backends are not mentioned',
      routeWith([answer(GATEWAY, { Accepted: 'True' }, seen(5))]),
      'taken',
    ],
    [
      'nothing is decided',
      routeWith([answer(GATEWAY, { ...ACCEPTED, Accepted: 'Unknown' }, seen(5))]),
      'behind',
    ],
    ['nothing is said', routeWith([answer(GATEWAY, {})]), 'behind'],
    ['it is refused', routeWith([answer(GATEWAY, { ...ACCEPTED, Accepted: 'False' }, seen(5))]), 'refused'],
    [
      'an older generation is refused',
      routeWith([answer(GATEWAY, { Accepted: 'False' }, seen(4))]),
      'behind',
    ],
    [
      'a backend is not resolved',
      routeWith([answer(GATEWAY, { ...ACCEPTED, ResolvedRefs: 'False' }, seen(5))]),
      'refused',
    ],
    [
      'it is not programmed',
      routeWith([answer(GATEWAY, { ...ACCEPTED, Programmed: 'False' }, seen(5))]),
      'refused',
    ],
    ['no parent has a controller', routeWith([]), 'nobody'],
    [
      'the answer is for a parent that was taken away',
      routeWith([answer({ name: 'old' }, ACCEPTED)]),
      'nobody',
    ],
    [
      'one of two parents has no controller',
      routeWith([answer(GATEWAY, ACCEPTED, seen(5))], [GATEWAY, { name: 'nobody' }]),
      'taken',
    ],
    [
      'one of two parents is behind',
      routeWith([answer(MESH, ACCEPTED, seen(4)), answer(GATEWAY, ACCEPTED, seen(5))], [GATEWAY, MESH]),
      'behind',
    ],
    [
      'one of two controllers of a parent refuses it',
      routeWith([answer(GATEWAY, ACCEPTED, seen(5)), answer(GATEWAY, { Accepted: 'False' }, seen(5))]),
      'refused',
    ],
    [
      'a listener of its own is named',
      routeWith(
        [answer({ ...GATEWAY, sectionName: 'https' }, { Accepted: 'False' }, seen(5))],
        [GATEWAY, { ...GATEWAY, sectionName: 'https' }],
      ),
      'refused',
    ],
    [
      'the namespace of the parent is that of the route',
      routeWith([answer({ name: 'edge', namespace: 'shop' }, ACCEPTED, seen(5))], [{ name: 'edge' }]),
      'taken',
    ],
  ])('%s', (_what, object, expected) => {
    const { isOwned, refused, behind } = answersOf(object);
    const is = refused.length > 0 ? 'refused' : behind.length > 0 ? 'behind' : isOwned ? 'taken' : 'nobody';
    expect(is).toBe(expected);
  });

  it('has the words of the controller, and a fix', () => {
    const conditions = [
      { type: 'ResolvedRefs', status: 'False', reason: 'RefNotPermitted', message: 'no grant' },
    ];
    const entry = {
      ...answer(GATEWAY, {}),
      conditions: [{ type: 'Accepted', status: 'True' }, ...conditions],
    };
    expect(answersOf(routeWith([entry])).refused).toEqual([
      'Gateway infra/edge does not accept HTTPRoute model: ResolvedRefs=False, RefNotPermitted: no grant (a backend of another namespace needs a ReferenceGrant there, for this kind of route)',
    ]);
  });
});

describe('a route for callers in a mesh', () => {
  const model = { name: 'model', namespace: 'shop' };
  it.each<[string, Json, boolean]>([
    ['names the Service', MESH, true],
    ['names another Service', { ...MESH, name: 'other' }, false],
    ['names one of another namespace', { ...MESH, namespace: 'elsewhere' }, false],
    ['is on a Gateway', { name: 'model' }, false],
  ])('%s', (_what, parent, expected) => {
    expect(isForCallers(route([], { parentRefs: [parent] }), model)).toBe(expected);
  });
});
