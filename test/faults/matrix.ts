import { hashText, streamOf } from '../../hack/model-server/random.ts';
import type { Place } from '../../src/api/release/places.ts';
import { API_FAULTS } from './api-faults.ts';
import { type Case, idOf } from './case.ts';
import { CONNECTING, type Fault, SCENARIOS, type Scenario } from './fault.ts';
import { METRICS_FAULTS } from './metrics-faults.ts';
import { POD_FAULTS } from './pod-faults.ts';
import { PROCESS_FAULTS } from './process-faults.ts';
import { REDIS_FAULTS } from './redis-faults.ts';
import { ROUTE_FAULTS } from './route-faults.ts';
import { EVERY_WRITE, isMetBy, placesOf, STRATEGIES, type Strategy } from './strategies.ts';
import { WEBHOOK_FAULTS } from './webhook-faults.ts';
import { WORKLOAD_FAULTS } from './workload-faults.ts';

/** Every fault there is. */
export const FAULTS: readonly Fault[] = [
  ...PROCESS_FAULTS,
  ...API_FAULTS,
  ...WEBHOOK_FAULTS,
  ...METRICS_FAULTS,
  ...REDIS_FAULTS,
  ...POD_FAULTS,
  ...ROUTE_FAULTS,
  ...WORKLOAD_FAULTS,
];

/** The places of a release at which faults begin: each phase that such a version comes through. */
const PLACES: Readonly<Record<Scenario, readonly Place[]>> = {
  good: [
    'Pending',
    'Starting.Loading',
    CONNECTING,
    'Stepping.Analysing',
    'Promoting.RestoringRoutes',
    'Promoting.Updating',
  ],
  bad: [CONNECTING, 'Stepping.Analysing', 'Aborting.Draining', 'Aborting.Removing'],
};

/** How many writes a release takes, as counted in a release without a fault. */
export type WriteCounts = Readonly<Record<Scenario, number>>;

/** At least so many, where nobody has counted. */
export const SOME_WRITES: WriteCounts = { good: 30, bad: 24 };

function pointsOf(fault: Fault, scenario: Scenario, writes: WriteCounts, least = 1): string[] {
  if (fault.at === 'always') return ['always'];
  if (fault.at === 'phase') {
    const { places } = fault;
    return PLACES[scenario].filter((place) => places?.includes(place) ?? true);
  }
  const every = Math.max(fault.every ?? 1, least);
  return Array.from({ length: writes[scenario] }, (_, index) => index + 1)
    .filter((number) => number % every === 0)
    .map((number) => `write-${number}`);
}

const scenariosOf = ({ scenarios }: Fault): readonly Scenario[] =>
  SCENARIOS.filter((scenario) => scenarios?.includes(scenario) ?? true);

/** Every fault at every point, in both scenarios. */
function byWeights(writes: WriteCounts): Case[] {
  return FAULTS.flatMap((fault) =>
    scenariosOf(fault).flatMap((scenario) =>
      pointsOf(fault, scenario, writes).map((point) => ({ fault, scenario, point })),
    ),
  );
}

/** What may meet a release of another strategy, at some points, in both scenarios. */
function byStrategy(strategy: Strategy, writes: WriteCounts): Case[] {
  const places = placesOf(strategy);
  return FAULTS.filter((fault) => isMetBy(strategy, fault)).flatMap((fault) =>
    scenariosOf(fault).flatMap((scenario) =>
      pointsOf(fault, scenario, writes, EVERY_WRITE)
        .filter((point) => fault.at !== 'phase' || places[scenario].some((place) => place === point))
        .map((point) => ({ fault, scenario, point, strategy })),
    ),
  );
}

/** All cases: by weights of routes every fault, and by every other strategy those that may meet it. */
export function wholeMatrix(writes: WriteCounts): Case[] {
  return [...byWeights(writes), ...STRATEGIES.flatMap((strategy) => byStrategy(strategy, writes))];
}

/** So many cases of the matrix, drawn by the seed, in an order of its own. */
export function sampleOf(cases: readonly Case[], seed: number, size: number): Case[] {
  const drawn = cases.map((one) => ({ one, key: streamOf(seed, hashText(idOf(one)))() }));
  return drawn
    .toSorted((a, b) => a.key - b.key)
    .slice(0, size)
    .map(({ one }) => one);
}

/** The case of an id such as `kill/write-7/good`, or `kill/write-7/good/service`. Throws a RangeError if it names no case. */
export function caseOf(id: string): Case {
  const [name = '', point = '', scenario = '', way] = id.split('/');
  const fault = FAULTS.find((one) => one.name === name);
  const known = SCENARIOS.find((one) => one === scenario);
  const strategy = STRATEGIES.find((one) => one === way);
  if (fault === undefined || known === undefined || point === '' || strategy !== way)
    throw new RangeError(
      `"${id}" must be FAULT/POINT/SCENARIO: a fault (${FAULTS.map((one) => one.name).join(', ')}), write-N, Phase.Stage or always, and good or bad; then ${STRATEGIES.join(' or ')}, unless by weights`,
    );
  return { fault, scenario: known, point, ...(strategy === undefined ? {} : { strategy }) };
}
