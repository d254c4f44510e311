import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Release } from '../../src/api/release/release.ts';
import { ensureBinaries } from '../cluster/binaries/binaries.ts';
import { startCluster } from '../cluster/cluster.ts';
import { attempt } from '../cluster/process/command.ts';
import { enterNamespace } from '../cluster/process/namespace.ts';
import { applyManifests } from '../install/manifests.ts';
import { isFailed, type LoadRecord } from '../load/record.ts';
import { type Access, accessOf } from '../testbed/access.ts';
import { createController } from '../testbed/controller.ts';
import { MODEL } from '../testbed/model.ts';
import { onSite, type Pushed, type Site } from '../testbed/site.ts';
import { until } from '../testbed/until.ts';

/** What is wrong with a version, beside a stable one with 1 % errors and a p95 of 98 ms. */
interface Fault {
  readonly fault: string;
  readonly env: Readonly<Record<string, string>>;
  /** Longest time that it may take to be found, seconds; null where nothing is promised. */
  readonly targetSeconds: number | null;
}

/** One fault, as the users met it. Seconds count from the first request that the version answered. */
export interface LiveRow {
  readonly fault: string;
  readonly run: number;
  readonly outcome: string;
  readonly reason: string;
  /** Until the release was being rolled back; null where it was not. */
  readonly seconds: number | null;
  readonly targetSeconds: number | null;
  /** Until the last request that the version answered. */
  readonly lastRequestSeconds: number;
  /** Highest share of the traffic that the routes gave it, percent. */
  readonly weight: number;
  /** Requests to all versions in that time, those that the version answered, and how many of these were bad. */
  readonly requests: number;
  readonly canaryRequests: number;
  readonly badRequests: number;
  /** Bad ones beyond those that stable would have had: what the release cost. */
  readonly extraBadRequests: number;
  readonly message: string;
}

const RATE = 100;
/** One window more than the evidence needs. */
const LOOK_SECONDS = 10;
const STABLE = { ERROR_SHARE: '0.01', LATENCY_MS: '60', LATENCY_SIGMA: '0.3' };
const FAULTS: readonly Fault[] = [
  { fault: 'errors 1 % → 5 %', env: { ERROR_SHARE: '0.05' }, targetSeconds: 90 + LOOK_SECONDS },
  { fault: 'errors 1 % → 20 %', env: { ERROR_SHARE: '0.2' }, targetSeconds: 45 },
  { fault: 'p95 × 1.5', env: { LATENCY_MS: '90' }, targetSeconds: null },
  { fault: 'p95 × 2', env: { LATENCY_MS: '120' }, targetSeconds: null },
];
/** All that is left to the defaults: steps 10, 25, 50, windows of 10 s, the template http-generic with its bounds. */
const ANNOTATIONS = { 'sluice.dev/rollout': 'true' };
const LONGEST_MS = 480_000;
const QUANTILE = 0.95;

const say = (line: string): void => void process.stderr.write(`live: ${line}\n`);
const rounded = (value: number): number => Math.round(value * 10) / 10;

/** Whether an answer was bad by what the fault is about: an error, or slower than 95 % of stable's answers. */
type IsBad = (record: LoadRecord) => boolean;

function badnessOf(fault: Fault, stable: readonly LoadRecord[]): IsBad {
  if (fault.env['ERROR_SHARE'] !== undefined) return isFailed;
  const times = stable.map(({ latencyMs }) => latencyMs).toSorted((a, b) => a - b);
  const bound = times[Math.floor(QUANTILE * times.length)] ?? 0;
  return ({ latencyMs }) => latencyMs > bound;
}

const shareOf = (records: readonly LoadRecord[], isBad: IsBad): number =>
  records.filter(isBad).length / Math.max(1, records.length);

