import { type Earlier, MOST_BLOCKS } from '../../api/release/analysis-state.ts';
import { BLOCK } from './block.ts';

/** Bad events among events. */
interface Tally {
  readonly events: number;
  readonly bad: number;
}

/** The counts of stable with one more window of `seconds` that ended at `endMs`. */
export function addStable(
  before: Earlier | undefined,
  { events, bad }: Tally,
  { seconds, endMs }: { readonly seconds: number; readonly endMs: number },
): Earlier {
  const { windows = 0, blocks = [] } = before ?? {};
  const last = blocks.at(-1);
  const isOpen = last !== undefined && (last.seconds < BLOCK.seconds || last.events < BLOCK.events);
  const block = isOpen
    ? { events: last.events + events, bad: last.bad + bad, seconds: last.seconds + seconds }
    : { events, bad, seconds };
  const kept = isOpen ? blocks.slice(0, -1) : blocks;
  return {
    windows: windows + 1,
    until: new Date(endMs).toISOString(),
    blocks: [...kept, block].slice(-MOST_BLOCKS),
  };
}

/** All counts of stable together. */
export function totalOf({ blocks }: Earlier): Tally {
  return blocks.reduce<Tally>(
    (sum, { events, bad }) => ({ events: sum.events + events, bad: sum.bad + bad }),
    { events: 0, bad: 0 },
  );
}

/** How many times the variance of stable's rate between blocks is that of chance; at least 1. */
function dispersion(earlier: Earlier, share: number): number {
  const { blocks } = earlier;
  if (blocks.length < 2 || share <= 0 || share >= 1) return 1;
  const squares = blocks.reduce(
    (sum, { events, bad }) => sum + (bad - events * share) ** 2 / (events * share * (1 - share)),
    0,
  );
  return Math.max(1, squares / (blocks.length - 1));
}

const part = (a: number, b: number): number => (a === 0 ? 0 : a * Math.log(a / b));

/** Relative entropy of a rate as counted to a possible one. */
function divergence(counted: number, possible: number): number {
  return part(counted, possible) + part(1 - counted, 1 - possible);
}

/**
 * The greatest rate of bad events that stable may have had, wrong with a chance of at most `alpha` (Chernoff's bound, on as
 * many requests as its variation between blocks leaves). 1 without counts.
 */
export function mostShare(earlier: Earlier, alpha: number): number {
  const { events, bad } = totalOf(earlier);
  if (events === 0) return 1;
  const share = bad / events;
  const count = events / dispersion(earlier, share);
  let [low, high] = [share, 1];
  for (let halving = 0; halving < 40; halving++) {
    const middle = (low + high) / 2;
    if (count * divergence(share, middle) >= -Math.log(alpha)) high = middle;
    else low = middle;
  }
  return high;
}

/** Squared coefficient of variation of stable's rate from block to block, beyond chance. */
export function variationOf(earlier: Earlier): number {
  const { events, bad } = totalOf(earlier);
  const share = events === 0 ? 0 : bad / events;
  if (share <= 0) return 0;
  const each = events / earlier.blocks.length;
  return ((dispersion(earlier, share) - 1) * (1 - share)) / (each * share);
}
