import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { bundle } from '../bundle/bundle.ts';
import { ensureBinaries } from '../cluster/binaries/binaries.ts';
import { enterNamespace } from '../cluster/process/namespace.ts';
import { CONTROLLER } from './scale-controllers.ts';
import { benchIdle, type Growth, type IdleRow } from './scale-idle.ts';
import { benchReleases, type ReleasesRow } from './scale-releases.ts';
import { say } from './scale-site.ts';

/** What `bench scale` is to measure; an empty list leaves a part out. */
export interface ScaleOptions {
  readonly idle: readonly number[];
  readonly releases: readonly number[];
  readonly replicas: readonly number[];
  readonly growth: boolean;
  readonly report?: string;
}

/** A row of the report; what a row does not measure is null. */
interface Row {
  readonly rollouts: number;
  readonly replicas: number;
  readonly idleApiRequestsPerMinute: number | null;
  readonly apiRequestsPerRelease: number | null;
  readonly firstWeightP50Seconds: number | null;
  readonly firstWeightP99Seconds: number | null;
  readonly rssMB: number;
  readonly cpuPercent: number;
}

const NOTHING = {
  idleApiRequestsPerMinute: null,
  apiRequestsPerRelease: null,
  firstWeightP50Seconds: null,
  firstWeightP99Seconds: null,
};

function rowsOf(idle: readonly IdleRow[], busy: readonly ReleasesRow[]): Row[] {
  return [...idle, ...busy].map((row) => ({ ...NOTHING, ...row }));
}

function tables(idle: readonly IdleRow[], busy: readonly ReleasesRow[], growth: Growth | null): void {
  if (idle.length > 0) {
    console.log('\nidle Rollouts (RSS of the largest replica, CPU of all):');
    console.table(
      idle.map(({ rollouts, replicas, ...row }) => ({
        rollouts,
        replicas,
        'API requests/min': row.idleApiRequestsPerMinute,
        'RSS MB': row.rssMB,
        'CPU %': row.cpuPercent,
        'loop p99 ms': row.loopP99Ms,
        'settled in s': row.settleSeconds,
      })),
    );
  }
  if (growth !== null) console.log('in passes over what does not change:', growth);
  if (busy.length > 0) {
    console.log('\nreleases at once, three steps each:');
    console.table(
      busy.map(({ releases, replicas, ...row }) => ({
        releases,
        replicas,
        promoted: row.promoted,
        'API requests each': row.apiRequestsPerRelease,
        'first weight p50 s': row.firstWeightP50Seconds,
        'p99 s': row.firstWeightP99Seconds,
        'decisions/s': row.decisionsPerSecond,
        'peak/s': row.peakDecisionsPerSecond,
        'RSS MB': row.rssMB,
        'CPU %': row.cpuPercent,
        'loop p99 ms': row.loopP99Ms,
        'all in s': row.seconds,
      })),
    );
  }
}

/** Measures what Sluice costs at scale, on a local cluster whose pods are ready at once; prints tables. */
export async function benchScale(options: ScaleOptions): Promise<void> {
  await ensureBinaries({ log: (line) => say(`setup: ${line}`) });
  await enterNamespace();
  await bundle('controller', CONTROLLER);
  const none = { rows: [], growth: null };
  const idle =
    options.idle.length === 0 ? none : await benchIdle(options.idle, options.replicas, options.growth);
  const busy = options.releases.length === 0 ? [] : await benchReleases(options.releases, options.replicas);
  tables(idle.rows, busy, idle.growth);
  const machine = { cpus: cpus().length, model: cpus()[0]?.model, node: process.version };
  const report = { machine, rows: rowsOf(idle.rows, busy), growth: idle.growth };
  if (options.report !== undefined) await writeFile(options.report, `${JSON.stringify(report, null, 2)}\n`);
}
