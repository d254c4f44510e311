import { copyFile, readFile } from 'node:fs/promises';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { addresses } from '../../../hack/cluster/addresses.ts';
import { applyManifests } from '../../../hack/install/manifests.ts';
import { isFailed } from '../../../hack/load/record.ts';
import { createController } from '../../../hack/testbed/controller.ts';
import { newCredential } from '../../../hack/testbed/credential.ts';
import { MODEL, QUICK } from '../../../hack/testbed/model.ts';
import { onSite, type Pushed, type Site } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import type { KubeObject } from '../../../src/api/meta.ts';
import { FOREIGN_CRD } from '../foreign-rollouts.ts';
import { type Client, createClient } from '../kubectl.ts';

const access = inject('access');
const root = createClient(access);
const controller = createController(access, { name: 'uninstall' });
const OURS = 'rollouts.sluice.dev,releases.sluice.dev';
const OWN = ['app.kubernetes.io/managed-by=sluice'];

/** As manifests/README.md has it; without a controller nothing else takes the finalizers off. */
async function takeFinalizersOff(kubectl: Client): Promise<void> {
  const names = await kubectl.ok(['get', OURS, '-o', 'name']);
  for (const name of names.split('\n').filter((line) => line !== ''))
    await kubectl.ok(['patch', name, '--type=merge', '-p', '{"metadata":{"finalizers":null}}']);
}

const FOREIGN_ROLLOUT = JSON.stringify({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { name: MODEL, finalizers: ['example.com/keep'] },
});

/** Plays while the API server has Rollouts of another product, and answers what became of one of them. */
async function besideAnother(kubectl: Client, play: () => Promise<void>): Promise<KubeObject> {
  await root.ok(['create', '-f', '-'], FOREIGN_CRD);
  try {
    await root.ok(['wait', '--for=condition=Established', '--timeout=60s', 'crd/rollouts.argoproj.io']);
    await until(
      'it can be created',
      async () => (await kubectl.run(['create', '-f', '-'], FOREIGN_ROLLOUT)).code === 0,
    );
    await play();
    return await kubectl.get('rollouts.argoproj.io', MODEL);
  } finally {
    const free = '{"metadata":{"finalizers":null}}';
    await kubectl.run(['patch', 'rollouts.argoproj.io', MODEL, '--type=merge', '-p', free]);
    await root.ok(['delete', 'crd', 'rollouts.argoproj.io', '--timeout=60s']);
  }
}

/** Installs by the commands of manifests/README.md, each of which must succeed at its first run. */
async function installAsDocumented(): Promise<void> {
  const readme = await readFile(new URL('../../../manifests/README.md', import.meta.url), 'utf8');
  const block = /```sh\n(.*?)```/s.exec(readme)?.[1] ?? '';
  const commands = block.split('\n').filter((line) => line.startsWith('kubectl '));
  expect(commands).toHaveLength(3);
  // oxlint-disable-next-line no-await-in-loop -- in this order
  for (const command of commands) await root.ok(command.split(' ').slice(1));
  // The controller of these tests runs outside of the cluster.
  await root.ok(['delete', 'deployment', 'sluice', '-n', 'sluice-system']);
}

/** Puts all of it back, for this file and those after it: the ServiceAccount is another one, with other tokens. */
async function reinstall(): Promise<void> {
  await applyManifests(root.run, { controller: false });
  const { kubeconfig } = await newCredential(access, 'uninstall');
  await copyFile(kubeconfig, access.controllerKubeconfig);
}

const routesOf = async ({ api }: Site): Promise<unknown> =>
  (await api.get('VirtualService', MODEL))?.['spec'];
const podsOf = async (site: Site): Promise<string[]> =>
  (await site.pods()).map(({ metadata }) => metadata.uid ?? '').toSorted();

interface Before {
  readonly pods: readonly string[];
  readonly routes: unknown;
  readonly kubectl: Client;
}

/** Brings a release to its first step, with traffic. */
async function begin(site: Site): Promise<[Pushed, Before]> {
  await controller.start();
  await site.untilGated();
  const kubectl = root.with('--namespace', site.namespace);
  const before = { pods: await podsOf(site), routes: await routesOf(site), kubectl };
  const v2 = await site.push('v2');
  await site.untilIn(v2, 'Stepping', 'Analysing');
  return [v2, before];
}

/** The last requests were answered by one version, and none of all has failed. */
async function untilOnly(site: Site, version: string): Promise<void> {
  await until(`only ${version} answers`, async () => {
    const last = (await site.recordsNow()).slice(-20);
    return last.every((one) => one.version === version);
  });
  expect(site.records().filter(isFailed)).toEqual([]);
}

async function expectStableAlone(site: Site, before: Before): Promise<void> {
  await until('the canary is gone', async () => (await site.api.list('ReplicaSet')).length === 1);
  expect(await routesOf(site)).toStrictEqual(before.routes);
  expect(await site.api.list('DestinationRule')).toEqual([]);
  expect(await podsOf(site)).toEqual(before.pods);
  await untilOnly(site, 'v1');
  expect(await site.deployment()).toMatchObject({ version: 'v2', paused: true });
}

