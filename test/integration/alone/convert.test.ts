import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, inject, it } from 'vitest';
import { isFailed } from '../../../hack/load/record.ts';
import { createController } from '../../../hack/testbed/controller.ts';
import { MODEL } from '../../../hack/testbed/model.ts';
import { openSite, type Site } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import type { KubeObject } from '../../../src/api/meta.ts';
import { FOREIGN_CRD, foreignCrd } from '../foreign-rollouts.ts';
import { createClient } from '../kubectl.ts';

const access = inject('access');
const run = promisify(execFile);
/** kubectl remembers kinds: elsewhere `rollouts` are ours alone. */
const CACHE = `--cache-dir=${join(access.dir, 'kubectl-of-convert')}`;
const root = createClient(access, [CACHE]);
const CLI = new URL('../../../src/cli/main.ts', import.meta.url).pathname;
const HASH = { 'rollouts-pod-template-hash': 'abc' };

const SERVICES = { stableService: MODEL, canaryService: `${MODEL}-canary` };

function argoRollout(template: unknown): KubeObject {
  const istio = { virtualService: { name: MODEL, routes: ['predict'] } };
  const canary = {
    ...SERVICES,
    maxSurge: 1,
    maxUnavailable: 0,
    trafficRouting: { istio },
    steps: [{ setWeight: 25 }],
  };
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: MODEL },
    spec: { replicas: 2, selector: { matchLabels: { app: MODEL } }, template, strategy: { canary } },
    status: { stableRS: 'abc', phase: 'Healthy' },
  };
}

/** Puts the workload into the hands of the other product: its ReplicaSet serves, by its Services and routes. */
async function handOver(site: Site): Promise<readonly KubeObject[]> {
  const kubectl = root.with('--namespace', site.namespace);
  const deployment = (await site.deployment()).object['spec'] as {
    template: { metadata: { labels: object } };
  };
  const rollout = argoRollout(deployment.template);
  await kubectl.ok(['create', '-f', '-'], JSON.stringify(rollout));
  const { metadata } = await kubectl.get('rollouts.argoproj.io', MODEL);
  const owner = {
    apiVersion: rollout.apiVersion,
    kind: 'Rollout',
    name: MODEL,
    uid: metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  const labels = { app: MODEL, ...HASH };
  const template = { ...deployment.template, metadata: { ...deployment.template.metadata, labels } };
  await site.api.create({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: `${MODEL}-abc`, labels, ownerReferences: [owner] as never },
    spec: { replicas: 2, selector: { matchLabels: labels }, template },
  });
  await until('its pods are ready', async () => {
    const set = await site.api.get('ReplicaSet', `${MODEL}-abc`);
    return (set?.['status'] as { readyReplicas?: number } | undefined)?.readyReplicas === 2;
  });
  const service = await kubectl.get('service', MODEL);
  const { ports } = service['spec'] as { ports: unknown };
  await kubectl.ok(
    ['create', '-f', '-'],
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: SERVICES.canaryService },
      spec: { ports, selector: labels },
    }),
  );
  await site.api.merge('Service', MODEL, { spec: { selector: HASH } });
  const route = [
    { destination: { host: MODEL }, weight: 100 },
    { destination: { host: SERVICES.canaryService }, weight: 0 },
  ];
  await site.api.patch('VirtualService', MODEL, [
    { op: 'replace', path: '/spec/http/0/route', value: route },
  ]);
  await site.traffic(3_000);
  await site.api.remove('Deployment', MODEL);
  await until('only its pods are left', async () => (await site.pods()).length === 2);
  const virtualService = await kubectl.get('virtualservice', MODEL);
  return [{ ...rollout, metadata: { ...rollout.metadata, namespace: site.namespace } }, virtualService];
}

/** What `sluice convert` reads: a file with objects, or the cluster. */
const fileOf = async (folder: string, objects: readonly KubeObject[]): Promise<readonly string[]> => {
  const file = join(folder, 'argo.yaml');
  await writeFile(file, objects.map((one) => JSON.stringify(one)).join('\n---\n'));
  return [file];
};

