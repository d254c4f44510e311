import { wilson } from '../../../src/replay/interval.ts';
import { createRandom } from '../../../src/replay/random.ts';
import type { Engine } from './engine.ts';
import type { Family } from './families.ts';
import { runOnce } from './run.ts';
import { STATED } from './sluice.ts';
import type { World } from './world.ts';

/** The false aborts of an engine in healthy worlds of a family, whose parameters are drawn at random. */
export interface FalseAborts {
  readonly engine: string;
  readonly family: string;
  readonly runs: number;
  readonly aborts: number;
  readonly share: number;
  /** 95 % interval of the share. */
  readonly low: number;
  readonly high: number;
  /** The rate that the policy states for the metric of a run. */
  readonly stated: number;
  /** False if the share is above the stated rate, and not by chance. */
  readonly kept: boolean;
  /** The worlds that were rolled back, with their seeds, to play them again. At most ten. */
  readonly examples: readonly { readonly seed: number; readonly world: World }[];
}

type Healthy = Pick<Family, 'name'> & Required<Pick<Family, 'healthy'>>;

/** Whether healthy worlds can be drawn from the family. */
export function isPromised(family: Family): family is Family & Healthy {
  return family.healthy !== undefined;
}

/** The healthy world of a seed: the same, whatever other runs there are. */
export function healthyWorld(family: Healthy, seed: number): World {
  return family.healthy(createRandom(seed ^ 0x5eed));
}

/** Plays `runs` healthy worlds of a family, a run each. */
export function falseAbortsOf(
  engine: Engine,
  family: Healthy,
  { runs, seed }: { readonly runs: number; readonly seed: number },
): FalseAborts {
  const seeds = Array.from({ length: runs }, (_, run) => seed * 1_000_003 + run);
  const aborted = seeds.filter(
    (one) => runOnce([engine], healthyWorld(family, one), one)[0]?.seconds !== null,
  );
  const share = aborted.length / runs;
  const { low, high } = wilson(share, runs);
  return {
    engine: engine.name,
    family: family.name,
    runs,
    aborts: aborted.length,
    share,
    low,
    high,
    stated: STATED,
    kept: low <= STATED,
    examples: aborted.slice(0, 10).map((one) => ({ seed: one, world: healthyWorld(family, one) })),
  };
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** One line for people. */
export function falseAbortsText({
  engine,
  family,
  aborts,
  runs,
  low,
  high,
  stated,
  kept,
}: FalseAborts): string {
  const found = `${aborts} of ${runs} rolled back (${percent(low)} to ${percent(high)})`;
  return `${engine.padEnd(14)} ${family.padEnd(18)} ${found.padEnd(44)} stated ${percent(stated)}: ${kept ? 'kept' : 'BROKEN'}`;
}
