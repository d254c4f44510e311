import { writeFile } from 'node:fs/promises';
import type { Release } from '../../src/api/release/release.ts';
import { ensureBinaries } from '../cluster/binaries/binaries.ts';
import { enterNamespace } from '../cluster/process/namespace.ts';
import type { Access } from '../testbed/access.ts';
import { createController } from '../testbed/controller.ts';
import { MODEL, type ModelOptions } from '../testbed/model.ts';
import { onSite, type Pushed, type Site } from '../testbed/site.ts';
import { untilEnded, withCluster } from './live.ts';

type Env = Readonly<Record<string, string>>;

/** A world of the analysis bench with real pods: the environment of both versions, and what should come of it. */
interface LiveWorld {
  readonly family: string;
  readonly name: string;
  readonly expected: 'Promoted' | 'Aborted';
  /** Requests a second. */
  readonly rate?: number;
  /** Of both versions, and of the canary beside it. */
  readonly both: Env;
  readonly canary?: Env;
  readonly routes?: ModelOptions['routes'];
  /** A pod of stable is deleted in the first step, so that another takes its place. */
  readonly restarts?: true;
}

/** The verdict on one world. */
export interface LiveFamilyRow {
  readonly family: string;
  readonly case: string;
  readonly expected: string;
  readonly outcome: string;
  readonly reason: string;
  /** From the first weight to the end. */
  readonly seconds: number;
  readonly message: string;
}

const RATE = 100;
const QUICK_MODEL = { LATENCY_MS: '30', LATENCY_SIGMA: '0.3' };
const ONE_PERCENT = { ERROR_SHARE: '0.01' };
const FIVE_PERCENT = { ERROR_SHARE: '0.05' };
const NOISE = { ...ONE_PERCENT, NOISE_CV: '0.5', NOISE_SECONDS: '120' };
/** Seconds from the beginning of a world until its outage: the release is in a step by then. */
const OUTAGE_IN = 75;
const RETRIED = [
  {
    name: 'predict',
    timeout: '5s',
    retries: { attempts: 3, retryOn: '5xx' },
    route: [{ destination: { host: MODEL } }],
  },
];

/** A day's pattern takes a day: that family is only simulated. */
const WORLDS: readonly LiveWorld[] = [
  { family: 'independent-noise', name: '1 % and 1 %', expected: 'Promoted', both: ONE_PERCENT },
  {
    family: 'independent-noise',
    name: '1 → 5 %',
    expected: 'Aborted',
    both: ONE_PERCENT,
    canary: FIVE_PERCENT,
  },
  { family: 'lasting-noise', name: '1 % and 1 %, cv 0.5, 2 min', expected: 'Promoted', both: NOISE },
  {
    family: 'lasting-noise',
    name: '1 → 20 %, cv 0.5, 2 min',
    expected: 'Aborted',
    both: NOISE,
    canary: { ERROR_SHARE: '0.2' },
  },
  {
    family: 'unequal-pods',
    name: '1 % and 1 %, cv 0.3',
    expected: 'Promoted',
    both: { ...ONE_PERCENT, UNEQUAL_CV: '0.3' },
  },
  {
    family: 'shared-outage',
    name: '30 % for 1 min',
    expected: 'Promoted',
    both: { ...ONE_PERCENT, OUTAGE_SHARE: '0.3', OUTAGE_SECONDS: '60' },
  },
  {
    family: 'cold-start',
    name: '4 pp, gone in 1 min',
    expected: 'Promoted',
    both: { ...ONE_PERCENT, COLD_SHARE: '0.04', COLD_SECONDS: '60' },
  },
  {
    family: 'spikes',
    name: 'canary, 50 % in 10 of 50 s',
    expected: 'Aborted',
    both: ONE_PERCENT,
    canary: { SPIKE_SHARE: '0.5', SPIKE_EVERY: '50', SPIKE_SECONDS: '10' },
  },
  { family: 'low-base', name: '0.02 and 0.02 %', expected: 'Promoted', both: { ERROR_SHARE: '0.0002' } },
  { family: 'low-traffic', name: '1 % and 1 %, 6 rps', expected: 'Promoted', rate: 6, both: ONE_PERCENT },
  {
    family: 'retries',
    name: '1 % and 1 %, 3 tries',
    expected: 'Promoted',
    both: ONE_PERCENT,
    routes: RETRIED,
  },
  {
    family: 'restarts',
    name: '1 % and 1 %, a pod of stable dies',
    expected: 'Promoted',
    both: ONE_PERCENT,
    restarts: true,
  },
  {
    family: 'restarts',
    name: '1 → 5 %, a pod of stable dies',
    expected: 'Aborted',
    both: ONE_PERCENT,
    canary: FIVE_PERCENT,
    restarts: true,
  },
];

const say = (line: string): void => void process.stderr.write(`live: ${line}\n`);

