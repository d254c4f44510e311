import { type Contest, MOST_BLOCKS } from '../../api/release/analysis-state.ts';
import { BLOCK } from './block.ts';

/** Bad events among events. */
interface Counts {
  readonly events: number;
  readonly bad: number;
}

/** Counts of both versions in the same time. */
export interface Beside {
  readonly canary: Counts;
  readonly stable: Counts;
}

/** Differences to detect: one version has so many times the bad events of the other. */
const TIMES: readonly number[] = [1.1, 1.3, 1.7, 3, 10];
/** Assumed before there are blocks, and weighed like so many: rates that vary by half from block to block. */
const PRIOR = { cv2: 0.5 ** 2, blocks: 4 } as const;

/** How the variation of one version weighs: two versions vary, and more than few blocks show. */
const CAUTION = 4;

const NONE: Counts = { events: 0, bad: 0 };

/** Before the first window. */
export const NO_CONTEST: Contest = {
  blocks: [],
  closed: 0,
  canaryWorse: [],
  stableWorse: [],
  open: { seconds: 0, canary: NONE, stable: NONE },
};

const short = (value: number): number => Number(value.toPrecision(7));
const sum = (a: Counts, b: Counts): Counts => ({ events: a.events + b.events, bad: a.bad + b.bad });

function logSum(values: readonly number[]): number {
  const top = Math.max(...values);
  return top + Math.log(values.reduce((all, one) => all + Math.exp(one - top), 0));
}

/** Squared coefficient of variation of the rate of a version from block to block, beyond chance. */
function ownVariation(counts: readonly Counts[]): number {
  const all = counts.reduce(sum, NONE);
  const share = all.events === 0 ? 0 : all.bad / all.events;
  if (counts.length < 2 || share <= 0 || share >= 1) return PRIOR.cv2;
  const chi = counts.reduce(
    (total, { events, bad }) =>
      total + (bad - events * share) ** 2 / Math.max(1e-9, events * share * (1 - share)),
    0,
  );
  const each = all.events / counts.length;
  return (Math.max(0, chi / (counts.length - 1) - 1) * (1 - share)) / (each * share);
}

/** By the blocks before, so that what is weighed does not choose its own weight. */
function variation(blocks: Contest['blocks']): number {
  const count = blocks.length;
  const known = Math.max(
    ownVariation(blocks.map(({ canary }) => canary)),
    ownVariation(blocks.map(({ stable }) => stable)),
  );
  return (PRIOR.blocks * PRIOR.cv2 + count * known) / (PRIOR.blocks + count);
}

/**
 * Log likelihood ratios against "the first version has at most the bad events per request of the other", with one block: a
 * given bad event is the first one's with a chance that depends only on the requests of both (Lindon and Malek, arXiv
 * 2011.03567). A block of rates that vary counts by the part of the variance that is chance.
 */
function against(before: readonly number[], first: Counts, other: Counts, cv2: number): number[] {
  if (first.events === 0 || other.events === 0) return [...before];
  const odds = first.events / other.events;
  const bad = Math.max(1, first.bad + other.bad);
  const sampling = (1 + odds) ** 2 / (odds * bad);
  const weight = sampling / (sampling + CAUTION * cv2);
  return TIMES.map((times, index) => {
    const ours = Math.log((times * (1 + odds)) / (1 + times * odds));
    const theirs = Math.log((1 + odds) / (1 + times * odds));
    return short((before[index] ?? 0) + weight * (first.bad * ours + other.bad * theirs));
  });
}

/** The contest with one more window of `seconds`. */
export function addBeside(before: Contest, { canary, stable }: Beside, seconds: number): Contest {
  const open = {
    seconds: before.open.seconds + seconds,
    canary: sum(before.open.canary, canary),
    stable: sum(before.open.stable, stable),
  };
  const isFull =
    open.seconds >= BLOCK.seconds && open.canary.events >= BLOCK.events && open.stable.events >= BLOCK.events;
  if (!isFull) return { ...before, open };
  const cv2 = variation(before.blocks);
  return {
    blocks: [...before.blocks, { canary: open.canary, stable: open.stable }].slice(-MOST_BLOCKS),
    closed: before.closed + 1,
    canaryWorse: against(before.canaryWorse, open.canary, open.stable, cv2),
    stableWorse: against(before.stableWorse, open.stable, open.canary, cv2),
    open: NO_CONTEST.open,
  };
}

const logE = (ratios: readonly number[]): number =>
  ratios.length === 0 ? 0 : logSum(ratios) - Math.log(ratios.length);

/**
 * Which version is proven to have fewer bad events per request, at a chance of at most `alpha` that either is named though
 * both are alike: half of it for each direction, at whatever time it is asked (Ville's inequality).
 */
export function betterOf({ canaryWorse, stableWorse }: Contest, alpha: number): 'canary' | 'stable' | null {
  const least = -Math.log(alpha / 2);
  if (logE(stableWorse) >= least) return 'canary';
  return logE(canaryWorse) >= least ? 'stable' : null;
}
