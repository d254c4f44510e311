import type { Calibration } from '../../api/analysis/calibration.ts';
import { coldStartOf } from './cold-start.ts';
import { pastVariation } from './past-variation.ts';
import { constantPods, groupsOf, rate, type Stretch, total, withoutOutages } from './stretch.ts';
import { unequalPods } from './unequal-pods.ts';

/** Bad requests below which nothing can be said about how they vary. */
const LEAST_BAD = 50;

/** The past of one metric. */
export interface Past {
  readonly metric: string;
  readonly stretches: readonly Stretch[];
  /** Pods that a canary has. */
  readonly canaryPods: number;
  /** Length of the past that the stretches are taken from. */
  readonly days: number;
}

/** Three digits are more than such a figure is known to. */
const short = (value: number): number => Number(value.toPrecision(3));

/** A coefficient of variation within what a status may hold. */
const spread = (cv2: number): number => short(Math.min(10, Math.sqrt(cv2)));

/**
 * What the past of a metric tells: its base rate, how much groups of as many pods as a canary has varied in time and for
 * how long, how much pods differed for good, and how long new ones were cold. What cannot be known from it is absent.
 */
export function calibrationOf({ metric, stretches, canaryPods, days }: Past): Calibration {
  const usual = withoutOutages(stretches);
  const pods = usual.map(constantPods);
  const all = total(pods.flatMap((some) => some.flatMap(({ windows }) => windows)));
  const known = { metric, days: short(days) };
  if (all.events === 0) return known;
  const based = { ...known, base: short(rate(all)) };
  if (all.bad < LEAST_BAD) return based;
  const seconds = stretches[0]?.seconds ?? 0;
  const { cv2, windows } = pastVariation(pods.map((some) => groupsOf(some, canaryPods)));
  const unequal = unequalPods(pods);
  const cold = coldStartOf(usual, cv2);
  return {
    ...based,
    variation: spread(cv2),
    lasts: Math.round(windows * seconds),
    ...(unequal === null ? {} : { pods: spread(unequal) }),
    ...(cold === null ? {} : { coldStart: cold }),
  };
}