/** The gateway has routes of the model that name no subset; a person waits some seconds for that. */
async function untilWhole({ namespace }: Site): Promise<void> {
  const subset = new RegExp(`outbound\\|80\\|[^|]+\\|${MODEL}\\.${namespace}\\.`);
  const page = `http://127.0.0.1:${addresses.ports.gatewayAdmin}/config_dump?resource=dynamic_route_configs`;
  await until('the gateway names no subset', async () => {
    const text = await (await fetch(page)).text();
    return text.includes(`${MODEL}.${namespace}.`) && !subset.test(text);
  });
}

async function letThrough(site: Site, kubectl: Client): Promise<void> {
  await kubectl.ok(['rollout', 'resume', `deployment/${MODEL}`]);
  await kubectl.ok(['rollout', 'status', `deployment/${MODEL}`, '--timeout=120s']);
  await untilOnly(site, 'v2');
}

describe('in the middle of a release', () => {
  afterEach(() => controller.stop());

  it('uninstalled as manifests/README.md says, stable keeps serving, the held Deployment is anybody’s to resume, and it is installed again as documented', async () => {
    await onSite(access, { annotations: QUICK }, async (site) => {
      const [, before] = await begin(site);
      const { kubectl } = before;
      await kubectl.ok(['annotate', 'deployment', MODEL, 'sluice.dev/rollout-']);
      await until('the Rollout is gone', async () => (await site.api.list('Rollout')).length === 0);
      await expectStableAlone(site, before);
      try {
        await controller.stop();
        await root.ok(['delete', '-k', 'manifests', '--ignore-not-found', '--timeout=120s']);
        await expectStableAlone(site, before);
        await letThrough(site, kubectl);
        expect((await site.deployment()).paused).toBe(false);
        await installAsDocumented();
      } finally {
        await reinstall();
      }
    });
  });

  it('its CRDs are deleted, the routes are put back first, and it works again once they are there', async () => {
    await onSite(access, { annotations: QUICK }, async (site) => {
      const [, before] = await begin(site);
      try {
        await root.ok(['delete', '-k', 'manifests/crds', '--timeout=120s']);
        await expectStableAlone(site, before);
        expect(controller.running).toBe(true);
      } finally {
        await reinstall();
      }
      await letThrough(site, before.kubectl);
      await site.untilGated();
      const v3 = await site.push('v3');
      await site.untilIn(v3, 'Stepping', 'Analysing');
    });
  });

  it('the controller goes and does not come back: what is there serves on, and people end it by hand', async () => {
    await onSite(access, { annotations: QUICK }, async (site) => {
      const [, before] = await begin(site);
      const { kubectl } = before;
      const manifest = JSON.stringify({
        apiVersion: 'networking.istio.io/v1',
        kind: 'VirtualService',
        metadata: { name: MODEL },
        spec: before.routes,
      });
      await until('v2 gets requests', async () =>
        (await site.recordsNow()).some(({ version }) => version === 'v2'),
      );
      await controller.stop();
      const { length } = site.records();
      await until('a hundred more requests', () => site.records().length > length + 100);
      expect(site.records().filter(isFailed)).toEqual([]);
      await kubectl.ok(['rollout', 'resume', `deployment/${MODEL}`]);
      expect(await site.deployment()).toMatchObject({ version: 'v2', paused: true });

      await kubectl.ok(['apply', '--server-side', '--force-conflicts', '-f', '-'], manifest);
      await untilWhole(site);
      await kubectl.ok(['delete', 'destinationrules,replicasets', '-l', ...OWN]);
      await kubectl.ok(['annotate', 'deployment', MODEL, 'sluice.dev/rollout=off', '--overwrite']);
      const foreign = await besideAnother(kubectl, async () => {
        await kubectl.ok(['delete', OURS, '--all', '--wait=false']);
        expect(await site.api.list('Release')).toHaveLength(1);
        await takeFinalizersOff(kubectl);
      });
      expect(foreign.metadata).toMatchObject({ finalizers: ['example.com/keep'] });
      expect(foreign.metadata.deletionTimestamp).toBeUndefined();
      await expectStableAlone(site, before);
      await letThrough(site, kubectl);
    });
  });

  it('its namespace is deleted while the controller is gone: finalizers hold it, and the documented way ends it', async () => {
    await onSite(access, { annotations: QUICK }, async (site) => {
      const [, { kubectl }] = await begin(site);
      await controller.stop();
      await kubectl.ok(['delete', 'namespace', site.namespace, '--wait=false']);
      await until('all is gone but what is held', async () => {
        const left = await Promise.all([site.api.list('Pod'), site.api.list('Deployment')]);
        return left.every((objects) => objects.length === 0);
      });
      expect(await site.api.list('Release')).toHaveLength(1);
      await takeFinalizersOff(kubectl);
      await until(
        'the namespace is gone',
        async () => (await site.api.get('Namespace', site.namespace)) === null,
      );
    });
  });
});