/** Writes what `sluice convert` makes of its source, and runs its plan as it is printed. */
async function move(source: readonly string[], folder: string): Promise<void> {
  const bin = join(folder, 'bin');
  await mkdir(bin);
  const env = { ...process.env, PATH: `${bin}:${process.env['PATH']}`, KUBECONFIG: access.kubeconfig };
  const convert = async (...flags: string[]): Promise<string> => {
    const converting = run(process.execPath, [CLI, 'convert', ...source, ...flags], { env });
    // Something refused is exit code 1, and all the rest is written.
    return (await converting.catch((error: { stdout: string }) => error)).stdout;
  };
  await writeFile(join(folder, 'sluice.yaml'), await convert());
  await writeFile(join(folder, 'plan.sh'), await convert('--plan'));
  const exec = { mode: 0o755 };
  await writeFile(join(bin, 'kubectl'), `#!/bin/sh\nexec ${access.kubectl} ${CACHE} "$@"\n`, exec);
  await writeFile(
    join(bin, 'sluice'),
    `#!/bin/sh\nexec ${process.execPath} ${CLI} "$@" --prometheus-url ${access.prometheusUrl}\n`,
    exec,
  );
  await run('sh', ['-e', 'plan.sh'], { cwd: folder, env });
}

describe('a move from Argo Rollouts', () => {
  it('as sluice convert --plan prints it loses no request, and the workload is gated afterwards', async () => {
    await root.ok(['create', '-f', '-'], FOREIGN_CRD);
    const site = await openSite(access, { rate: 60, replicas: 2 });
    const folder = await mkdtemp(join(tmpdir(), 'sluice-move-'));
    const controller = createController(access, { name: 'convert' });
    try {
      await root.ok(['wait', '--for=condition=Established', '--timeout=60s', 'crd/rollouts.argoproj.io']);
      await controller.start();
      const objects = await handOver(site);
      await site.traffic(2_000);
      const before = site.records().length;
      const old = (await site.pods()).map(({ metadata }) => metadata.uid);
      await move(await fileOf(folder, objects), folder);
      await site.untilGated();
      await site.traffic(2_000);
      const records = site.records().slice(before);
      expect(records.length).toBeGreaterThan(500);
      expect(records.filter(isFailed)).toEqual([]);
      const pods = await site.pods();
      expect(pods.map(({ metadata }) => metadata.uid).filter((uid) => old.includes(uid))).toEqual([]);
      expect(pods).toHaveLength(2);
      expect((await site.api.get('Service', MODEL))?.['spec']).toMatchObject({ selector: { app: MODEL } });
    } finally {
      await site.close();
      await controller.stop();
      await root.run(['delete', 'crd', 'rollouts.argoproj.io', '--timeout=60s']);
      await rm(folder, { recursive: true });
    }
  });
});

const PRIMARY = `${MODEL}-primary`;
const CANARY = `${MODEL}-canary`;

function canaryOf({ host }: Site): KubeObject {
  return {
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    metadata: { name: MODEL, finalizers: ['finalizer.flagger.app'] },
    spec: {
      provider: 'istio',
      revertOnDeletion: true,
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: MODEL },
      service: { port: 80, targetPort: 8080, gateways: [MODEL, 'mesh'], hosts: [host], timeout: '5s' },
      analysis: { interval: '5s', threshold: 5, stepWeight: 25, maxWeight: 50 },
    },
    status: { phase: 'Initialized', canaryWeight: 0 },
  };
}

