import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../src/api/meta.ts';
import type { LoadRecord } from '../../load/record.ts';
import { MODEL } from '../model.ts';
import type { Change } from './history.ts';
import { promiseProblems } from './promises.ts';
import type { Trial } from './trial.ts';

const TESTERS = { 'x-tester': 'yes' };

function object(kind: string, name: string, spec: object, rest: object = {}): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name, labels: { hash: name } }, spec, ...rest };
}

const pod = (version: string): KubeObject =>
  object(
    'Pod',
    version,
    { containers: [{ image: `server:${version}` }] },
    { status: { conditions: [{ type: 'Ready', status: 'True' }] } },
  );
const destination = (subset: string, weight?: number): object => ({
  destination: { host: MODEL, subset },
  ...(weight === undefined ? {} : { weight }),
});
const routes = (...http: readonly object[]): KubeObject => object('VirtualService', MODEL, { http });
const split = (weight: number): object => ({
  route: [destination('v1', 100 - weight), destination('v2', weight)],
});
const TESTED = routes(
  { match: [{ headers: { 'X-Tester': { exact: 'yes' } } }], route: [destination('v2')] },
  { route: [destination('v1')], mirrors: [{ destination: { host: MODEL, subset: 'v2' } }] },
);
const STABLE = routes({ route: [destination('v1')] });
const SWITCHED = routes({ route: [destination('v2')] });

const answer = (at: number, version: string): LoadRecord => ({
  at,
  lateMs: 0,
  latencyMs: 20,
  status: 200,
  error: null,
  version,
  pod: version,
});

const RULE = object('DestinationRule', 'ours', {
  subsets: ['v1', 'v2'].map((name) => ({ name, labels: { hash: name } })),
});
const START = [RULE, pod('v1'), pod('v2'), STABLE];
const PROMOTED = object('Release', 'r', {}, { status: { phase: 'Promoted' } });

function problems(
  what: readonly (readonly [at: number, object: KubeObject])[],
  over: Partial<Trial> = {},
): string[] {
  const all: readonly (readonly [number, KubeObject])[] = [...START.map((one) => [0, one] as const), ...what];
  const changes = all.map(
    ([at, one], version): Change => ({
      at,
      version,
      kind: one.kind as Change['kind'],
      gone: false,
      object: one,
    }),
  );
  return promiseProblems({
    changes,
    callers: [],
    pushedAt: 1,
    version: 'v2',
    isBad: false,
    replicas: 1,
    weights: [25],
    allowance: {
      ends: ['Promoted'],
      podsFailMs: 0,
      losses: false,
      fewerPods: false,
      exposureMs: 20_000,
      returns: false,
      spreadMs: 3_000,
    },
    ...over,
  });
}

describe('what the routes promise', () => {
  it.each<[string, KubeObject, Readonly<Record<string, string>>, string, RegExp | null]>([
    ['everybody without a share', STABLE, {}, 'v2', /^1 answers of a version without a share, .* of v2$/],
    ['everybody who has a share', routes(split(25)), {}, 'v2', null],
    ['everybody beside testers and copies', TESTED, {}, 'v2', /^1 answers of a version without a share/],
    ['testers from the canary', TESTED, TESTERS, 'v2', null],
    ['testers from stable', TESTED, TESTERS, 'v1', /^1 answers to x-tester of a version without .* of v1$/],
  ])('is kept by an answer to %s', (_what, route, headers, version, expected) => {
    const callers = [{ headers, records: [answer(9_000, version)] }];
    const found = problems([[5_000, route]], { callers });
    expect(found.join('; ')).toMatch(expected ?? /^$/);
  });

  it('is that of the proxies, which learn a little later', () => {
    const callers = [{ headers: TESTERS, records: [answer(7_500, 'v1')] }];
    expect(problems([[5_000, TESTED]], { callers })).toEqual([]);
  });
});

describe('the weights', () => {
  it('are those that the steps ask for', () => {
    expect(problems([[5_000, routes(split(25))]])).toEqual([]);
    expect(problems([[5_000, routes(split(40))]])).toEqual([
      expect.stringMatching(/has 40 % of the requests, which no step asks for$/),
    ]);
  });

  it('are all or nothing in a switch, which lasts', () => {
    const weights = [100];
    expect(
      problems(
        [
          [5_000, SWITCHED],
          [9_000, PROMOTED],
        ],
        { weights },
      ),
    ).toEqual([]);
    expect(problems([[9_000, PROMOTED]], { weights })).toEqual([
      'v2 was promoted, and never had all requests',
    ]);
    expect(
      problems(
        [
          [5_000, SWITCHED],
          [6_000, STABLE],
          [7_000, SWITCHED],
          [9_000, PROMOTED],
        ],
        { weights },
      ),
    ).toEqual([expect.stringMatching(/v2 has 0 % after the switch$/)]);
  });
});
