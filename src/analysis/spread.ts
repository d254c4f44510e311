import type { Evidence, Moments } from '../api/release.ts';
import { short, type Tally } from './evidence.ts';

/** What is assumed of a service before it has been seen: a share that varies by 15 % from window to window. */
const PRIOR_CV2 = 0.15 ** 2;
/** How many windows that assumption is worth. */
const PRIOR_WINDOWS = 2;

/** Takes one more figure in (Welford). */
export function include(moments: Moments, value: number): Moments {
  const windows = moments.windows + 1;
  const step = value - moments.mean;
  const mean = moments.mean + step / windows;
  return { windows, mean: short(mean), squares: short(moments.squares + step * (value - mean)) };
}

/** Takes in stable's share of one window, with the variance that chance alone gives it. */
export function includeStable(before: Evidence['stable'], { events, bad }: Tally): Evidence['stable'] {
  if (events === 0) return before;
  return {
    ...include(before, bad / events),
    sampling: short(before.sampling + 1 / events),
  };
}

/**
 * Squared coefficient of variation of stable's share from window to window, beyond what chance gives: 0 means that
 * requests fail independently of each other. Bursts of a service show here, so that they are not taken for a fault.
 */
export function variation(stable: Evidence['stable']): number {
  const { windows, mean, squares, sampling } = stable;
  if (windows < 2 || mean <= 0) return PRIOR_CV2;
  const chance = (mean * (1 - mean) * sampling) / windows;
  const seen = Math.max(0, squares / (windows - 1) - chance) / mean ** 2;
  const bad = (mean * windows) / sampling;
  const trust = (windows - 1) * (bad / (1 + bad)) ** 2;
  return (PRIOR_WINDOWS * PRIOR_CV2 + trust * seen) / (PRIOR_WINDOWS + trust);
}
