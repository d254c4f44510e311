import { setTimeout as delay } from 'node:timers/promises';
import { resourceFor } from '../lab/api.ts';
import { totalOf } from '../lab/audit.ts';
import { until } from '../lab/until.ts';
import { type Controllers, createControllers, type Figures } from './scale-controllers.ts';
import {
  DEPLOYMENT_STATUS,
  deploymentOf,
  type Place,
  places,
  REPLICA_SET_STATUS,
  replicaSetOf,
} from './scale-objects.ts';
import {
  create,
  forEach,
  listed,
  openScaleSite,
  populate,
  requestsIn,
  rounded,
  type ScaleSite,
  say,
} from './scale-site.ts';

/** A number of Rollouts to which nothing happens. */
export interface IdleRow {
  readonly rollouts: number;
  readonly replicas: number;
  readonly idleApiRequestsPerMinute: number;
  readonly rssMB: number;
  readonly cpuPercent: number;
  readonly heapMB: number;
  readonly loopP99Ms: number;
  /** From the start of the processes until everything was in memory and had been looked at once. */
  readonly settleSeconds: number;
}

/** What a process has gained in many passes over things that do not change. */
export interface Growth {
  readonly passes: number;
  readonly rssBeforeMB: number;
  readonly rssAfterMB: number;
  readonly heapBeforeMB: number;
  readonly heapAfterMB: number;
}

const IDLE_MS = 40_000;
const PATIENCE = { within: 300_000, every: 1_000 };
const NOWHERE = 'http://127.0.0.1:9';

async function workload(site: ScaleSite, place: Place): Promise<void> {
  const deployment = await create(site, deploymentOf(place));
  const set = await create(site, replicaSetOf(deployment));
  const { client } = site.api;
  const { namespace, name } = set.metadata;
  await client.patch(resourceFor('ReplicaSet'), { namespace, name, subresource: 'status' }, 'merge', {
    status: REPLICA_SET_STATUS,
  });
  await client.patch(resourceFor('Deployment'), { ...place, subresource: 'status' }, 'merge', {
    status: DEPLOYMENT_STATUS,
  });
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

async function measure(site: ScaleSite, rollouts: number, replicas: number): Promise<IdleRow> {
  const controllers = await createControllers(site.access, NOWHERE, replicas);
  const began = performance.now();
  await controllers.start();
  try {
    await untilQuiet(controllers, rollouts);
    const settleSeconds = (performance.now() - began) / 1_000;
    const first = await controllers.figures();
    await delay(IDLE_MS);
    const last = await controllers.figures();
    const counts = await requestsIn(site, first.at, last.at);
    const minutes = (last.at - first.at) / 60_000;
    if (totalOf(counts) > 0) say(`idle requests: ${listed(counts, minutes)}`);
    return {
      rollouts,
      replicas,
      idleApiRequestsPerMinute: rounded(totalOf(counts) / minutes),
      rssMB: rounded(last.rssMb, 1),
      cpuPercent: rounded((100 * (last.cpuSeconds - first.cpuSeconds)) / (60 * minutes)),
      heapMB: rounded(last.heapMb, 1),
      loopP99Ms: rounded(last.loopP99Ms),
      settleSeconds: rounded(settleSeconds, 1),
    };
  } finally {
    await controllers.stop();
  }
}

/** The first process to see new Rollouts has work with them: finalizer, gate and status. */
async function onboard(site: ScaleSite, added: number): Promise<void> {
  const controllers = await createControllers(site.access, NOWHERE, 1);
  const began = Date.now();
  await controllers.start();
  try {
    const { rssMb } = await untilQuiet(controllers, added);
    const counts = await requestsIn(site, began, Date.now());
    const seconds = rounded((Date.now() - began) / 1_000, 1);
    say(
      `${added} Rollouts taken on in ${seconds} s, ${rounded(rssMb)} MB; for each: ${listed(counts, added)}`,
    );
  } finally {
    await controllers.stop();
  }
}

/** Touches Rollouts until so many passes have run. */
async function touch(
  site: ScaleSite,
  where: readonly Place[],
  controllers: Controllers,
  passes: number,
): Promise<Figures> {
  const { client } = site.api;
  const resource = resourceFor('Rollout');
  const target = (await controllers.figures()).passes + passes;
  for (let round = 0; (await controllers.figures()).passes < target; round++)
    await forEach(where, (place) =>
      client.patch(resource, place, 'merge', { metadata: { annotations: { touched: `${Date.now()}` } } }),
    );
  await delay(5_000);
  return controllers.figures();
}

async function growthOf(site: ScaleSite, where: readonly Place[]): Promise<Growth> {
  const controllers = await createControllers(site.access, NOWHERE, 1);
  await controllers.start();
  try {
    const before = await touch(site, where, controllers, 3_000);
    const after = await touch(site, where, controllers, 10_000);
    return {
      passes: after.passes - before.passes,
      rssBeforeMB: rounded(before.rssMb, 1),
      rssAfterMB: rounded(after.rssMb, 1),
      heapBeforeMB: rounded(before.heapMb, 1),
      heapAfterMB: rounded(after.heapMb, 1),
    };
  } finally {
    await controllers.stop();
  }
}

/**
 * Rows for so many idle Rollouts and each number of replicas. Each Rollout has a Deployment, its ReplicaSet, a Service
 * and a VirtualService; pods are left out, since the controller does not watch them.
 */
export async function benchIdle(
  sizes: readonly number[],
  replicas: readonly number[],
  withGrowth: boolean,
): Promise<{ readonly rows: readonly IdleRow[]; readonly growth: Growth | null }> {
  const site = await openScaleSite(0);
  const rows: IdleRow[] = [];
  let growth: Growth | null = null;
  let there = 0;
  try {
    for (const size of sizes) {
      say(`${size} Rollouts are being made`);
      await populate(site, places('idle', there, size), (place) => workload(site, place));
      await onboard(site, size - there);
      there = size;
      for (const count of replicas) {
        const row = await measure(site, size, count);
        rows.push(row);
        say(JSON.stringify(row));
      }
      if (withGrowth && growth === null && size >= 100) {
        growth = await growthOf(site, places('idle', 0, 100));
        say(JSON.stringify(growth));
      }
    }
    return { rows, growth };
  } finally {
    await site.close();
  }
}
