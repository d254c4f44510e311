import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../src/api/meta.ts';
import type { LoadRecord } from '../../load/record.ts';
import type { Change } from './history.ts';
import { problemsOf } from './invariants.ts';
import type { Allowance, Trial } from './trial.ts';

const STRICT: Allowance = {
  ends: ['Promoted'],
  podsFailMs: 0,
  losses: false,
  fewerPods: false,
  exposureMs: 20_000,
  spreadMs: 3_000,
  returns: false,
};
/** Requests of everybody. */
const sent = (records: readonly LoadRecord[]): Trial['callers'] => [{ headers: {}, records }];
const OWNED = [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'm', uid: 'd', controller: true }];

type What = readonly [at: number, kind: Change['kind'], object: KubeObject, gone?: boolean];

function trial(what: readonly What[], over: Partial<Trial> = {}): Trial {
  return {
    changes: what.map(([at, kind, about, gone = false], version) => ({
      at,
      kind,
      object: about,
      gone,
      version,
    })),
    callers: [],
    weights: [25, 50],
    pushedAt: 1,
    version: 'v2',
    isBad: false,
    replicas: 1,
    allowance: STRICT,
    ...over,
  };
}

function object(kind: string, name: string, rest: object = {}, metadata: object = {}): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name, uid: name, ...metadata }, ...rest };
}

function pod(name: string, version: string, ready = true, metadata: object = {}): KubeObject {
  const status = { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] };
  const spec = { containers: [{ image: `server:${version}` }] };
  return object('Pod', name, { spec, status }, { labels: { hash: version }, ...metadata });
}

const release = (phase: string): KubeObject => object('Release', 'r', { status: { phase } });
const rule = object('DestinationRule', 'ours', {
  spec: { subsets: ['v1', 'v2'].map((name) => ({ name, labels: { hash: name } })) },
});

function routes(...weights: readonly (readonly [subset: string, weight?: number])[]): KubeObject {
  const route = weights.map(([subset, weight]) => ({ destination: { host: 'm', subset }, weight }));
  return object('VirtualService', 'model', { spec: { http: [{ route }] } });
}

const whole = object('VirtualService', 'model', {
  spec: { http: [{ route: [{ destination: { host: 'm' } }] }] },
});
const BEGIN: readonly What[] = [
  [0, 'VirtualService', whole],
  [0, 'Pod', pod('a', 'v1')],
  [0, 'ReplicaSet', object('ReplicaSet', 'm-1', {}, { ownerReferences: OWNED })],
  [2, 'Release', release('Pending')],
  [3, 'DestinationRule', rule],
];
const PROMOTED: readonly What[] = [
  [50, 'VirtualService', whole],
  [60, 'Pod', pod('a', 'v1'), true],
  [70, 'DestinationRule', rule, true],
  [80, 'Release', release('Promoted')],
];
const CANARY: What = [10, 'Pod', pod('b', 'v2')];
const SPLIT: What = [20, 'VirtualService', routes(['v1', 75], ['v2', 25])];
const ABORTED: readonly What[] = [
  [60, 'Pod', pod('b', 'v2'), true],
  [70, 'VirtualService', whole],
  [71, 'DestinationRule', rule, true],
  [80, 'Release', release('Aborted')],
];
const BAD = { isBad: true, allowance: { ...STRICT, ends: ['Aborted'] } } as const;

/** A bad version whose weight somebody puts back once it has failed, until `healed`. */
const putBack = (healed: number): Trial =>
  trial(
    [
      ...BEGIN,
      CANARY,
      SPLIT,
      [40, 'VirtualService', routes(['v1'])],
      [41, 'Release', release('Aborting')],
      [45, 'VirtualService', SPLIT[2]],
      [healed, 'VirtualService', routes(['v1'])],
      ...ABORTED.map(([at, ...rest]): What => [healed + at, ...rest]),
    ],
    { isBad: true, allowance: { ...BAD.allowance, putBackMs: 2_000 } },
  );

function record(at: number, over: Partial<LoadRecord> = {}): LoadRecord {
  return { at, lateMs: 0, latencyMs: 5, status: 200, error: null, version: 'v1', pod: 'a', ...over };
}

const LAPSE: readonly What[] = [
  ...BEGIN,
  CANARY,
  SPLIT,
  [30, 'Pod', pod('b', 'v2', false)],
  [35, 'Pod', pod('b', 'v2')],
  ...PROMOTED,
];
const NOTICING = { allowance: { ...STRICT, losses: 'noticing' } } as const;
const lostAt = (at: number): LoadRecord => record(at, { status: 503 });

