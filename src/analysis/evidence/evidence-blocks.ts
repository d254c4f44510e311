import type { Block, Evidence } from '../../api/release/analysis-state.ts';
import type { Rules } from '../verdict/margin.ts';
import { BLOCK } from './block.ts';
import type { BucketCounts } from './bucket-counts.ts';
import { againstRatio, againstShare, EMPTY_BLOCK, short, type Tally } from './e-process.ts';
import { include, includeStable, variation } from './variation.ts';

/** First blocks, whose weights follow once stable's variation is known. */
const LEARNING = 5;
/**
 * The margin is a sum of a relative and an absolute part. A rate beyond twice each part is beyond their sum, so two
 * exact tests that both reject are an exact test of the sum, with nothing to estimate.
 */
const TWICE = 2;

/** The log likelihood ratios of the three tests. */
export type Tests = Pick<Evidence, 'ratio' | 'margin' | 'bound'>;

function sum(a: Tally, b: Tally): Tally {
  return { events: a.events + b.events, bad: a.bad + b.bad };
}

function withWindow(open: Block, canary: BucketCounts, stable: BucketCounts | null, seconds: number): Block {
  const { events } = canary;
  const compared = canary.bad !== null && stable !== null && stable.bad !== null && stable.events > 0;
  return {
    seconds: short(open.seconds + seconds),
    canary: compared ? sum(open.canary, { events, bad: canary.bad }) : open.canary,
    stable: compared ? sum(open.stable, { events: stable.events, bad: stable.bad }) : open.stable,
    bound: canary.over === null ? open.bound : sum(open.bound, { events, bad: canary.over }),
  };
}

/** Updates the tests with one block, the `block`-th of the release. */
function carryOn(before: Tests, block: number, counts: Block, rules: Rules, cv2: CautionCv2): Tests {
  const { margin, share } = rules;
  const times = TWICE * (1 + (margin?.relative ?? 0));
  const most = TWICE * (margin?.absolute ?? 0);
  return {
    ratio: margin === null ? [] : againstRatio(before.ratio, block, counts, { times, cv2: cv2.compared }),
    margin:
      margin === null
        ? []
        : againstShare(before.margin, block, counts.canary, { share: most, cv2: cv2.compared }),
    bound: share === null ? [] : againstShare(before.bound, block, counts.bound, { share, cv2: cv2.bound }),
  };
}

/** Squared coefficient of variation for the weights of blocks, for each kind of test. */
interface CautionCv2 {
  readonly compared: number;
  readonly bound: number;
}

function replay(
  before: Tests,
  first: number,
  blocks: readonly Block[],
  rules: Rules,
  cv2: CautionCv2,
): Tests {
  return blocks.reduce((tests, counts, index) => carryOn(tests, first + index, counts, rules, cv2), before);
}

function close(before: Evidence, rules: Rules, block: Block): Evidence {
  const { canary, stable } = block;
  const blocks = before.blocks + 1;
  const compared = canary.events > 0;
  const relative = 1 + (rules.margin?.relative ?? 0);
  const gap = compared ? canary.bad / canary.events - relative * (stable.bad / stable.events) : 0;
  const spread = compared ? includeStable(before.stable, stable) : before.stable;
  const after: Evidence = {
    ...before,
    blocks,
    stable: spread,
    difference: compared ? include(before.difference, gap) : before.difference,
    open: EMPTY_BLOCK,
  };
  const pending = [...before.early, block];
  if (blocks < LEARNING) return { ...after, early: pending };
  const cv2 = variation(spread);
  const tests = replay(before, blocks - pending.length + 1, pending, rules, { compared: cv2, bound: cv2 });
  return { ...after, ...tests, early: [] };
}

function thin({ events }: Tally): boolean {
  return events > 0 && events < BLOCK.events;
}

/**
 * The evidence with one more window of `seconds`. Without stable, or before an edge is chosen, only the bound is
 * tested.
 */
export function addWindow(
  before: Evidence,
  rules: Rules,
  canary: BucketCounts,
  stable: BucketCounts | null,
  seconds: number,
): Evidence {
  const open = withWindow(before.open, canary, stable, seconds);
  const evidence = { ...before, windows: before.windows + 1, open };
  const full = open.seconds >= BLOCK.seconds && !thin(open.canary) && !thin(open.stable) && !thin(open.bound);
  return full ? close(evidence, rules, open) : evidence;
}

/** The tests over everything, the open block included; `least` is the minimum variation to assume in comparisons. */
export function testsOf(
  evidence: Evidence,
  rules: Rules,
  least: number,
): Tests & { readonly blocks: number } {
  const cv2 = variation(evidence.stable);
  const pending = evidence.open.seconds > 0 ? [...evidence.early, evidence.open] : evidence.early;
  const done = evidence.blocks - evidence.early.length;
  const caution = { compared: Math.max(cv2, least), bound: cv2 };
  return { ...replay(evidence, done + 1, pending, rules, caution), blocks: done + pending.length };
}
