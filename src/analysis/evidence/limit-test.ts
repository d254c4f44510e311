import type { Against } from '../../api/release/analysis-state.ts';
import { BLOCK } from './block.ts';

/** Bad events among events. */
interface Counts {
  readonly events: number;
  readonly bad: number;
}

/** What a rate is tested against. */
export interface Limit {
  /** The greatest rate that is allowed. */
  readonly share: number;
  /** Squared coefficient of variation of the rate from block to block, beyond chance. */
  readonly cv2: number;
}

/** Faults to detect, as multiples of the odds that are allowed. */
const FAULTS: readonly number[] = [1.5, 2.5, 5, 15, 60];

/** Before the first window. */
export const NO_TEST: Against = { blocks: 0, ratios: [], open: { seconds: 0, events: 0, bad: 0 } };

/** Rounded, so that a status stays small. */
const short = (value: number): number => Number(value.toPrecision(7));

function logSum(values: readonly number[]): number {
  const top = Math.max(...values);
  return top + Math.log(values.reduce((sum, one) => sum + Math.exp(one - top), 0));
}

/**
 * The log likelihood ratios with one block, the `block`-th. A fault may begin in any: the part 1/(t(t+1)) of the stake is
 * on its beginning in block `t`. A block of a rate that varies counts by the part of its variance that is chance.
 */
function withBlock(
  before: readonly number[],
  block: number,
  { events, bad }: Counts,
  limit: Limit,
): number[] {
  if (events === 0) return [...before];
  const allowed = Math.min(0.999, Math.max(1e-6, limit.share));
  const sampling = (1 - allowed) / (events * allowed);
  const weight = sampling / (sampling + limit.cv2);
  const stake = -Math.log(block * (block + 1));
  return FAULTS.map((fault, index) => {
    const share = (fault * allowed) / (1 + (fault - 1) * allowed);
    const gain = bad * Math.log(share / allowed) + (events - bad) * Math.log((1 - share) / (1 - allowed));
    const held = before[index];
    return short(weight * gain + (held === undefined ? stake : logSum([held, stake])));
  });
}

/** The test with the counts of one more window of `seconds`. */
export function addCounts(before: Against, counts: Counts, seconds: number, limit: Limit): Against {
  const open = {
    seconds: before.open.seconds + seconds,
    events: before.open.events + counts.events,
    bad: before.open.bad + counts.bad,
  };
  if (open.seconds < BLOCK.seconds || open.events < BLOCK.events) return { ...before, open };
  const blocks = before.blocks + 1;
  return { blocks, ratios: withBlock(before.ratios, blocks, open, limit), open: NO_TEST.open };
}

/**
 * The log of the evidence that the rate is beyond the limit. If it is not, the chance that this ever exceeds log(1/a) is at
 * most `a`, however often it is evaluated (Ville's inequality).
 */
export function evidenceOf({ blocks, ratios, open }: Against, limit: Limit): number {
  const isOpen = open.events > 0;
  const all = isOpen ? withBlock(ratios, blocks + 1, open, limit) : ratios;
  if (all.length === 0) return 0;
  const kept = -Math.log(blocks + (isOpen ? 2 : 1));
  return logSum([kept, logSum(all) - Math.log(all.length)]);
}
