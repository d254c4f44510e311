import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GenericContainer, type StartedTestContainer } from 'testcontainers';
import { parse } from 'yaml';
import { ensureBinaries } from '../cluster/binaries/binaries.ts';
import { kubeconfig as kubeconfigText } from '../cluster/parts/kubeconfig.ts';
import { attempt, run } from '../cluster/process/command.ts';
import { applyManifests, type Kubectl } from '../install/manifests.ts';
import type { Access } from '../testbed/access.ts';
import { kubeconfigOf, loadModelServer, NODE_PORTS, startNode } from './node.ts';
import { istioManifests, otherManifests } from './parts.ts';

/** A cluster of kind's node image, with all that the tests need beside it. */
export interface KindCluster {
  readonly access: Access;
  readonly stop: () => Promise<void>;
}

interface AdminConfig {
  readonly clusters: readonly {
    readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string };
  }[];
}

async function install(kubectl: Kubectl): Promise<void> {
  const apply = async (manifests: string): Promise<void> => {
    const { code, stderr } = await kubectl(['apply', '--server-side', '-f', '-'], manifests);
    if (code !== 0) throw new Error(`kubectl apply: ${stderr}`);
  };
  const istio = await istioManifests();
  await kubectl(['create', 'namespace', 'istio-system']);
  // The kinds of the CRDs in it are not known before the first time is over.
  await apply(istio).catch(() => apply(istio));
  await apply(otherManifests());
  for (const namespace of ['istio-system', 'monitoring']) {
    const ready = ['wait', '--for=condition=Available', 'deployment', '--all', '--timeout=300s'];
    const { code, stderr } = await kubectl(['--namespace', namespace, ...ready]);
    if (code !== 0) throw new Error(`namespace ${namespace}: ${stderr}`);
  }
  await applyManifests(kubectl, { controller: false });
}

async function controllerKubeconfig(dir: string, admin: string, kubectl: string): Promise<string> {
  const args = ['--kubeconfig', join(dir, 'admin.kubeconfig'), '--namespace', 'sluice-system'];
  const token = await run(kubectl, [...args, 'create', 'token', 'sluice', '--duration=24h']);
  const { cluster } = (parse(admin) as AdminConfig).clusters[0] ?? {};
  const file = join(dir, 'controller.kubeconfig');
  const text = kubeconfigText({
    server: cluster?.server ?? '',
    authority: cluster?.['certificate-authority-data'] ?? '',
    user: 'sluice-system.sluice',
    credentials: { token: token.trim() },
  });
  await writeFile(file, text, { mode: 0o600 });
  return file;
}

async function prepare(
  node: StartedTestContainer,
  redis: StartedTestContainer,
  dir: string,
  kubectl: string,
): Promise<Access> {
  const admin = await kubeconfigOf(node);
  const kubeconfig = join(dir, 'admin.kubeconfig');
  await writeFile(kubeconfig, admin, { mode: 0o600 });
  await loadModelServer(node, dir);
  await install((args, input) =>
    attempt(kubectl, ['--kubeconfig', kubeconfig, ...args], input === undefined ? {} : { input }),
  );
  const at = (port: number): string => `127.0.0.1:${node.getMappedPort(port)}`;
  return {
    dir,
    logs: dir,
    kubeconfig,
    controllerKubeconfig: await controllerKubeconfig(dir, admin, kubectl),
    kubectl,
    apiServer: `https://${at(NODE_PORTS.apiServer)}`,
    auditLog: '',
    prometheusUrl: `http://${at(NODE_PORTS.prometheus)}`,
    redisUrl: `redis://127.0.0.1:${redis.getMappedPort(6379)}`,
    gatewayUrl: `http://${at(NODE_PORTS.gateway)}`,
    gatewayApiUrl: '',
    meshProxyUrl: '',
    istiodUrl: '',
    istiodDebounceMax: '10s',
  };
}

/** Starts it all; takes some minutes, most of them for images. */
export async function startKind(log: (line: string) => void): Promise<KindCluster> {
  const { kubectl } = await ensureBinaries({ log });
  const dir = await mkdtemp(join(tmpdir(), 'sluice-kind-'));
  const containers: StartedTestContainer[] = [];
  const stop = async (): Promise<void> => {
    for (const container of containers) await container.stop();
    await rm(dir, { recursive: true, force: true });
  };
  try {
    log('starting a node');
    const node = await startNode();
    containers.push(node);
    const redis = await new GenericContainer('redis:7-alpine').withExposedPorts(6379).start();
    containers.push(redis);
    log('installing Istio, Prometheus and Sluice');
    return { access: await prepare(node, redis, dir, kubectl), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
