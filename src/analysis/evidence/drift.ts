import type { Drift, DriftClass } from '../../api/release/analysis-state.ts';
import { BLOCK } from './block.ts';
import { halfWidth } from './confidence-sequence.ts';
import { againstRatio, logE, short } from './e-process.ts';
import { include } from './variation.ts';

/** Classes that are counted separately; the last place is for all others. */
const MOST_CLASSES = 16;
const OTHERS = '(others)';
/** Blocks needed before the fast test is used. */
const LEAST_BLOCKS = 3;
/**
 * Assumed variation of the rates of classes from block to block beyond chance, between two versions with the same
 * traffic.
 */
const CV2 = 0.1 ** 2;
/** How the false-abort rate is divided: fast and slow test, each in both directions for every class. */
const SHARES = { fast: 0.5, slow: 0.5 } as const;

/** Answers by class, of one version in one window. */
export type Classes = ReadonlyMap<string, number>;

/** The initial state. */
export const NO_DRIFT: Drift = { blocks: 0, seconds: 0, classes: [] };

/** A class that first appears now was at 0 in all earlier blocks. */
function newClass(name: string, blocks: number): DriftClass {
  const difference = { windows: blocks, mean: 0, squares: 0 };
  return { name, canary: 0, stable: 0, openCanary: 0, openStable: 0, more: [], less: [], difference };
}

function placed({ classes, blocks }: Drift, names: Iterable<string>): DriftClass[] {
  const list = [...classes];
  for (const name of names) {
    if (list.some((one) => one.name === name)) continue;
    const last = list.length === MOST_CLASSES - 1;
    if (!last && list.length < MOST_CLASSES) list.push(newClass(name.slice(0, 256), blocks));
    else if (last) list.push(newClass(OTHERS, blocks));
  }
  return list;
}

function countOf(counts: Classes, name: string, known: ReadonlySet<string>): number {
  const own = counts.get(name) ?? 0;
  if (name !== OTHERS) return own;
  return [...counts].reduce((sum, [other, count]) => (known.has(other) ? sum : sum + count), own);
}

function sumOf(classes: readonly DriftClass[], of: (one: DriftClass) => number): number {
  return classes.reduce((sum, one) => sum + of(one), 0);
}

function closed(one: DriftClass, block: number, canary: number, stable: number): DriftClass {
  const ours = { events: canary, bad: one.openCanary };
  const theirs = { events: stable, bad: one.openStable };
  const rule = { times: 1, cv2: CV2 };
  return {
    ...one,
    openCanary: 0,
    openStable: 0,
    more: againstRatio(one.more, block, { canary: ours, stable: theirs }, rule),
    less: againstRatio(one.less, block, { canary: theirs, stable: ours }, rule),
    difference: include(one.difference, one.openCanary / canary - one.openStable / stable),
  };
}

/** Adds the answers of a window of `seconds`. Bounded: classes beyond 15 are counted as one. */
export function addAnswers(before: Drift, canary: Classes, stable: Classes, seconds: number): Drift {
  const list = placed(before, new Set([...stable.keys(), ...canary.keys()]));
  const known = new Set(list.map(({ name }) => name));
  const classes = list.map((one) => {
    const [ours, theirs] = [countOf(canary, one.name, known), countOf(stable, one.name, known)];
    return {
      ...one,
      canary: one.canary + ours,
      stable: one.stable + theirs,
      openCanary: one.openCanary + ours,
      openStable: one.openStable + theirs,
    };
  });
  const open = { ...before, classes, seconds: short(before.seconds + seconds) };
  const ours = sumOf(classes, ({ openCanary }) => openCanary);
  const theirs = sumOf(classes, ({ openStable }) => openStable);
  if (open.seconds < BLOCK.seconds || ours < BLOCK.events || theirs < BLOCK.events) return open;
  const blocks = before.blocks + 1;
  return { blocks, seconds: 0, classes: classes.map((one) => closed(one, blocks, ours, theirs)) };
}

/** A class with its rates since the step began. */
export interface ClassShares {
  readonly name: string;
  readonly canary: number;
  readonly stable: number;
}

/** The class whose rate differs most from stable's since the step began; null if a version has no answers. */
export function widest({ classes }: Drift): ClassShares | null {
  const ours = sumOf(classes, ({ canary }) => canary);
  const theirs = sumOf(classes, ({ stable }) => stable);
  if (ours === 0 || theirs === 0) return null;
  const shares = classes.map(({ name, canary, stable }) => ({
    name,
    canary: canary / ours,
    stable: stable / theirs,
  }));
  const gap = (one: ClassShares): number => Math.abs(one.canary - one.stable);
  return shares.toSorted((a, b) => gap(b) - gap(a))[0] ?? null;
}

/** Approximates the 99.5 % quantile of Student's t for `n` figures. */
function quantileOfT(n: number): number {
  return 2.58 * (1 + 8 / (n - 1) ** 1.5);
}

/** Whether the blocks agree on a difference beyond `margin`; for a fluctuating mix of answers they do not. */
function agree({ windows: n, mean, squares }: DriftClass['difference'], margin: number): boolean {
  return Math.abs(mean) - margin > quantileOfT(n) * Math.sqrt(squares / (n - 1) / n);
}

/** The class whose rate is proven to differ from stable's by more than `margin`, at a chance `alpha`; or null. */
export function drifted(drift: Drift, margin: number, alpha: number): string | null {
  const share = 1 / (2 * MOST_CLASSES);
  const most = widest(drift);
  const seen = most !== null && Math.abs(most.canary - most.stable) > margin;
  const found = drift.classes.find(({ name, more, less, difference }) => {
    if (Math.abs(difference.mean) - halfWidth(difference, alpha * SHARES.slow * share) > margin) return true;
    if (!seen || name !== most.name || drift.blocks < LEAST_BLOCKS || !agree(difference, margin))
      return false;
    const log = Math.max(logE(more, drift.blocks), logE(less, drift.blocks));
    return log >= -Math.log(alpha * SHARES.fast * share);
  });
  return found?.name ?? null;
}
