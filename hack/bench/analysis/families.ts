import type { Random } from '../../../src/replay/random.ts';
import type { Pods, World } from './world.ts';

/** Worlds of one kind of disturbance. */
export interface Family {
  readonly name: string;
  readonly about: string;
  readonly worlds: readonly World[];
  /** A world of it with healthy versions, its parameters at random within what is promised. */
  healthy?(random: Random): World;
}

const RATES: readonly number[] = [10, 100, 1_000];

const errors = { kind: 'errors', stable: 0.01 } as const;
const healthy = { ...errors, truth: 'same', canary: 0.01 } as const;
const latency = { kind: 'latency', stable: 1 } as const;
const worse = (canary: number): Pick<World, 'kind' | 'stable' | 'truth' | 'canary'> => ({
  ...errors,
  truth: 'worse',
  canary,
});

type Draft = Omit<World, 'rps'>;

const atRates = (drafts: readonly Draft[], rates = RATES): World[] =>
  drafts.flatMap((draft) => rates.map((rps) => ({ ...draft, rps })));

const between = (random: Random, low: number, high: number): number => low + random.uniform() * (high - low);
const spread = (random: Random, low: number, high: number): number => low * (high / low) ** random.uniform();

/** Traffic and base rate of a healthy service. */
function service(random: Random): Draft & { readonly rps: number } {
  const base = spread(random, 0.001, 0.03);
  const isSlow = random.uniform() < 0.3;
  const levels = isSlow
    ? ({ kind: 'latency', stable: 1, canary: 1 } as const)
    : ({ kind: 'errors', stable: base, canary: base } as const);
  return { name: 'at random', truth: 'same', rps: spread(random, 10, 1_000), ...levels };
}

const NOISE = { weak: { cv: 0.5, correlation: 0.8 }, strong: { cv: 1, correlation: 0.9 } } as const;

const independent: Family = {
  name: 'independent-noise',
  about: 'requests fail independently, or each version draws a factor anew for every look',
  worlds: atRates([
    { ...healthy, name: '1 % and 1 %' },
    { ...healthy, name: '1 % and 1 %, cv 0.5', noise: { cv: 0.5, correlation: 0 } },
    { ...healthy, name: '1 % and 1 %, cv 1', noise: { cv: 1, correlation: 0 } },
    { ...worse(0.02), name: '1 → 2 %' },
    { ...worse(0.05), name: '1 → 5 %' },
    { ...worse(0.2), name: '1 → 20 %' },
    { ...worse(0.05), name: '1 → 5 %, cv 0.5', noise: { cv: 0.5, correlation: 0 } },
  ]),
  healthy: (random) => ({ ...service(random), noise: { cv: between(random, 0, 1), correlation: 0 } }),
};

const slow: Family = {
  name: 'latency',
  about: 'p95 at 300 ms, the canary slower or not',
  worlds: atRates([
    { ...latency, truth: 'same', canary: 1, name: 'p95 × 1' },
    { ...latency, truth: 'same', canary: 1, name: 'p95 × 1, lasting cv 0.5', noise: NOISE.weak },
    { ...latency, truth: 'worse', canary: 1.2, name: 'p95 × 1.2' },
    { ...latency, truth: 'worse', canary: 1.5, name: 'p95 × 1.5' },
    { ...latency, truth: 'worse', canary: 2, name: 'p95 × 2' },
  ]),
};

const lasting: Family = {
  name: 'lasting-noise',
  about: 'noise of each version that lasts minutes; correlation from look to look',
  worlds: atRates([
    { ...healthy, name: '1 % and 1 %, cv 0.5, 0.8', noise: NOISE.weak },
    { ...healthy, name: '1 % and 1 %, cv 1, 0.9', noise: NOISE.strong },
    { ...worse(0.02), name: '1 → 2 %, cv 0.5, 0.8', noise: NOISE.weak },
    { ...worse(0.05), name: '1 → 5 %, cv 0.5, 0.8', noise: NOISE.weak },
    { ...worse(0.2), name: '1 → 20 %, cv 0.5, 0.8', noise: NOISE.weak },
    { ...worse(0.2), name: '1 → 20 %, cv 1, 0.9', noise: NOISE.strong },
  ]),
  healthy: (random) => ({
    ...service(random),
    // 0.9 from look to look is a correlation time of about five minutes.
    noise: { cv: between(random, 0.1, 1), correlation: between(random, 0.5, 0.9) },
  }),
};

