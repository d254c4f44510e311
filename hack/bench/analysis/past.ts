import { calibrationOf } from '../../../src/analysis/calibration/learn.ts';
import type { PastPod, Stretch } from '../../../src/analysis/calibration/stretch.ts';
import type { Calibration } from '../../../src/api/analysis/calibration.ts';
import { type Look, type PodArm, SECONDS } from './look.ts';
import { play } from './play.ts';
import type { World } from './world.ts';

/** Stretches that are read of the past, and the looks in each: two hours. */
const STRETCHES = 6;
const STRETCH_LOOKS = 240;

/** The version that serves, alone; of its past outages one stretch has its share. */
function alone(world: World, stretch: number): World {
  const { outage, spikes, ...rest } = world;
  const chance = spikes?.chance === undefined ? {} : { spikes };
  const before = { ...rest, ...chance, canary: world.stable };
  return outage !== undefined && stretch === 0 ? { ...before, outage } : before;
}

/** Pods of the version: where starts of pods are of interest, some begin in the stretch. */
function podsOf({ canary, stable }: Look, { cold }: World): readonly PodArm[] {
  return cold === undefined ? stable.pods : [...stable.pods, ...canary.pods];
}

function stretchOf(world: World, seed: number, index: number): Stretch {
  const looks = [...play(alone(world, index), seed, STRETCH_LOOKS)].map((look) => podsOf(look, world));
  const names = new Set(looks.flatMap((pods) => pods.map(({ pod }) => pod)));
  const pods = [...names].map(
    (name): PastPod => ({
      pod: name,
      windows: looks.map((look) => look.find(({ pod }) => pod === name) ?? null),
    }),
  );
  // A pod that begins with the stretch is seen to begin: before it there was a window without it.
  return {
    seconds: SECONDS,
    pods: pods.map((one) => ({ ...one, windows: [oldWindow(one), ...one.windows] })),
  };
}

const oldWindow = ({ pod }: PastPod): { events: number; bad: number } | null =>
  pod.startsWith('canary') ? null : { events: 0, bad: 0 };

/** What is learnt from a simulated week of the service of a world. */
export function learnt(world: World, seed: number): Calibration {
  const stretches = Array.from({ length: STRETCHES }, (_, index) =>
    stretchOf(world, seed * 1_009 + index, index),
  );
  const canaryPods = world.pods?.canary ?? 1;
  return calibrationOf({
    metric: world.kind === 'latency' ? 'latency' : 'errors',
    stretches,
    canaryPods,
    days: 7,
  });
}
