import { createRandom, type Random } from '../../../src/replay/random.ts';
import { drawLatency } from './latency.ts';
import {
  type Arm,
  addArms,
  LOOKS,
  type Look,
  type PodArm,
  SECONDS,
  type VersionArm,
  WEIGHT,
} from './look.ts';
import type { Daily, Noise, Outage, World } from './world.ts';

type Name = 'canary' | 'stable';

/** A factor with mean 1 that remembers its last value as far as it is correlated. */
function noiseOf(random: Random, noise: Noise | undefined): () => number {
  if (noise === undefined || noise.cv === 0) return () => 1;
  const variance = Math.log(1 + noise.cv ** 2);
  const fresh = Math.sqrt(1 - noise.correlation ** 2);
  let level = random.normal();
  return () => {
    const factor = Math.exp(Math.sqrt(variance) * level - variance / 2);
    level = noise.correlation * level + fresh * random.normal();
    return factor;
  };
}

/** How much of each look lies in the outage. */
function outageOf(random: Random, outage: Outage | undefined, looks: number): (from: number) => number {
  const begins = random.uniform() * (looks * SECONDS - (outage?.seconds ?? 0));
  if (outage === undefined) return () => 0;
  return (from) => {
    const shared = Math.min(from + SECONDS, begins + outage.seconds) - Math.max(from, begins);
    return Math.max(0, shared) / SECONDS;
  };
}

function swingOf(
  random: Random,
  daily: Daily | undefined,
): (from: number, size: 'traffic' | 'bad') => number {
  const phase = random.uniform();
  if (daily === undefined) return () => 1;
  return (from, size) =>
    Math.max(0.02, 1 + daily[size] * Math.sin(2 * Math.PI * (phase + from / daily.periodSeconds)));
}

interface Pod {
  readonly pod: string;
  readonly factor: number;
  /** When it became ready, in seconds after the beginning. */
  readonly ready: number;
}

/** An old pod, whose start is of no interest. */
const LONG_AGO = -86_400;

function podsOf(random: Random, { pods, cold }: World, arm: Name): Pod[] {
  const count = pods?.[arm] ?? (cold === undefined || arm === 'stable' ? 1 : 2);
  return Array.from({ length: count }, (_, index) => {
    const late = cold !== undefined && index >= count / 2;
    const ready = arm === 'stable' ? LONG_AGO : late ? (LOOKS * SECONDS) / 2 : 0;
    return { pod: `${arm}-${String(index).padStart(5, '0')}`, factor: random.factor(pods?.cv ?? 0), ready };
  });
}

/** What all pods of a version have in common in a look. */
interface Condition {
  readonly factor: number;
  readonly extra: number;
}

function drawArm(
  random: Random,
  world: World,
  level: number,
  events: number,
  { factor, extra }: Condition,
): Arm {
  if (world.kind === 'latency') return drawLatency(random, events, { slower: level, factor, extra });
  return { events, bad: random.binomial(events, Math.min(1, level * factor + extra)) };
}

/** What is left of the cold start of a pod, on average over a look. */
function coldness({ cold }: World, age: number): number {
  return cold === undefined ? 0 : cold.extra * Math.max(0, 1 - (age - SECONDS / 2) / cold.seconds);
}

/** Requests that fail whichever version answers, with their further attempts, by version. */
function poisonOf(random: Random, { retries }: World, events: number): Record<Name, number> {
  if (retries === undefined) return { canary: 0, stable: 0 };
  const clients = random.poisson(events * retries.poison);
  const canary = retries.sticky
    ? random.binomial(clients, WEIGHT) * retries.attempts
    : random.binomial(clients * retries.attempts, WEIGHT);
  return { canary, stable: clients * retries.attempts - canary };
}

function versionOf(
  random: Random,
  world: World,
  pods: readonly Pod[],
  at: { readonly from: number; readonly level: number; readonly events: number; readonly poison: number },
  condition: Condition,
): VersionArm {
  const there = pods.filter(({ ready }) => ready <= at.from);
  let [events, poison] = [at.events, at.poison];
  const arms = there.map(({ pod, factor, ready }, index): PodArm => {
    const part = 1 / (there.length - index);
    const [own, bad] = [random.binomial(events, part), random.binomial(poison, part)];
    events -= own;
    poison -= bad;
    const age = at.from + SECONDS - ready;
    const extra = condition.extra + coldness(world, age);
    const drawn = drawArm(random, world, at.level, own, { factor: condition.factor * factor, extra });
    return { ...addArms({ events: bad, bad }, drawn), pod, age };
  });
  return { ...arms.reduce<Arm>(addArms, { events: 0, bad: 0 }), pods: arms };
}

function spikeOf(random: Random, { spikes }: World, arm: Name, look: number): number {
  if (spikes === undefined) return 0;
  if (spikes.every !== undefined) return arm === 'canary' && look % spikes.every === 0 ? spikes.extra : 0;
  return random.uniform() < (spikes.chance ?? 0) ? spikes.extra : 0;
}

/** The looks of one run of a world: a release, or as many as are asked for. */
export function* play(world: World, seed: number, looks = LOOKS): Generator<Look> {
  const random = createRandom(seed);
  const { outage } = world;
  const within = outageOf(random, outage, looks);
  const swing = swingOf(random, world.daily);
  const armed = (arm: Name) => ({
    noise: noiseOf(random, world.noise),
    pods: podsOf(random, world, arm),
    force: random.factor(outage?.unequal ?? 0),
  });
  const arms = { canary: armed('canary'), stable: armed('stable') };
  for (let look = 0; look < looks; look++) {
    const from = look * SECONDS;
    const mean = world.rps * SECONDS * swing(from, 'traffic');
    const poison = poisonOf(random, world, mean);
    const version = (arm: Name): VersionArm => {
      const { noise, pods, force } = arms[arm];
      const part = within(from);
      const times = 1 + ((outage?.times ?? 1) * force - 1) * part;
      const factor = noise() * swing(from, 'bad') * (outage?.times === undefined ? 1 : times);
      const extra = (outage?.extra ?? 0) * force * part + spikeOf(random, world, arm, look);
      const events = random.poisson(mean * (arm === 'canary' ? WEIGHT : 1 - WEIGHT));
      return versionOf(
        random,
        world,
        pods,
        { from, level: world[arm], events, poison: poison[arm] },
        { factor, extra },
      );
    };
    yield { canary: version('canary'), stable: version('stable') };
  }
}