/** Deletes a pod of the stable version. */
async function killStable(site: Site): Promise<void> {
  const versions = (await site.pods()).filter(
    ({ metadata }) => metadata.labels?.['pod-template-hash'] !== undefined,
  );
  const oldest = versions.toSorted((a, b) =>
    (a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? -1 : 1,
  )[0];
  if (oldest !== undefined) await site.api.remove('Pod', oldest.metadata.name);
}

function rowOf({ family, name, expected }: LiveWorld, { status }: Release): LiveFamilyRow {
  const { trail = [], phase = 'Pending', reason = '', message = '' } = status ?? {};
  const { finishedAt = new Date().toISOString() } = status ?? {};
  const first = trail.find((passage) => passage.phase.startsWith('Stepping'))?.at ?? finishedAt;
  const end = trail.find((passage) => passage.phase.startsWith('Aborting'))?.at ?? finishedAt;
  const seconds = Math.round((Date.parse(end) - Date.parse(first)) / 1_000);
  return { family, case: name, expected, outcome: phase, reason, seconds, message };
}

/** The Release once it has ended, or as it is when the time is over. */
async function endOf(site: Site, pushed: Pushed, withinMs: number | undefined): Promise<Release> {
  return untilEnded(site, pushed, withinMs).catch(async (error: Error) => {
    const release = await site.releaseOf(pushed);
    if (release === null) throw error;
    return release;
  });
}

async function playWorld(access: Access, world: LiveWorld, withinMs?: number): Promise<LiveFamilyRow> {
  const { both, canary = {}, rate = RATE, routes } = world;
  const from = { OUTAGE_FROM: String(Math.floor(Date.now() / 1_000) + OUTAGE_IN) };
  const env = { ...QUICK_MODEL, ...both, ...from };
  const annotations = { 'sluice.dev/rollout': 'true' };
  const options = {
    replicas: 3,
    annotations,
    env,
    rate,
    seconds: 900,
    ...(routes === undefined ? {} : { routes }),
  };
  return onSite(access, options, async (site) => {
    await site.untilGated();
    await site.traffic(20_000);
    const pushed = await site.push('v2', { ...env, ...canary });
    if (world.restarts === true) {
      await site.untilIn(pushed, 'Stepping', 'Analysing');
      await killStable(site);
    }
    const row = rowOf(world, await endOf(site, pushed, withinMs));
    say(JSON.stringify(row));
    return row;
  });
}

/** Plays the worlds, some at a time; a world whose play fails is shown with its error. */
async function playAll(
  access: Access,
  worlds: readonly LiveWorld[],
  { lanes, within }: { readonly lanes: number; readonly within?: number },
): Promise<LiveFamilyRow[]> {
  const left = [...worlds];
  const rows: LiveFamilyRow[] = [];
  const lane = async (): Promise<void> => {
    for (let world = left.shift(); world !== undefined; world = left.shift()) {
      const { family, name, expected } = world;
      // oxlint-disable-next-line no-await-in-loop -- a lane plays one after the other
      const row = await playWorld(access, world, within === undefined ? undefined : 1_000 * within).catch(
        (error: Error): LiveFamilyRow => ({
          family,
          case: name,
          expected,
          outcome: 'Unknown',
          reason: '',
          seconds: 0,
          message: error.message,
        }),
      );
      rows.push(row);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return rows;
}

/**
 * Plays each family once on the local cluster, with a real mesh, Prometheus and model servers, under the default policy.
 * Prints a table; `report` is a file for the rows. The process fails if a verdict differs from the simulated one.
 */
export async function benchLiveFamilies(options: {
  readonly family: readonly string[];
  readonly lanes: number;
  /** Longest time of a release, seconds; what has not ended by then is shown as it is. */
  readonly within?: number;
  readonly report?: string;
}): Promise<void> {
  const { family, report } = options;
  const worlds = WORLDS.filter((one) => family.length === 0 || family.includes(one.family));
  if (worlds.length === 0)
    throw new Error(`no such family; there are ${[...new Set(WORLDS.map((one) => one.family))].join(', ')}`);
  await ensureBinaries({ log: (line) => say(`setup: ${line}`) });
  await enterNamespace();
  const rows = await withCluster(async (access) => {
    const controller = createController(access);
    await controller.start();
    try {
      return await playAll(access, worlds, options);
    } finally {
      await controller.stop();
    }
  });
  console.table(
    rows.map(({ family: of, case: name, expected, outcome, reason, seconds }) => ({
      family: of,
      case: name,
      expected,
      outcome,
      reason,
      seconds,
    })),
  );
  if (report !== undefined) await writeFile(report, `${JSON.stringify({ rate: RATE, rows }, null, 2)}\n`);
  if (rows.some(({ expected, outcome }) => expected !== outcome)) process.exitCode = 1;
}
