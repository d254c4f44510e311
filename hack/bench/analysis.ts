import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { AnalysisTemplateSpec, type Metric } from '../../src/api/analysis/analysis-template.ts';
import { kayenta, threeInARow, threshold, zTest } from './baseline.ts';
import { CASES, type Case, looks } from './case.ts';
import type { Engine } from './engine.ts';
import { LOOKS, SECONDS, WEIGHT } from './look.ts';
import { sluiceEngine } from './sluice.ts';

const TEMPLATE = new URL('../../analysis-templates/http-generic.yaml', import.meta.url);
const RATES: readonly number[] = [10, 100, 1_000];
const NOISES: readonly number[] = [0, 0.5, 1];

/** How one engine did in one case. */
export interface Row {
  readonly engine: string;
  readonly truth: 'same' | 'worse';
  readonly case: string;
  readonly rps: number;
  readonly noise: number;
  /** Share of the runs that were rolled back: false aborts where the truth is `same`, else detections. */
  readonly abortShare: number;
  /** Median time to the roll-back, among those; null where there was none. */
  readonly medianSeconds: number | null;
}

/** The whole report. */
export interface AnalysisReport {
  readonly runs: number;
  readonly seed: number;
  readonly setup: string;
  readonly microsecondsPerDecision: number;
  readonly rows: readonly Row[];
}

function templateMetrics(): readonly Metric[] {
  const text = readFileSync(TEMPLATE, 'utf8');
  return z.object({ spec: AnalysisTemplateSpec }).parse(parse(text)).spec.metrics ?? [];
}

/** Seconds until each engine rolls back in one run; undefined where it does not. */
function runOnce(
  engines: readonly Engine[],
  one: Case,
  rps: number,
  noise: number,
  seed: number,
): (number | undefined)[] {
  const judges = engines.map((engine) => engine.begin(one.kind));
  const times: (number | undefined)[] = engines.map(() => undefined);
  let now = 0;
  for (const look of looks(one, rps, noise, seed)) {
    now += SECONDS;
    for (const [index, judge] of judges.entries())
      if (times[index] === undefined && judge(look)) times[index] = now;
    if (times.every((time) => time !== undefined)) break;
  }
  return times;
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? null;
}

function rowsOf(
  engines: readonly Engine[],
  one: Case,
  rps: number,
  noise: number,
  runs: number,
  seed: number,
): Row[] {
  const times = Array.from({ length: runs }, (_, run) => runOnce(engines, one, rps, noise, seed + run));
  return engines.map(({ name }, index): Row => {
    const aborted = times.map((run) => run[index]).filter((time) => time !== undefined);
    const place = { engine: name, truth: one.truth, case: one.name, rps, noise };
    return { ...place, abortShare: aborted.length / runs, medianSeconds: median(aborted) };
  });
}

/** CPU time of a decision in microseconds, over healthy releases with errors and latency in turn. */
function costOf(engine: Engine, seed: number): number {
  const cases = CASES.filter(({ truth, burst }) => truth === 'same' && burst === undefined);
  const runs = Array.from({ length: 100 }, (_, run) => {
    const one = cases[run % cases.length];
    if (one === undefined) throw new Error('there is no healthy case');
    return { judge: engine.begin(one.kind), all: [...looks(one, 100, 0, seed + run)] };
  });
  const before = process.cpuUsage();
  for (const { judge, all } of runs) for (const look of all) judge(look);
  const { user, system } = process.cpuUsage(before);
  return Number(((user + system) / (runs.length * LOOKS)).toFixed(1));
}

function cell(row: Row | undefined): string {
  if (row === undefined) return '';
  const time = row.medianSeconds === null ? '' : ` ${row.medianSeconds} s`;
  return `${row.abortShare.toFixed(3)}${time}`.padEnd(14);
}

function table(rows: readonly Row[], engines: readonly Engine[]): string[] {
  const names = engines.map(({ name }) => name);
  const head = `${'case'.padEnd(22)}${'rps'.padStart(5)} noise  ${names.map((name) => name.slice(0, 13).padEnd(14)).join('')}`;
  const places = rows.filter(({ engine }) => engine === names[0]);
  return [
    head,
    ...places.map((place) => {
      const here = names.map((name) =>
        rows.find(
          (row) =>
            row.engine === name &&
            row.case === place.case &&
            row.rps === place.rps &&
            row.noise === place.noise,
        ),
      );
      const label = `${place.case.padEnd(22)}${String(place.rps).padStart(5)} ${String(place.noise).padEnd(5)}`;
      return `${label}  ${here.map(cell).join('')}`;
    }),
  ];
}

/** Runs all engines on the same simulated releases; prints a table and gives the report. */
export function benchAnalysis(options: {
  readonly runs: number;
  readonly seed: number;
  readonly report?: string;
}): AnalysisReport {
  const sluice = sluiceEngine(templateMetrics());
  const engines = [sluice, threshold, threeInARow, zTest, kayenta];
  const rows: Row[] = [];
  for (const one of CASES) {
    for (const rps of RATES)
      for (const noise of NOISES) rows.push(...rowsOf(engines, one, rps, noise, options.runs, options.seed));
    process.stderr.write(`analysis: ${one.name} done\n`);
  }
  const setup = `${LOOKS} looks of ${SECONDS} s, canary ${WEIGHT * 100} %, policy of analysis-templates/http-generic.yaml with both its metrics`;
  const cost = costOf(sluice, options.seed);
  const report: AnalysisReport = { ...options, setup, microsecondsPerDecision: cost, rows };
  console.log(`share of runs rolled back, and median time to it (${options.runs} runs, ${setup})`);
  console.log(table(rows, engines).join('\n'));
  console.log(`sluice: ${cost} µs of CPU per decision`);
  if (options.report !== undefined) writeFileSync(options.report, `${JSON.stringify(report, null, 2)}\n`);
  return report;
}
