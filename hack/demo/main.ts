/**
 * `npm run demo`: the main job, on real parts, under real traffic. A good version is promoted, one with twice the p95 and
 * one with 5 % errors are rolled back; annotations drive the first half, a Rollout from YAML the second.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBinaries } from '../cluster/binaries/binaries.ts';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { attempt } from '../cluster/process/command.ts';
import { enterNamespace } from '../cluster/process/namespace.ts';
import { applyManifests } from '../install/manifests.ts';
import { startLoad } from '../load/load.ts';
import { accessOf } from '../testbed/access.ts';
import { type Api, openApi } from '../testbed/api.ts';
import { createController } from '../testbed/controller.ts';
import { countPods } from '../testbed/pods.ts';
import { push } from '../testbed/push.ts';
import { until } from '../testbed/until.ts';
import { play } from './play.ts';
import { type DemoReport, isAsExpected, summaryTable } from './report.ts';
import { BY_ANNOTATION, BY_ROLLOUT, SLO_MS } from './scenario.ts';
import { example, NAME, type Stage, untilGated } from './stage.ts';
import { createView } from './view.ts';

const RATE = 100;
const say = (line: string): void => console.log(line);

const ANNOTATIONS = {
  'sluice.dev/rollout': 'true',
  'sluice.dev/steps': '10,25,50',
  'sluice.dev/max-p95': `${SLO_MS}ms`,
  'sluice.dev/max-error-rate': '1%',
  'sluice.dev/interval': '3s',
};

async function prepare(cluster: Cluster): Promise<Api> {
  const { kubectl } = cluster.binaries;
  await applyManifests(
    (args, input) =>
      attempt(kubectl, ['--kubeconfig', cluster.kubeconfig, ...args], input === undefined ? {} : { input }),
    {
      controller: false,
    },
  );
  await cluster.kubectl('create', 'namespace', 'models');
  await cluster.apply(await example('workload.yaml'), '--namespace=models');
  const api = await openApi(cluster, 'models');
  await until('the three pods of v1 are ready', async () => {
    const status = (await api.get('Deployment', NAME))?.['status'] as { readyReplicas?: number } | undefined;
    return status?.readyReplicas === 3;
  });
  return api;
}

/** Takes the annotations off, writes the serving template back, and puts the Rollout from YAML in their place. */
async function switchToRollout({ api, cluster }: Stage): Promise<void> {
  const served = BY_ANNOTATION.find(({ expected }) => expected === 'Promoted');
  if (served !== undefined) await push(api, NAME, served);
  const nothing = Object.fromEntries(Object.keys(ANNOTATIONS).map((key) => [key, null]));
  await api.merge('Deployment', NAME, { metadata: { annotations: nothing } });
  await until(
    'the Rollout of the annotations is gone',
    async () => (await api.get('Rollout', NAME)) === null,
  );
  await cluster.apply(await example('rollout.yaml'), '--namespace=models');
  await untilGated(api, 'sentiment-policy');
}

async function perform(stage: Stage): Promise<DemoReport> {
  const { api, controller } = stage;
  const began = performance.now();
  await api.merge('Deployment', NAME, { metadata: { annotations: ANNOTATIONS } });
  await untilGated(api, NAME);
  const idle = await controller.rssMb();
  say(`\nThe Deployment is annotated; the controller takes ${Math.round(idle)} MB. New versions come now.\n`);
  const releases = [];
  for (const pushed of BY_ANNOTATION) releases.push(await play(stage, pushed));
  say('\nThe annotations are taken off; from here on a Rollout from YAML is the policy.\n');
  await switchToRollout(stage);
  for (const pushed of BY_ROLLOUT) releases.push(await play(stage, pushed));
  const busy = await controller.rssMb();
  return { releases, controllerRssMb: { idle, busy }, seconds: (performance.now() - began) / 1_000 };
}

async function run(cluster: Cluster): Promise<DemoReport> {
  const api = await prepare(cluster);
  const access = await accessOf(cluster);
  const controller = createController(access);
  await controller.start();
  say('the controller runs, under its own ServiceAccount');
  const load = startLoad({
    url: `${cluster.gatewayUrl}/predict`,
    host: 'sentiment.example',
    rate: RATE,
    seconds: 900,
  });
  const pods = await countPods(api, `app=${NAME}`);
  try {
    return await perform({ cluster, access, api, controller, load, pods, view: createView(process.stdout) });
  } finally {
    pods.stop();
    await load.stop();
    await controller.stop();
  }
}

function tell(report: DemoReport): boolean {
  const { releases, controllerRssMb, seconds } = report;
  say(`\n${summaryTable(releases)}\n`);
  const { idle, busy } = controllerRssMb;
  say(`controller memory: ${Math.round(idle)} MB idle, ${Math.round(busy)} MB after four releases`);
  say(`took ${Math.round(seconds)} s, at ${RATE} requests a second`);
  const good = releases.every(isAsExpected);
  say(good ? 'Every release ended as it should.' : 'NOT every release ended as it should.');
  return good;
}

const { values } = parseArgs({
  options: { report: { type: 'string' }, keep: { type: 'boolean', default: false } },
});
await ensureBinaries({ log: (line) => say(`setup: ${line}`) });
await enterNamespace();
const root = await mkdtemp(join(tmpdir(), 'sluice-demo-'));
const cluster = await startCluster({ dir: join(root, 'cluster'), log: (line) => say(`cluster: ${line}`) });
try {
  const report = await run(cluster);
  process.exitCode = tell(report) ? 0 : 1;
  if (values.report !== undefined) await writeFile(values.report, `${JSON.stringify(report, null, 2)}\n`);
} finally {
  await cluster.stop();
  if (values.keep) say(`state and logs are in ${root}`);
  else await rm(root, { recursive: true, force: true });
}
