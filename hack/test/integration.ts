import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ensureBinaries } from '../cluster/binaries/binaries.ts';
import { ensurePart } from '../cluster/binaries/optional-parts.ts';
import { ensureOwn, type OwnProgram } from '../cluster/binaries/own-program.ts';
import { inNewNamespace } from '../cluster/process/namespace.ts';
import { add, NO_TESTS, ONE_FAILED, Outcome } from './counts.ts';
import { type Lane, lanesOf } from './lanes.ts';

const FOLDERS = ['test/integration/shared', 'test/integration/alone'];

function filesOf(filters: readonly string[]): string[] {
  const all = FOLDERS.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => `${folder}/${name}`),
  );
  return filters.length === 0 ? all : all.filter((file) => filters.some((filter) => file.includes(filter)));
}

/** Runs a lane to its end. What it writes is handed on by whole lines, since other lanes write as well. */
async function runLane(lane: Lane, name: string, dir: string): Promise<Outcome> {
  const result = join(dir, `${name}.json`);
  const order = JSON.stringify({ name, batches: lane, result });
  const [program, ...args] = inNewNamespace([process.execPath, 'hack/test/lane.ts', order]);
  const env = process.stdout.isTTY ? { ...process.env, FORCE_COLOR: '1' } : process.env;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  const ended = new Promise((resolve) => child.once('close', resolve));
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => console.log(line));
  await ended;
  try {
    return Outcome.parse(JSON.parse(readFileSync(result, 'utf8')));
  } catch {
    console.log(`✗ ${name} ended before its tests did`);
    return ONE_FAILED;
  }
}

const log = (line: string): void => console.log(`setup: ${line}`);
/** The tests that need Helm. */
const CHART = 'alone/chart.test.ts';
/** The tests that need a program of ours. */
const PROGRAMS: Readonly<Record<OwnProgram, string>> = {
  gitops: 'shared/gitops-health.test.ts',
  otlp: 'alone/tracing.test.ts',
};

/** Runs the integration tests that the filters name, all where there is none, on at most so many clusters at once. */
export async function runIntegration(filters: readonly string[], clusters: number): Promise<Outcome> {
  const files = filesOf(filters);
  const lanes = lanesOf(files, clusters);
  if (lanes.length === 0) return NO_TESTS;
  // Only outside of the namespaces can anything be downloaded.
  await ensureBinaries({ log });
  if (files.some((file) => file.endsWith(CHART))) await ensurePart('helm', log);
  for (const name of ['gitops', 'otlp'] as const)
    if (files.some((file) => file.endsWith(PROGRAMS[name]))) await ensureOwn(name, log);
  const dir = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  try {
    return add(...(await Promise.all(lanes.map((lane, at) => runLane(lane, `cluster ${at + 1}`, dir)))));
  } finally {
    rmSync(dir, { recursive: true });
  }
}