const unequal: Family = {
  name: 'unequal-pods',
  about: 'each pod has a factor of its own on its bad requests; 9 stable pods',
  worlds: atRates([
    { ...healthy, name: '1 canary pod, cv 0.3', pods: { canary: 1, stable: 9, cv: 0.3 } },
    { ...healthy, name: '1 canary pod, cv 0.7', pods: { canary: 1, stable: 9, cv: 0.7 } },
    { ...healthy, name: '3 canary pods, cv 0.7', pods: { canary: 3, stable: 9, cv: 0.7 } },
    { ...worse(0.05), name: '1 → 5 %, 1 pod, cv 0.3', pods: { canary: 1, stable: 9, cv: 0.3 } },
    { ...worse(0.2), name: '1 → 20 %, 1 pod, cv 0.7', pods: { canary: 1, stable: 9, cv: 0.7 } },
  ]),
  healthy: (random) => {
    const canary = 1 + Math.floor(random.uniform() * 3);
    return { ...service(random), pods: { canary, stable: 3 * canary + 6, cv: between(random, 0, 0.7) } };
  },
};

const DAY = 86_400;
const daily: Family = {
  name: 'daily-pattern',
  about: 'traffic and bad requests of both versions swing over a day, or over half an hour',
  worlds: atRates([
    { ...healthy, name: '1 % and 1 %, a day', daily: { traffic: 0.8, bad: 0.5, periodSeconds: DAY } },
    { ...healthy, name: '1 % and 1 %, 30 min', daily: { traffic: 0.8, bad: 0.8, periodSeconds: 1_800 } },
    { ...worse(0.05), name: '1 → 5 %, a day', daily: { traffic: 0.8, bad: 0.5, periodSeconds: DAY } },
  ]),
  healthy: (random) => ({
    ...service(random),
    daily: {
      traffic: between(random, 0, 0.9),
      bad: between(random, 0, 0.9),
      periodSeconds: spread(random, 1_800, DAY),
    },
  }),
};

const shared: Family = {
  name: 'shared-outage',
  about: 'both versions fail for some minutes, at a random moment',
  worlds: atRates([
    { ...healthy, name: '5 × for 5 min, unequal', outage: { seconds: 300, times: 5, unequal: 0.25 } },
    { ...healthy, name: '10 % for 3 min', outage: { seconds: 180, extra: 0.1 } },
    { ...healthy, name: '30 % for 3 min', outage: { seconds: 180, extra: 0.3 } },
    { ...healthy, name: '70 % for 3 min', outage: { seconds: 180, extra: 0.7 } },
    { ...worse(0.2), name: '1 → 20 %, 30 % for 3 min', outage: { seconds: 180, extra: 0.3 } },
  ]),
  healthy: (random) => ({
    ...service(random),
    outage: {
      seconds: spread(random, 60, 600),
      extra: spread(random, 0.05, 0.8),
      unequal: between(random, 0, 0.1),
    },
  }),
};

const cold: Family = {
  name: 'cold-start',
  about:
    'new pods have more bad requests, falling linearly with their age; a second canary pod comes after 15 min',
  worlds: atRates([
    { ...healthy, name: '4 pp, gone in 1 min', cold: { extra: 0.04, seconds: 60 } },
    { ...healthy, name: '4 pp, gone in 2 min', cold: { extra: 0.04, seconds: 120 } },
    { ...healthy, name: '4 pp, gone in 5 min', cold: { extra: 0.04, seconds: 300 } },
    { ...healthy, name: '20 pp, gone in 2 min', cold: { extra: 0.2, seconds: 120 } },
    { ...worse(0.05), name: '1 → 5 %, 4 pp for 2 min', cold: { extra: 0.04, seconds: 120 } },
    { ...worse(0.6), name: '1 → 60 %, 4 pp for 2 min', cold: { extra: 0.04, seconds: 120 } },
  ]),
  healthy: (random) => ({
    ...service(random),
    cold: { extra: spread(random, 0.01, 0.2), seconds: spread(random, 30, 300) },
  }),
};

const spikes: Family = {
  name: 'spikes',
  about: 'single looks in which one version fails: by chance in both, or always the canary',
  worlds: atRates([
    { ...healthy, name: 'both, 10 % in 1 of 20', spikes: { extra: 0.1, chance: 0.05 } },
    { ...worse(0.01), name: 'canary, 20 % in 1 of 5', spikes: { extra: 0.2, every: 5 } },
    { ...worse(0.01), name: 'canary, 50 % in 1 of 10', spikes: { extra: 0.5, every: 10 } },
  ]),
  healthy: (random) => ({
    ...service(random),
    spikes: { extra: spread(random, 0.02, 0.2), chance: spread(random, 0.01, 0.1) },
  }),
};

