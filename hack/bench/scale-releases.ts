import { setTimeout as delay } from 'node:timers/promises';
import { resourceFor } from '../testbed/api.ts';
import { until } from '../testbed/until.ts';
import { type Controllers, createControllers, type Figures, installationOn } from './scale-controllers.ts';
import { deploymentOf, type Place, PUSH, places } from './scale-objects.ts';
import { startScriptedPrometheus } from './scale-prometheus.ts';
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
  totalOf,
} from './scale-site.ts';
import { type Outside, watchOutside } from './scale-watch.ts';

/** Releases that begin at once. */
export interface ReleasesRow {
  readonly rollouts: number;
  readonly replicas: number;
  readonly releases: number;
  readonly promoted: number;
  readonly apiRequestsPerRelease: number;
  /** The same by verb and resource. */
  readonly requests: Readonly<Record<string, number>>;
  /** From the first ready pod of the new version to its first share of the traffic, seen from outside. */
  readonly firstWeightP50Seconds: number;
  readonly firstWeightP99Seconds: number;
  readonly firstWeightMaxSeconds: number;
  /** From the push to the end of the last. */
  readonly seconds: number;
  /** Passes a second on the whole, and in the busiest five seconds. */
  readonly decisionsPerSecond: number;
  readonly peakDecisionsPerSecond: number;
  readonly conflictShare: number;
  readonly queriesPerSecond: number;
  readonly rssMB: number;
  readonly cpuPercent: number;
  readonly loopP99Ms: number;
  readonly loopMaxMs: number;
}

const LOOK_MS = 5_000;
const LONGEST_MS = 420_000;
/** Pods that a node has addresses for, with some to spare. */
const PODS_PER_NODE = 200;
const PODS_PER_RELEASE = 3;

/** The value below which `share` of them are; they must not be empty. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

async function untilGated({ api }: ScaleSite, count: number): Promise<void> {
  await until(
    'all pods are ready and all Deployments gated',
    async () => {
      const { items } = await api.client.list(resourceFor('Deployment'), undefined, { limit: 5_000 });
      const good = items.filter(({ metadata, ...rest }) => {
        const { readyReplicas = 0 } = ((rest as { status?: object }).status ?? {}) as {
          readyReplicas?: number;
        };
        return readyReplicas > 0 && metadata.annotations?.['sluice.dev/gate'] !== undefined;
      });
      return good.length >= count;
    },
    { within: 240_000, every: 1_000 },
  );
}

/** Looks now and then until every release has ended or it takes too long. */
async function observe(controllers: Controllers, outside: Outside, count: number): Promise<Figures[]> {
  const looks = [await controllers.figures()];
  const last = performance.now() + LONGEST_MS;
  while (outside.ended.size < count && performance.now() < last) {
    await delay(LOOK_MS);
    looks.push(await controllers.figures());
  }
  return looks;
}

function ratesOf(looks: readonly Figures[]): number[] {
  return looks.slice(1).map((look, at) => {
    const before = looks[at] ?? look;
    return (1_000 * (look.passes - before.passes)) / (look.at - before.at);
  });
}

function rowOf(
  looks: readonly Figures[],
  outside: Outside,
  {
    count,
    replicas,
    queries,
  }: { readonly count: number; readonly replicas: number; readonly queries: number },
  counts: Readonly<Record<string, number>>,
): ReleasesRow {
  const [first, last] = [looks[0], looks.at(-1)] as [Figures, Figures];
  const seconds = (last.at - first.at) / 1_000;
  const passes = last.passes - first.passes;
  const waits = [...outside.weightAt].map(
    ([name, at]) => Math.max(0, at - (outside.readyAt.get(name) ?? at)) / 1_000,
  );
  const most = (pick: (look: Figures) => number): number => Math.max(...looks.slice(1).map(pick));
  return {
    rollouts: count,
    replicas,
    releases: count,
    promoted: [...outside.ended.values()].filter((phase) => phase === 'Promoted').length,
    apiRequestsPerRelease: rounded(totalOf(counts) / count),
    requests: Object.fromEntries(Object.entries(counts).map(([key, value]) => [key, rounded(value / count)])),
    firstWeightP50Seconds: rounded(quantile(waits, 0.5)),
    firstWeightP99Seconds: rounded(quantile(waits, 0.99)),
    firstWeightMaxSeconds: rounded(quantile(waits, 1)),
    seconds: rounded(seconds, 1),
    decisionsPerSecond: rounded(passes / seconds, 1),
    peakDecisionsPerSecond: rounded(Math.max(...ratesOf(looks)), 1),
    conflictShare: rounded((last.conflicts - first.conflicts) / Math.max(1, passes), 4),
    queriesPerSecond: rounded(queries / seconds, 1),
    rssMB: rounded(
      most(({ rssMb }) => rssMb),
      1,
    ),
    cpuPercent: rounded((100 * (last.cpuSeconds - first.cpuSeconds)) / seconds, 1),
    loopP99Ms: rounded(
      most(({ loopP99Ms }) => loopP99Ms),
      1,
    ),
    loopMaxMs: rounded(
      most(({ loopMaxMs }) => loopMaxMs),
      1,
    ),
  };
}

async function playAll(site: ScaleSite, where: readonly Place[], replicas: number): Promise<ReleasesRow> {
  const outside = await watchOutside(site);
  const prometheus = await startScriptedPrometheus((app, hash) => outside.isThere(app, hash));
  const controllers = createControllers(await installationOn(site.access), prometheus.url, replicas);
  try {
    await controllers.start();
    await untilGated(site, where.length);
    say(`${where.length} versions are being pushed at once, ${replicas} replicas`);
    const began = Date.now();
    const pushing = forEach(where, (place) =>
      site.api.client.patch(resourceFor('Deployment'), place, 'json', PUSH),
    );
    const looks = await observe(controllers, outside, where.length);
    await pushing;
    const counts = await requestsIn(site, began, Date.now());
    const queries = prometheus.answered();
    say(`for each release: ${listed(counts, where.length)}`);
    return rowOf(looks, outside, { count: where.length, replicas, queries }, counts);
  } finally {
    await controllers.stop();
    prometheus.close();
    outside.stop();
  }
}

/** Rows for so many releases at once and each number of replicas, each on a cluster of its own whose pods are ready at once. */
export async function benchReleases(
  sizes: readonly number[],
  replicas: readonly number[],
): Promise<readonly ReleasesRow[]> {
  const rows: ReleasesRow[] = [];
  for (const size of sizes) {
    for (const count of replicas) {
      const site = await openScaleSite(Math.max(1, Math.ceil((size * PODS_PER_RELEASE) / PODS_PER_NODE)));
      try {
        const where = places('busy', 0, size);
        await populate(site, where, (place) => create(site, deploymentOf(place)));
        const row = await playAll(site, where, count);
        rows.push(row);
        say(JSON.stringify(row));
      } finally {
        await site.close();
      }
    }
  }
  return rows;
}
