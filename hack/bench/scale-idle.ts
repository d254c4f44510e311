import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { keyOf } from '../../test/fakes/memory-server.ts';
import { addresses } from '../cluster/addresses.ts';
import { ensureBinaries } from '../cluster/binaries/binaries.ts';
import { createAuthority, issue } from '../cluster/parts/certificates.ts';
import { redisSpec } from '../cluster/parts/observability.ts';
import { type Component, createComponent } from '../cluster/process/component.ts';
import { until } from '../testbed/until.ts';
import { type ScaleApi, startScaleApi } from './scale-api.ts';
import { type Controllers, createControllers, type Figures, type Installation } from './scale-controllers.ts';
import { collectedHeapMb } from './scale-heap.ts';
import {
  aroundOf,
  DEPLOYMENT_STATUS,
  deploymentOf,
  type Place,
  places,
  REPLICA_SET_STATUS,
  replicaSetOf,
  TEMPLATE,
} from './scale-objects.ts';
import { listed, rounded, say, totalOf } from './scale-site.ts';

/** A number of Rollouts to which nothing happens. */
export interface IdleRow {
  readonly rollouts: number;
  readonly replicas: number;
  readonly idleApiRequestsPerMinute: number;
  readonly rssMB: number;
  readonly cpuPercent: number;
  readonly heapMB: number;
  readonly loopP99Ms: number;
  /** From the start of the processes until everything was in memory and had been reconciled once. */
  readonly settleSeconds: number;
}

/** What a process has gained in many passes over things that do not change. */
export interface Growth {
  /** Passes until each figure was taken. */
  readonly passes: readonly number[];
  readonly rssMB: readonly number[];
  /** Heap in use after a full collection that was forced. */
  readonly heapMB: readonly number[];
}

interface IdleSite {
  readonly api: ScaleApi;
  readonly installation: Installation;
  readonly redis: Component;
  close(): Promise<void>;
}

const IDLE_MS = 30_000;
const PATIENCE = { within: 400_000, every: 500 };
/** Touches of the same Rollout in one moment would be one pass. */
const ROUND_MS = 50;
const TOUCHED = 100;
const INSPECT_PORT = 19_229;
const NOWHERE = 'http://127.0.0.1:9';

