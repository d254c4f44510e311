import { type Case, type CaseResult, type Ground, playCase } from './case.ts';
import type { Fault } from './fault.ts';

/** How many cases there were of one kind, and how many of them failed. */
interface Tally {
  cases: number;
  failed: number;
  notReached: number;
}

/** What a run came to, as it is written to a file. */
export interface Report {
  readonly seed: number;
  readonly cases: number;
  readonly failed: number;
  /** Cases whose release never came to the point, so that nothing was injected; all that is checked did hold. */
  readonly notReached: number;
  readonly seconds: number;
  /** Seconds from giving a version up until its pods were gone, over the cases that came to it. */
  readonly removal: { readonly cases: number; readonly median: number; readonly longest: number };
  readonly byFault: Readonly<Record<string, Tally>>;
  readonly byPhase: Readonly<Record<string, Tally>>;
  readonly failures: readonly {
    readonly id: string;
    readonly problems: readonly string[];
    readonly repeat: string;
  }[];
}

/** How cases are played. */
export interface RunOptions {
  /** Cases at once, those aside that run alone. */
  readonly lanes: number;
  readonly say: (line: string) => void;
  /** Begins no further case after so long, milliseconds. */
  readonly within?: number;
}

export const repeatOf = (id: string, seed: number): string =>
  `npm run test:faults -- --case ${id} --seed ${seed}`;

function tell({ say }: RunOptions, result: CaseResult, done: number, all: number, seed: number): void {
  const { id, problems, reached, seconds, removalSeconds } = result;
  const removal = removalSeconds === null ? '' : `, its pods gone after ${removalSeconds} s`;
  const mark = problems.length > 0 ? '✗' : reached ? '✓' : '–';
  say(`${mark} ${done}/${all} ${id} (${seconds} s${removal})${reached ? '' : ', not reached'}`);
  for (const problem of problems) say(`    ${problem}`);
  if (problems.length > 0) say(`    again: ${repeatOf(id, seed)}`);
}

/** Plays the cases: first those that need the cluster for themselves, one by one, then the others beside each other. */
export async function playAll(
  ground: Ground,
  cases: readonly Case[],
  options: RunOptions,
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  const deadline = performance.now() + (options.within ?? Number.POSITIVE_INFINITY);
  const lane = async (queue: Case[]): Promise<void> => {
    let clearing: Promise<void> = Promise.resolve();
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
      if (performance.now() > deadline) break;
      const { result, cleared } = await playCase(ground, one);
      results.push(result);
      tell(options, result, results.length, cases.length, ground.seed);
      await clearing;
      clearing = cleared;
      if (one.fault.alone !== undefined) await clearing;
    }
    await clearing;
  };
  const of = (alone: Fault['alone']): Case[] => cases.filter(({ fault }) => fault.alone === alone);
  await lane(of('cluster'));
  const shared = of(undefined);
  await Promise.all([lane(of('redis')), ...Array.from({ length: options.lanes }, () => lane(shared))]);
  return results;
}

function tallyBy(results: readonly CaseResult[], key: 'fault' | 'phase'): Record<string, Tally> {
  const tallies: Record<string, Tally> = {};
  for (const result of results) {
    const tally = (tallies[result[key]] ??= { cases: 0, failed: 0, notReached: 0 });
    tally.cases++;
    if (result.problems.length > 0) tally.failed++;
    if (!result.reached) tally.notReached++;
  }
  return tallies;
}

function removalOf(results: readonly CaseResult[]): Report['removal'] {
  const sorted = results.flatMap(({ removalSeconds: one }) => one ?? []).toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? 0;
  return { cases: sorted.length, median: at(Math.floor(sorted.length / 2)), longest: at(sorted.length - 1) };
}

/** Sums up a run. */
export function reportOf(results: readonly CaseResult[], seed: number, seconds: number): Report {
  const failed = results.filter(({ problems }) => problems.length > 0);
  return {
    seed,
    cases: results.length,
    failed: failed.length,
    notReached: results.filter(({ reached }) => !reached).length,
    seconds: Math.round(seconds),
    removal: removalOf(results),
    byFault: tallyBy(results, 'fault'),
    byPhase: tallyBy(results, 'phase'),
    failures: failed.map(({ id, problems }) => ({ id, problems, repeat: repeatOf(id, seed) })),
  };
}

function rows(tallies: Readonly<Record<string, Tally>>): string[] {
  return Object.entries(tallies).map(
    ([name, { cases, failed, notReached }]) =>
      `${name.padEnd(24)}${String(cases).padStart(6)}${String(failed).padStart(8)}${String(notReached).padStart(13)}`,
  );
}

const head = (name: string): string => `${name.padEnd(24)} cases  failed  not reached`;

/** The summary as a table for people. */
export function summaryTable({
  byFault,
  byPhase,
  cases,
  failed,
  notReached,
  removal,
  seconds,
  seed,
}: Report): string {
  return [
    head('fault'),
    ...rows(byFault),
    '',
    head('point'),
    ...rows(byPhase),
    '',
    `pods of rolled-back versions were gone after ${removal.median} s (median of ${removal.cases}), at the latest ${removal.longest} s`,
    `${cases} cases, ${failed} failed, ${notReached} not reached, seed ${seed}, ${seconds} s`,
  ].join('\n');
}