const base = (stable: number, canary: number, truth: World['truth']): Draft => ({
  name: `${stable * 100} → ${canary * 100} %`,
  kind: 'errors',
  truth,
  stable,
  canary,
});

const low: Family = {
  name: 'low-base',
  about: 'few errors to begin with; an increase from 1 to 1.2 % is within the margin',
  worlds: atRates([
    base(0.0002, 0.0002, 'same'),
    base(0.001, 0.001, 'same'),
    base(0.01, 0.012, 'same'),
    base(0.0002, 0.005, 'worse'),
    base(0.001, 0.01, 'worse'),
  ]),
  healthy: (random) => {
    const rate = spread(random, 0.0001, 0.003);
    return { ...base(rate, rate, 'same'), name: 'at random', rps: spread(random, 10, 1_000) };
  },
};

const few: Family = {
  name: 'low-traffic',
  about: 'the canary has a request in minutes to two in a second',
  worlds: atRates(
    [
      { ...healthy, name: '1 % and 1 %' },
      { ...healthy, name: '1 % and 1 %, cv 0.5, 0.8', noise: NOISE.weak },
      { ...worse(0.2), name: '1 → 20 %' },
      { ...worse(0.6), name: '1 → 60 %' },
    ],
    [0.5, 3, 20],
  ),
  healthy: (random) => ({ ...service(random), rps: spread(random, 0.2, 20) }),
};

const retried: Family = {
  name: 'retries',
  about: 'some requests fail on whichever version and are sent again',
  worlds: atRates([
    {
      ...healthy,
      name: '0.5 % of requests, 3 tries',
      retries: { poison: 0.005, attempts: 3, sticky: false },
    },
    {
      ...healthy,
      name: '0.01 %, 50 on one version',
      retries: { poison: 0.0001, attempts: 50, sticky: true },
    },
    { ...worse(0.05), name: '1 → 5 %, 3 tries', retries: { poison: 0.005, attempts: 3, sticky: false } },
  ]),
  healthy: (random) => {
    const attempts = Math.round(spread(random, 2, 50));
    const rate = spread(random, 0.001, 0.01);
    return {
      ...base(rate, rate, 'same'),
      name: 'at random',
      rps: spread(random, 10, 1_000),
      retries: { poison: rate / attempts, attempts, sticky: random.uniform() < 0.5 },
    };
  },
};

const podsOf = (cv: number): Pods => ({ canary: 1, stable: 9, cv });

/** Healthy releases of ten services that have little in common, each with a past of its own. */
const services: Family = {
  name: 'ten-services',
  about: 'ten services, no new version worse than the old one',
  worlds: [
    { ...healthy, name: 'even API', rps: 800, noise: { cv: 0.1, correlation: 0.5 } },
    { ...healthy, name: 'API behind a flaky backend', rps: 200, noise: { cv: 0.8, correlation: 0.85 } },
    { ...base(0.0005, 0.0005, 'same'), name: 'strict API', rps: 600, noise: { cv: 0.3, correlation: 0.8 } },
    {
      ...healthy,
      name: 'classifier on mixed nodes',
      rps: 300,
      pods: podsOf(0.5),
      noise: { cv: 0.2, correlation: 0.7 },
    },
    {
      ...latency,
      truth: 'same',
      canary: 1,
      name: 'ranking, p95',
      rps: 500,
      noise: { cv: 0.4, correlation: 0.85 },
    },
    { ...latency, truth: 'same', canary: 1, name: 'LLM, p95', rps: 12, noise: { cv: 0.7, correlation: 0.9 } },
    { ...healthy, name: 'model with a cache to fill', rps: 150, cold: { extra: 0.06, seconds: 180 } },
    {
      ...healthy,
      name: 'shop by day and night',
      rps: 400,
      daily: { traffic: 0.9, bad: 0.6, periodSeconds: DAY },
    },
    { ...base(0.03, 0.03, 'same'), name: 'internal tool', rps: 2, noise: { cv: 0.5, correlation: 0.8 } },
    {
      ...healthy,
      name: 'gateway with retries',
      rps: 700,
      retries: { poison: 0.0005, attempts: 20, sticky: true },
    },
  ],
};

/** All families of the benchmark. */
export const FAMILIES: readonly Family[] = [
  independent,
  slow,
  lasting,
  unequal,
  daily,
  shared,
  cold,
  spikes,
  low,
  few,
  retried,
  services,
];
