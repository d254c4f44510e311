import type { Evidence, Moments } from '../../api/release/analysis-state.ts';
import { short, type Tally } from './e-process.ts';

/** Assumed before there are data: a rate that varies by 15 % from block to block. */
const PRIOR_CV2 = 0.15 ** 2;
/** The weight of that assumption, in blocks. */
const PRIOR_BLOCKS = 2;

/** Adds one figure (Welford). */
export function include(moments: Moments, value: number): Moments {
  const windows = moments.windows + 1;
  const step = value - moments.mean;
  const mean = moments.mean + step / windows;
  return { windows, mean: short(mean), squares: short(moments.squares + step * (value - mean)) };
}

/** Adds stable's rate of one block, with the variance due to chance alone. */
export function includeStable(before: Evidence['stable'], { events, bad }: Tally): Evidence['stable'] {
  return { ...include(before, bad / events), sampling: short(before.sampling + 1 / events) };
}

/**
 * Squared coefficient of variation of stable's rate from block to block, beyond chance: 0 means that requests fail
 * independently. It captures a service's bursts, so that they are not mistaken for a fault. A large variation in only a
 * few blocks may be even larger, so it is raised.
 */
export function variation({ windows: blocks, mean, squares, sampling }: Evidence['stable']): number {
  if (blocks < 2 || mean <= 0) return PRIOR_CV2;
  const chance = (mean * (1 - mean) * sampling) / blocks;
  const seen = Math.max(0, squares / (blocks - 1) - chance) / mean ** 2;
  const bad = (mean * blocks) / sampling;
  const trust = (blocks - 1) * (bad / (1 + bad)) ** 2;
  const known = (PRIOR_BLOCKS * PRIOR_CV2 + trust * seen) / (PRIOR_BLOCKS + trust);
  return known * (1 + (2 * Math.min(1, 2 * known)) / (blocks - 1));
}
