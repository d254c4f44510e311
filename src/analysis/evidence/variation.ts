import type { Moments } from '../../api/release/analysis-state.ts';
import { short } from './e-process.ts';
import type { Tally } from './tally.ts';

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

/**
 * Squared coefficient of variation of a rate from block to block, beyond chance: 0 means that requests fail
 * independently. A large variation in only a few blocks may be even larger, so it is raised.
 */
export function variation(counts: readonly Tally[]): number {
  const blocks = counts.filter(({ events }) => events > 0);
  const { mean, squares } = blocks.reduce((before, { events, bad }) => include(before, bad / events), {
    windows: 0,
    mean: 0,
    squares: 0,
  });
  if (blocks.length < 2 || mean <= 0) return PRIOR_CV2;
  const sampling = blocks.reduce((sum, { events }) => sum + 1 / events, 0);
  const chance = (mean * (1 - mean) * sampling) / blocks.length;
  const seen = Math.max(0, squares / (blocks.length - 1) - chance) / mean ** 2;
  const bad = (mean * blocks.length) / sampling;
  const trust = (blocks.length - 1) * (bad / (1 + bad)) ** 2;
  const known = (PRIOR_BLOCKS * PRIOR_CV2 + trust * seen) / (PRIOR_BLOCKS + trust);
  return known * (1 + (2 * Math.min(1, 2 * known)) / (blocks.length - 1));
}