describe('a release that keeps what is promised', () => {
  it.each<[string, Trial]>([
    ['a promotion', trial([...BEGIN, CANARY, SPLIT, ...PROMOTED])],
    [
      'a roll-back',
      trial([...BEGIN, CANARY, SPLIT, [40, 'VirtualService', routes(['v1'])], ...ABORTED], BAD),
    ],
    [
      'errors of the bad version itself',
      trial([...BEGIN, CANARY, SPLIT, [40, 'VirtualService', routes(['v1'])], ...ABORTED], {
        ...BAD,
        callers: sent([record(30, { status: 500, version: 'v2' })]),
      }),
    ],
    [
      'a weight that was on its way when its pod turned unready',
      trial([
        ...BEGIN,
        CANARY,
        [19, 'Pod', pod('b', 'v2', false)],
        SPLIT,
        [400, 'Pod', pod('b', 'v2')],
        ...PROMOTED.map(([at, ...rest]): What => [at + 400, ...rest]),
      ]),
    ],
    ['a weight that somebody puts back, and that is taken away in time', putBack(1_000)],
    [
      'a lapse of a pod that could not be noticed yet',
      trial(LAPSE, { ...NOTICING, callers: sent([lostAt(31)]) }),
    ],
  ])('%s', (_name, one) => {
    expect(problemsOf(one)).toEqual([]);
  });
});

describe('a release that breaks it', () => {
  const gone = { deletionTimestamp: '2026-01-01T00:00:00Z' };
  it.each<[string, RegExp, Trial]>([
    [
      'weights that do not add up',
      /add up to 90/,
      trial([...BEGIN, CANARY, [20, 'VirtualService', routes(['v1', 65], ['v2', 25])], ...PROMOTED]),
    ],
    [
      'weight before the pods are ready',
      /v2 has weight 25 and no ready pod/,
      trial([...BEGIN, [10, 'Pod', pod('b', 'v2', false)], SPLIT, [30, 'Pod', pod('b', 'v2')], ...PROMOTED]),
    ],
    [
      'weight for a subset that nobody has defined',
      /defined nowhere/,
      trial([...BEGIN.slice(0, 4), CANARY, SPLIT, [21, 'DestinationRule', rule], ...PROMOTED]),
    ],
    [
      'pods that go before their weight does',
      /v2 has weight 25 and no ready pod/,
      trial(
        [
          ...BEGIN,
          CANARY,
          SPLIT,
          [30, 'Pod', pod('b', 'v2', true, gone)],
          [40, 'VirtualService', routes(['v1'])],
          ...ABORTED,
        ],
        BAD,
      ),
    ],
    [
      'a bad version that comes back',
      /again/,
      trial(
        [
          ...BEGIN,
          CANARY,
          SPLIT,
          [40, 'VirtualService', routes(['v1'])],
          [45, 'VirtualService', SPLIT[2]],
          ...ABORTED,
        ],
        BAD,
      ),
    ],
    ['a weight that somebody puts back, and that stays', /traffic again, for 2455 ms/, putBack(2_500)],
    [
      'a bad version that stays',
      /had traffic for/,
      trial([...BEGIN, CANARY, SPLIT, [40_000, 'VirtualService', routes(['v1'])], ...ABORTED], BAD),
    ],
    [
      'late answers of a bad version',
      /1 requests reached/,
      trial([...BEGIN, CANARY, SPLIT, [40, 'VirtualService', routes(['v1'])], ...ABORTED], {
        ...BAD,
        callers: sent([record(4_000, { version: 'v2' })]),
      }),
    ],
    [
      'a lost request',
      /1 requests failed/,
      trial([...BEGIN, CANARY, SPLIT, ...PROMOTED], { callers: sent([record(30, { status: 503 })]) }),
    ],
    [
      'a lost request long after a lapse of a pod',
      /1 requests failed/,
      trial(LAPSE, { ...NOTICING, callers: sent([lostAt(6_000)]) }),
    ],
    [
      'a lost request without a lapse',
      /1 requests failed/,
      trial([...BEGIN, CANARY, SPLIT, ...PROMOTED], { ...NOTICING, callers: sent([lostAt(31)]) }),
    ],
    [
      'fewer pods than asked for',
      /only 0 of 1/,
      trial([...BEGIN, [5, 'Pod', pod('a', 'v1', true, gone)], CANARY, SPLIT, ...PROMOTED]),
    ],
    [
      'two ends',
      /Promoted, then Aborted/,
      trial([...BEGIN, CANARY, SPLIT, ...PROMOTED, [90, 'Release', release('Aborted')]]),
    ],
    [
      'a wrong end',
      /ended Promoted, not Aborted/,
      trial([...BEGIN, CANARY, SPLIT, ...PROMOTED], { allowance: BAD.allowance }),
    ],
    [
      'a DestinationRule that is left',
      /1 DestinationRules/,
      trial([...BEGIN, CANARY, SPLIT, ...PROMOTED.filter(([at]) => at !== 70)]),
    ],
    [
      'another VirtualService than before',
      /not as it was/,
      trial([
        ...BEGIN,
        CANARY,
        SPLIT,
        ...PROMOTED,
        [90, 'VirtualService', object('VirtualService', 'model', { spec: { http: [] } })],
      ]),
    ],
    [
      'a canary that is left',
      /1 ReplicaSets/,
      trial([...BEGIN, [9, 'ReplicaSet', object('ReplicaSet', 'c')], CANARY, SPLIT, ...PROMOTED]),
    ],
  ])('%s', (_name, problem, one) => {
    expect(problemsOf(one).join('\n')).toMatch(problem);
  });
});