function rowOf(
  fault: Fault,
  run: number,
  { status, spec }: Release,
  records: readonly LoadRecord[],
  version: string,
): LiveRow {
  const [canary, stable] = [version, 'v1'].map((wanted) =>
    records.filter((record) => record.version === wanted),
  ) as [LoadRecord[], LoadRecord[]];
  const [first = 0, last = 0] = [canary[0]?.at, canary.at(-1)?.at];
  const isBad = badnessOf(fault, stable);
  const bad = canary.filter(isBad).length;
  const { trail = [], phase = 'Pending', reason = '', message = '' } = status ?? {};
  const failedAt = trail.find((passage) => passage.phase.startsWith('Aborting'))?.at;
  const steps = trail.filter((passage) => passage.phase === 'Stepping.Shifting').length;
  return {
    fault: fault.fault,
    run,
    outcome: phase,
    reason,
    seconds: failedAt === undefined ? null : rounded((Date.parse(failedAt) - first) / 1_000),
    targetSeconds: fault.targetSeconds,
    lastRequestSeconds: rounded((last - first) / 1_000),
    weight: spec.policy.steps?.[steps - 1]?.weight ?? 0,
    requests: records.filter(({ at }) => at >= first && at <= last).length,
    canaryRequests: canary.length,
    badRequests: bad,
    extraBadRequests: rounded(bad - shareOf(stable, isBad) * canary.length),
    message,
  };
}

/** The Release of a version once it has ended, which takes some minutes. Rejects after `within` milliseconds. */
export async function untilEnded(site: Site, pushed: Pushed, within = LONGEST_MS): Promise<Release> {
  return until(
    'the release has come to its end',
    async () => {
      const release = await site.releaseOf(pushed);
      return release?.status?.finishedAt === undefined ? null : release;
    },
    { within, every: 1_000 },
  );
}

async function playFault(access: Access, fault: Fault, run: number): Promise<LiveRow> {
  const options = { replicas: 3, annotations: ANNOTATIONS, env: STABLE, rate: RATE, seconds: 900 };
  return onSite(access, options, async (site) => {
    await site.untilGated();
    const pushed = await site.push('v2', fault.env);
    const release = await untilEnded(site, pushed);
    const row = rowOf(fault, run, release, await site.recordsNow(), pushed.version);
    say(JSON.stringify(row));
    return row;
  });
}

/** Starts a local cluster with what Sluice needs, and stops it in the end. */
export async function withCluster<T>(play: (access: Access) => Promise<T>): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), 'sluice-live-'));
  const cluster = await startCluster({ dir: join(root, 'cluster'), log: say });
  try {
    const { kubectl } = cluster.binaries;
    await applyManifests(
      (args, input) =>
        attempt(kubectl, ['--kubeconfig', cluster.kubeconfig, ...args], input === undefined ? {} : { input }),
      { controller: false },
    );
    return await play(await accessOf(cluster));
  } finally {
    await cluster.stop();
    await rm(root, { recursive: true, force: true });
  }
}

function table(rows: readonly LiveRow[]): void {
  console.table(
    rows.map((row) => ({
      fault: row.fault,
      outcome: `${row.outcome} (${row.reason})`,
      'rolled back after s': row.seconds,
      'target s': row.targetSeconds,
      'weight %': row.weight,
      requests: row.requests,
      'to the canary': row.canaryRequests,
      bad: row.badRequests,
      'beyond stable': row.extraBadRequests,
    })),
  );
}

/**
 * Plays each fault on the local cluster, with a real mesh, Prometheus and model servers, under the default policy: how
 * long it lasts, and how many bad answers users get. Prints a table; `report` is a file for the rows.
 */
export async function benchLive(options: { readonly runs: number; readonly report?: string }): Promise<void> {
  await ensureBinaries({ log: (line) => say(`setup: ${line}`) });
  await enterNamespace();
  const rows = await withCluster(async (access) => {
    const controller = createController(access);
    await controller.start();
    const played: LiveRow[] = [];
    try {
      for (let run = 1; run <= options.runs; run++)
        for (const fault of FAULTS) played.push(await playFault(access, fault, run));
    } finally {
      await controller.stop();
    }
    return played;
  });
  table(rows);
  const machine = { cpus: cpus().length, model: cpus()[0]?.model, node: process.version };
  const setup = `${RATE} requests a second to ${MODEL}, 3 pods, 1 % errors, p95 98 ms; default policy`;
  const text = `${JSON.stringify({ machine, setup, rows }, null, 2)}\n`;
  if (options.report !== undefined) await writeFile(options.report, text);
}
