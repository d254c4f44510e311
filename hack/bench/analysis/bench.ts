import { writeFileSync } from 'node:fs';
import { allEngines } from './engines.ts';
import { FAMILIES } from './families.ts';
import { LOOKS, SECONDS, WEIGHT } from './look.ts';
import { type FalseAborts, falseAbortsOf, falseAbortsText, isPromised } from './promise.ts';
import { costOf, type Row, rowsOf } from './run.ts';
import { POLICY } from './sluice.ts';
import { table } from './table.ts';
import type { World } from './world.ts';

/** The whole report. */
export interface AnalysisReport {
  readonly runs: number;
  readonly seed: number;
  readonly setup: string;
  /** CPU time of a decision of Sluice; null where it was left out. */
  readonly microsecondsPerDecision: number | null;
  readonly rows: readonly Row[];
  /** Sluice in healthy worlds with parameters at random. */
  readonly promise: readonly FalseAborts[];
}

/** What a run of the benchmark is about. */
export interface AnalysisOptions {
  readonly runs: number;
  readonly seed: number;
  /** Names of families and engines; all of them by default. */
  readonly family: readonly string[];
  readonly engine: readonly string[];
  readonly report?: string;
}

/** Those with the given names; all without names. An unknown name is an error that lists the known ones. */
function named<T extends { readonly name: string }>(
  all: readonly T[],
  names: readonly string[],
  what: string,
): readonly T[] {
  const unknown = names.find((name) => !all.some((one) => one.name === name));
  if (unknown !== undefined)
    throw new Error(`no ${what} is called ${unknown}; there are ${all.map(({ name }) => name).join(', ')}`);
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}

/** Healthy versions with errors and latency in turn, for the cost of a decision. */
const USUAL: readonly World[] = (['errors', 'latency'] as const).map((kind) => ({
  name: kind,
  truth: 'same',
  kind,
  rps: 100,
  stable: kind === 'errors' ? 0.01 : 1,
  canary: kind === 'errors' ? 0.01 : 1,
}));

/**
 * Runs all engines on the same simulated releases; prints a table and gives the report. The process fails if Sluice
 * breaks its false-abort rate in healthy worlds drawn at random.
 */
export function benchAnalysis(options: AnalysisOptions): AnalysisReport {
  const { runs, seed } = options;
  const engines = named(allEngines(), options.engine, 'engine');
  const sluice = engines.find(({ name }) => name === 'sluice');
  const ours = engines.filter(({ name }) => name.startsWith('sluice'));
  const rows: Row[] = [];
  const promise: FalseAborts[] = [];
  for (const family of named(FAMILIES, options.family, 'family')) {
    rows.push(...rowsOf(engines, family, { runs, seed }));
    if (isPromised(family))
      for (const engine of ours) promise.push(falseAbortsOf(engine, family, { runs, seed }));
    process.stderr.write(`analysis: ${family.name} done\n`);
  }
  const setup = `${LOOKS} looks of ${SECONDS} s, canary ${WEIGHT * 100} %, policy of ${POLICY} with both its metrics`;
  const cost = sluice === undefined ? null : costOf(sluice, USUAL, seed);
  const report: AnalysisReport = { runs, seed, setup, microsecondsPerDecision: cost, rows, promise };
  console.log(
    `share of runs rolled back, and median time to it (${runs} runs, ${setup}); waits: of ${engines[0]?.name}`,
  );
  console.log(table(rows).join('\n'));
  if (promise.length > 0) console.log('Sluice in healthy worlds with parameters at random, a run each:');
  for (const one of promise) console.log(falseAbortsText(one));
  if (promise.some(({ kept }) => !kept)) process.exitCode = 1;
  if (cost !== null) console.log(`sluice: ${cost} µs of CPU per decision`);
  if (options.report !== undefined) writeFileSync(options.report, `${JSON.stringify(report, null, 2)}\n`);
  return report;
}
