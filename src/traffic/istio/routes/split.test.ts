import { assert, integer, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { to } from '../../../../test/conformance/istio-world.ts';
import type { Json } from '../../json.ts';
import { CANARY, collapse, hostOf, STABLE, split, subsetOf } from './split.ts';

const isMine = (one: Json): boolean => hostOf(one) === 'model';
const isOurs = (one: Json): boolean => subsetOf(one) === STABLE || subsetOf(one) === CANARY;
const on = (subset: string, weight?: number, more: Json = {}): Json =>
  to('model', weight, { ...more, subset });
const sum = (list: readonly Json[]): number =>
  list.reduce((total, one) => total + Number(one['weight'] ?? 0), 0);

describe('a split', () => {
  it.each([
    ['a lone destination', [to('model')], 10, [on(STABLE, 90), on(CANARY, 10)]],
    ['one with a weight', [to('model', 100)], 25, [on(STABLE, 75), on(CANARY, 25)]],
    ['one with a weight of 0, which has everything', [to('model', 0)], 25, [on(STABLE, 75), on(CANARY, 25)]],
    ['0 without a weight', [to('model')], 0, [on(STABLE)]],
    ['100', [to('model')], 100, [on(CANARY)]],
    [
      'one among others',
      [to('model', 80), to('old', 20)],
      25,
      [on(STABLE, 60), on(CANARY, 20), to('old', 20)],
    ],
    ['0 among others', [to('model', 80), to('old', 20)], 0, [on(STABLE, 80), to('old', 20)]],
    [
      'a share that does not divide',
      [to('model', 1), to('old', 2)],
      10,
      [on(STABLE, 9), on(CANARY, 1), to('old', 20)],
    ],
    [
      'a destination without traffic',
      [to('model', 0), to('model', 4), to('old', 6)],
      25,
      [on(STABLE, 0), on(STABLE, 3), on(CANARY, 1), to('old', 6)],
    ],
    [
      'ports',
      [to('model', 1, { port: { number: 1 } })],
      50,
      [on(STABLE, 50, { port: { number: 1 } }), on(CANARY, 50, { port: { number: 1 } })],
    ],
    ['a subset of the user', [to('model', 1, { subset: 'v1' })], 50, [on(STABLE, 50), on(CANARY, 50)]],
  ])('of %s', (_case, destinations, weight, wanted) => {
    expect(split(destinations, isMine, weight)).toStrictEqual(wanted);
  });

  it('keeps headers of a destination on both halves', () => {
    const headers = { request: { set: { a: 'b' } } };
    const halves = split([{ ...to('model'), headers }], isMine, 10);
    expect(halves.map((one) => one['headers'])).toStrictEqual([headers, headers]);
  });

  it('keeps the sum where the halves come out in whole numbers, and the shares always', () => {
    const weight = integer({ min: 1, max: 1_000 });
    assert(
      property(tuple(weight, weight), integer({ min: 1, max: 99 }), ([mine, other], share) => {
        const list = split([to('model', mine), to('old', other)], isMine, share);
        const canary = list.find((one) => subsetOf(one) === CANARY);
        const before = mine + other;
        expect(Number(canary?.['weight']) * before * 100).toBe(mine * share * sum(list));
        expect(sum(list) % before).toBe(0);
        expect(sum(list) === before || (mine * share) % 100 !== 0).toBe(true);
      }),
    );
  });

  it('is undone without its original by putting the halves together', () => {
    const destinations = [to('model', 80, { port: { number: 1 } }), to('old', 20)];
    expect(collapse(split(destinations, isMine, 25), isOurs)).toStrictEqual(destinations);
    expect(collapse(split([to('model')], isMine, 25), isOurs)).toStrictEqual([to('model')]);
    expect(collapse(split([to('model')], isMine, 0), isOurs)).toStrictEqual([to('model')]);
    expect(collapse(split([to('model')], isMine, 100), isOurs)).toStrictEqual([to('model')]);
  });
});
