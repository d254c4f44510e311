import type { Explained, Ratio, RatioPair } from '../../api/release/analysis-state.ts';
import type { Work } from './work.ts';

/** The figures are those of about so many newest requests of the canary: a few requests say little of its work. */
const NEWEST = 200;

const short = (value: number): number => Number(value.toPrecision(6));

function ratioWith(before: Ratio | undefined, { sum, per }: Ratio, keep: number): Ratio {
  return { sum: short((before?.sum ?? 0) * keep + sum), per: short((before?.per ?? 0) * keep + per) };
}

function pairWith(before: RatioPair | undefined, now: RatioPair, keep: number): RatioPair {
  return {
    canary: ratioWith(before?.canary, now.canary, keep),
    stable: ratioWith(before?.stable, now.stable, keep),
  };
}

/** What is kept of the work of both versions. */
export type Recent = Pick<Explained, 'load' | 'figures'>;

/** The work of the newest requests, with one more window. A figure that a window lacks stays as it was. */
export function recentWith(before: Recent | undefined, work: Work): Recent {
  const keep = Math.max(0, 1 - work.load.canary.sum / NEWEST);
  const known = new Map((before?.figures ?? []).map((one) => [one.name, one]));
  for (const one of work.figures)
    known.set(one.name, { name: one.name, ...pairWith(known.get(one.name), one, keep) });
  return { load: pairWith(before?.load, work.load, keep), figures: [...known.values()] };
}
