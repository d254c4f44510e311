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
import { FOREIGN_CRD } from '../foreign-rollouts.ts';
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

/** Writes what `sluice convert` makes of the objects, and runs its plan as it is printed. */
async function move(objects: readonly KubeObject[], folder: string): Promise<void> {
  const bin = join(folder, 'bin');
  await mkdir(bin);
  const argo = join(folder, 'argo.yaml');
  await writeFile(argo, objects.map((one) => JSON.stringify(one)).join('\n---\n'));
  const convert = async (...flags: string[]): Promise<string> =>
    (await run(process.execPath, [CLI, 'convert', argo, ...flags])).stdout;
  await writeFile(join(folder, 'sluice.yaml'), await convert());
  await writeFile(join(folder, 'plan.sh'), await convert('--plan'));
  const exec = { mode: 0o755 };
  await writeFile(join(bin, 'kubectl'), `#!/bin/sh\nexec ${access.kubectl} ${CACHE} "$@"\n`, exec);
  await writeFile(
    join(bin, 'sluice'),
    `#!/bin/sh\nexec ${process.execPath} ${CLI} "$@" --prometheus-url ${access.prometheusUrl}\n`,
    exec,
  );
  const env = { ...process.env, PATH: `${bin}:${process.env['PATH']}`, KUBECONFIG: access.kubeconfig };
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
      await move(objects, folder);
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
