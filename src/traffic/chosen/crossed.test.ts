import { describe, expect, it } from 'vitest';
import type { HttpMatch } from '../../api/rollout/match.ts';
import type { Json } from '../json.ts';
import { crossed as crossedWith, headersOf } from './crossed.ts';

const crossed = (theirs: unknown, entries: readonly HttpMatch[]) =>
  crossedWith(theirs, entries.map(headersOf));
const entry = (condition: object) => ({ headers: { 'x-env': condition } });
const theirs = (condition: object): readonly Json[] => [
  { uri: { prefix: '/a' }, headers: { 'X-Env': condition } },
];
const headerOf = ({ matches }: ReturnType<typeof crossed>): unknown =>
  matches.map(({ headers }) => (headers as Json)['X-Env']);

describe('a condition of the user and one of a step on the same header', () => {
  it.each<[string, object, object, unknown]>([
    ['the same', { exact: 'a' }, { exact: 'a' }, [{ exact: 'a' }]],
    ['that it is there', {}, { prefix: 'a' }, [{ prefix: 'a' }]],
    ['a value that ours takes', { exact: 'ab' }, { prefix: 'a' }, [{ exact: 'ab' }]],
    ['a value that ours does not take', { exact: 'b' }, { prefix: 'a' }, []],
    ['a prefix of ours', { prefix: 'a' }, { exact: 'ab' }, [{ exact: 'ab' }]],
    ['a longer prefix', { prefix: 'abc' }, { prefix: 'a' }, [{ prefix: 'abc' }]],
    ['a shorter prefix', { prefix: 'a' }, { prefix: 'abc' }, [{ prefix: 'abc' }]],
    ['another prefix', { prefix: 'b' }, { prefix: 'a' }, []],
    ['an expression that takes ours', { regex: 'a|b' }, { exact: 'b' }, [{ exact: 'b' }]],
    ['an expression for any letters, large or small', { regex: '(?i)A|B' }, { exact: 'b' }, [{ exact: 'b' }]],
    ['an expression that takes only more', { regex: 'ab' }, { exact: 'b' }, []],
  ])('%s', (_what, user, ours, expected) => {
    const found = crossed(theirs(user), [entry(ours)]);
    expect([headerOf(found), found.conflict]).toEqual([expected, null]);
  });

  it.each<[object, object]>([
    [{ regex: 'a.*' }, { prefix: 'a' }],
    [{ prefix: 'a' }, { regex: 'a.*' }],
    [{ regex: '(?P<x>a)' }, { exact: 'a' }],
  ])('%j and %j cannot be combined', (user, ours) => {
    expect(crossed(theirs(user), [entry(ours)])).toEqual({ matches: [], conflict: 'x-env' });
  });
});

it('combines each match of the user with each entry, and keeps what else the user wrote', () => {
  const user = [
    { uri: { exact: '/v1' }, method: { exact: 'POST' } },
    { headers: { region: { exact: 'eu' } } },
  ];
  const { matches } = crossed(user, [entry({ exact: 'a' }), { cookies: { beta: { exact: '1' } } }]);
  expect(matches).toEqual([
    { ...user[0], headers: { 'x-env': { exact: 'a' } } },
    { ...user[0], headers: { cookie: { regex: expect.stringContaining('beta=1') } } },
    { headers: { region: { exact: 'eu' }, 'x-env': { exact: 'a' } } },
    { headers: { region: { exact: 'eu' }, cookie: { regex: expect.stringContaining('beta=1') } } },
  ]);
});

it('takes any two cookies in any order, and nothing that only looks like them', () => {
  const { matches } = crossed(undefined, [{ cookies: { 'a.b': { exact: '1+1' }, c: { prefix: 'x' } } }]);
  const [first = {}] = matches;
  const { cookie } = first['headers'] as { cookie: { regex: string } };
  const takes = (header: string): boolean => new RegExp(`^(?:${cookie.regex})$`).test(header);
  expect(['a.b=1+1; c=xy', 'c=x; z=1; a.b=1+1', 'k=v;c=x;a.b=1+1;l=m'].map(takes)).toEqual([
    true,
    true,
    true,
  ]);
  expect(
    ['a.b=1+1', 'axb=1+1; c=x', 'a.b=11; c=x', 'a.b=1+12; c=x', 'z=a.b=1+1;c=x', 'a.b=1+1; zc=x'].map(takes),
  ).toEqual(Array(6).fill(false));
});
