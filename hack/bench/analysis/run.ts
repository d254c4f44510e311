import type { Calibration } from '../../../src/api/analysis/calibration.ts';
import type { Engine } from './engine.ts';
import type { Family } from './families.ts';
import { LOOKS, SECONDS } from './look.ts';
import { learnt } from './past.ts';
import { play } from './play.ts';
import type { World } from './world.ts';

/** How one engine did in one world. */
export interface Row {
  readonly engine: string;
  readonly family: string;
  readonly truth: 'same' | 'worse';
  readonly case: string;
  readonly rps: number;
  /** Coefficient of variation of the noise of each version. */
  readonly noise: number;
  /** Share of the runs that were rolled back: false aborts where the truth is `same`, else detections. */
  readonly abortShare: number;
  /** Median time to the roll-back, among those; null where there was none. */
  readonly medianSeconds: number | null;
  /** Share of the looks before a roll-back in which a release would not continue. */
  readonly waitShare: number;
}

/** How one engine did in one run: seconds until it rolls back, and the looks in which it waited and was asked. */
export interface Result {
  readonly seconds: number | null;
  readonly waits: number;
  readonly looks: number;
}

interface Running {
  seconds: number | null;
  waits: number;
  looks: number;
}

/** Weeks of a service that are simulated; the releases of a world take turns. */
const PASTS = 10;

/** Plays one run; all engines see the same looks, those that learn also what the past has shown. */
export function runOnce(
  engines: readonly Engine[],
  world: World,
  seed: number,
  past: (seed: number) => Calibration = (one) => learnt(world, one),
): Result[] {
  const known = engines.some(({ learns }) => learns) ? past(seed) : undefined;
  const judges = engines.map((engine) => engine.begin(world.kind, engine.learns ? known : undefined));
  const results = engines.map((): Running => ({ seconds: null, waits: 0, looks: 0 }));
  let now = 0;
  for (const look of play(world, seed)) {
    now += SECONDS;
    for (const [index, judge] of judges.entries()) {
      const result = results[index];
      if (result === undefined || result.seconds !== null) continue;
      const decision = judge(look);
      result.looks++;
      if (decision === 'wait') result.waits++;
      if (decision === 'abort') result.seconds = now;
    }
    if (results.every(({ seconds }) => seconds !== null)) break;
  }
  return results;
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? null;
}

function rowOf(engine: string, family: string, world: World, results: readonly Result[]): Row {
  const aborted = results.flatMap(({ seconds }) => seconds ?? []);
  const sum = (of: 'waits' | 'looks'): number => results.reduce((all, one) => all + one[of], 0);
  return {
    engine,
    family,
    truth: world.truth,
    case: world.name,
    rps: world.rps,
    noise: world.noise?.cv ?? 0,
    abortShare: aborted.length / results.length,
    medianSeconds: median(aborted),
    waitShare: Number((sum('waits') / sum('looks')).toFixed(3)),
  };
}

/** The rows of all worlds of a family, `runs` runs each. */
export function rowsOf(
  engines: readonly Engine[],
  { name, worlds }: Pick<Family, 'name' | 'worlds'>,
  { runs, seed }: { readonly runs: number; readonly seed: number },
): Row[] {
  return worlds.flatMap((world) => {
    const pasts = new Map<number, Calibration>();
    const past = (one: number): Calibration => {
      const week = one % PASTS;
      const found = pasts.get(week) ?? learnt(world, week);
      pasts.set(week, found);
      return found;
    };
    const all = Array.from({ length: runs }, (_, run) => runOnce(engines, world, seed + run, past));
    return engines.map((engine, index) => {
      const results = all.flatMap((run) => run[index] ?? []);
      return rowOf(engine.name, name, world, results);
    });
  });
}

/** CPU time of a decision in microseconds, over healthy releases with errors and latency in turn. */
export function costOf(engine: Engine, worlds: readonly World[], seed: number): number {
  const runs = Array.from({ length: 100 }, (_, run) => {
    const world = worlds[run % worlds.length];
    if (world === undefined) throw new Error('there is no world');
    return { judge: engine.begin(world.kind), looks: [...play(world, seed + run)] };
  });
  const before = process.cpuUsage();
  for (const { judge, looks } of runs) for (const look of looks) judge(look);
  const { user, system } = process.cpuUsage(before);
  return Number(((user + system) / (runs.length * LOOKS)).toFixed(1));
}