/** Puts the workload into the hands of Flagger: a copy of the Deployment serves, and all that it makes belongs to the Canary. */
async function handToFlagger(site: Site): Promise<void> {
  const kubectl = root.with('--namespace', site.namespace);
  await kubectl.ok(['create', '-f', '-'], JSON.stringify(canaryOf(site)));
  const { metadata } = await kubectl.get('canaries.flagger.app', MODEL);
  const { apiVersion, kind } = canaryOf(site);
  const owner = {
    apiVersion,
    kind,
    name: MODEL,
    uid: metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  const ownerReferences = [owner] as never;
  const { template } = (await site.deployment()).object['spec'] as {
    template: { metadata: { labels: object } };
  };
  const labels = { app: PRIMARY };
  await site.api.create({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: PRIMARY, labels, ownerReferences },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  });
  await until('its pods are ready', async () => {
    const copy = await site.api.get('Deployment', PRIMARY);
    return (copy?.['status'] as { readyReplicas?: number } | undefined)?.readyReplicas === 2;
  });
  const { ports } = (await kubectl.get('service', MODEL))['spec'] as { ports: unknown };
  for (const [name, app] of [
    [PRIMARY, PRIMARY],
    [CANARY, MODEL],
  ]) {
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name, ownerReferences } };
    // oxlint-disable-next-line no-await-in-loop -- two of them
    await kubectl.ok(
      ['create', '-f', '-'],
      JSON.stringify({ ...service, spec: { ports, selector: { app } } }),
    );
    const rule = { apiVersion: 'networking.istio.io/v1', kind: 'DestinationRule' };
    // oxlint-disable-next-line no-await-in-loop
    await kubectl.ok(
      ['create', '-f', '-'],
      JSON.stringify({ ...rule, metadata: { name, ownerReferences }, spec: { host: name } }),
    );
  }
  await site.traffic(3_000);
  await site.api.merge('Service', MODEL, { metadata: { ownerReferences }, spec: { selector: labels } });
  const route = [
    { destination: { host: PRIMARY }, weight: 100 },
    { destination: { host: CANARY }, weight: 0 },
  ];
  await site.api.merge('VirtualService', MODEL, {
    metadata: { ownerReferences },
    spec: { http: [{ timeout: '5s', route }] },
  });
  await site.traffic(3_000);
  await site.api.merge('Deployment', MODEL, { spec: { replicas: 0 } });
  await until('only the copy is left', async () => (await site.pods()).length === 0);
}

describe('a move from Flagger', () => {
  it('as sluice convert --from-cluster --plan prints it loses no request, and the workload is gated afterwards', async () => {
    const crd = foreignCrd('flagger.app', 'v1beta1', 'Canary', 'canaries');
    await root.ok(['create', '-f', '-'], JSON.stringify(crd));
    const site = await openSite(access, { rate: 60, replicas: 2 });
    const folder = await mkdtemp(join(tmpdir(), 'sluice-move-'));
    const controller = createController(access, { name: 'convert' });
    try {
      await root.ok(['wait', '--for=condition=Established', '--timeout=60s', 'crd/canaries.flagger.app']);
      await controller.start();
      await handToFlagger(site);
      await site.traffic(2_000);
      const before = site.records().length;
      await move(['--from-cluster', '-n', site.namespace], folder);
      await site.untilGated();
      await site.traffic(2_000);
      const records = site.records().slice(before);
      expect(records.length).toBeGreaterThan(500);
      expect(records.filter(isFailed)).toEqual([]);
      const kubectl = root.with('--namespace', site.namespace);
      const left = 'deployments,services,destinationrules,virtualservices,canaries.flagger.app';
      const { stdout } = await kubectl.run(['get', left, '-o', 'name']);
      expect(stdout.trim().split('\n').toSorted()).toEqual([
        `deployment.apps/${MODEL}`,
        `service/${MODEL}`,
        `virtualservice.networking.istio.io/${MODEL}`,
      ]);
      expect(await site.pods()).toHaveLength(2);
      const virtualService = await site.api.get('VirtualService', MODEL);
      expect(virtualService?.metadata.ownerReferences ?? []).toEqual([]);
      expect(virtualService).toHaveProperty('spec.http', [
        { timeout: '5s', route: [{ destination: { host: MODEL } }] },
      ]);
    } finally {
      await site.close();
      await controller.stop();
      await root.run(['delete', 'crd', 'canaries.flagger.app', '--timeout=60s']);
      await rm(folder, { recursive: true });
    }
  });
});