async function openIdleSite(): Promise<IdleSite> {
  const root = await mkdtemp(join(tmpdir(), 'sluice-scale-'));
  const [pki, account, logs] = ['pki', 'account', 'logs'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  await Promise.all([pki, account, logs].map((folder) => mkdir(folder)));
  const authority = await createAuthority(pki, 'ca', 'bench');
  const pair = await issue(authority, pki, 'server', { name: 'api', altNames: ['IP:127.0.0.1'] });
  await writeFile(join(account, 'ca.crt'), await readFile(authority.cert));
  await writeFile(join(account, 'token'), 'bench');
  const api = await startScaleApi(pair);
  const redis = createComponent(
    redisSpec({ binaries: await ensureBinaries({ log: say }), directory: root, logs }),
  );
  const redisUrl = `redis://127.0.0.1:${addresses.ports.redis}`;
  api.server.create(TEMPLATE, false);
  const close = async (): Promise<void> => {
    await redis.stop();
    api.close();
    await rm(root, { recursive: true, force: true });
  };
  return { api, installation: { account, logs, redisUrl, apiPort: api.port }, redis, close };
}

function populate({ api: { server } }: IdleSite, where: readonly Place[]): void {
  for (const place of where) {
    const deployment = server.create({ ...deploymentOf(place), status: DEPLOYMENT_STATUS }, true);
    server.create({ ...replicaSetOf(deployment), status: REPLICA_SET_STATUS }, true);
    for (const object of aroundOf(place)) server.create(object, false);
  }
}

/** Until nothing is left to do: no key waits, and no pass has run for a while. */
async function untilQuiet(controllers: Controllers, least: number): Promise<Figures> {
  let before: Figures | null = null;
  return until(
    'nothing is left to do',
    async () => {
      const now = await controllers.figures();
      const isQuiet = now.pending === 0 && before?.passes === now.passes && now.passes >= least;
      before = now;
      return isQuiet ? now : null;
    },
    PATIENCE,
  );
}

async function running<T>(
  site: IdleSite,
  replicas: number,
  play: (controllers: Controllers) => Promise<T>,
  flags: readonly string[] = [],
): Promise<T> {
  const controllers = createControllers(site.installation, NOWHERE, replicas, flags);
  await controllers.start();
  try {
    return await play(controllers);
  } finally {
    await controllers.stop();
  }
}

function measure(site: IdleSite, rollouts: number, replicas: number): Promise<IdleRow> {
  const began = performance.now();
  return running(site, replicas, async (controllers) => {
    await untilQuiet(controllers, rollouts);
    const settleSeconds = (performance.now() - began) / 1_000;
    const [first, before] = [await controllers.figures(), totalOf(site.api.counts())];
    await delay(IDLE_MS);
    const [last, after] = [await controllers.figures(), totalOf(site.api.counts())];
    const minutes = (last.at - first.at) / 60_000;
    return {
      rollouts,
      replicas,
      idleApiRequestsPerMinute: rounded((after - before) / minutes),
      rssMB: rounded(last.rssMb, 1),
      cpuPercent: rounded((100 * (last.cpuSeconds - first.cpuSeconds)) / (60 * minutes)),
      heapMB: rounded(last.heapMb, 1),
      loopP99Ms: rounded(last.loopP99Ms),
      settleSeconds: rounded(settleSeconds, 1),
    };
  });
}

/**
 * The first process to see new Rollouts has work with them: finalizer, gate and status. Without an election, since the API
 * server in memory answers in turn, and a renewal would come behind thousands of writes.
 */
async function takeOn(site: IdleSite, added: number): Promise<void> {
  const [began, before] = [performance.now(), site.api.counts()];
  const play = async (controllers: Controllers): Promise<void> => {
    const { rssMb } = await untilQuiet(controllers, added);
    const counts = Object.entries(site.api.counts()).map(
      ([key, count]) => [key, count - (before[key] ?? 0)] as const,
    );
    const wrote = Object.fromEntries(counts.filter(([key, count]) => count > 0 && !key.startsWith('list')));
    const seconds = rounded((performance.now() - began) / 1_000, 1);
    say(
      `${added} Rollouts taken on in ${seconds} s, ${rounded(rssMb)} MB; for each: ${listed(wrote, added)}`,
    );
  };
  await running(site, 1, play, ['--leader-elect=false']);
}

/** Touches Rollouts until so many passes have run, and then has everything collected that can be. */
async function touch(
  { api: { server } }: IdleSite,
  controllers: Controllers,
  passes: number,
): Promise<Figures> {
  let now = await controllers.figures();
  const target = now.passes + passes;
  for (let round = 0; now.passes < target; round++) {
    for (const { namespace, name } of places('idle', 0, TOUCHED)) {
      const rollout = server.objects.get(keyOf('Rollout', namespace, name));
      if (rollout !== undefined)
        server.update(rollout, (draft) => void (draft.metadata.annotations = { touched: String(round) }));
    }
    await delay(ROUND_MS);
    now = await controllers.figures();
  }
  const heapMb = await collectedHeapMb(INSPECT_PORT);
  return { ...(await controllers.figures()), heapMb };
}

function growthOf(site: IdleSite): Promise<Growth> {
  const inspected = { ...site, installation: { ...site.installation, inspectPort: INSPECT_PORT } };
  return running(inspected, 1, async (controllers) => {
    const looks: Figures[] = [];
    for (const passes of [5_000, ...Array<number>(5).fill(10_000)])
      looks.push(await touch(site, controllers, passes));
    return {
      passes: looks.map(({ passes }) => passes),
      rssMB: looks.map(({ rssMb }) => rounded(rssMb, 1)),
      heapMB: looks.map(({ heapMb }) => rounded(heapMb, 2)),
    };
  });
}

/**
 * Rows for so many idle Rollouts and each number of replicas, of real processes against an API server in memory: what a
 * process needs for watched objects does not depend on their source. Each Rollout has a Deployment, its ReplicaSet, a
 * Service and a VirtualService; the controller does not watch pods.
 */
export async function benchIdle(
  sizes: readonly number[],
  replicas: readonly number[],
  withGrowth: boolean,
): Promise<{ readonly rows: readonly IdleRow[]; readonly growth: Growth | null }> {
  const site = await openIdleSite();
  const rows: IdleRow[] = [];
  let growth: Growth | null = null;
  let there = 0;
  try {
    if (replicas.some((count) => count > 1)) await site.redis.start();
    for (const size of sizes) {
      populate(site, places('idle', there, size));
      await takeOn(site, size - there);
      there = size;
      for (const count of replicas) {
        const row = await measure(site, size, count);
        rows.push(row);
        say(JSON.stringify(row));
      }
      if (withGrowth && growth === null && size >= TOUCHED) {
        growth = await growthOf(site);
        say(JSON.stringify(growth));
      }
    }
    return { rows, growth };
  } finally {
    await site.close();
  }
}
