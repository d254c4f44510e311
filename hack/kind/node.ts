import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { GenericContainer, getContainerRuntimeClient, type StartedTestContainer, Wait } from 'testcontainers';
import { yamlText } from '../cluster/yaml-text.ts';

/** Kubernetes 1.36 or newer, whose API server knows MutatingAdmissionPolicy v1. */
const IMAGE = process.env['SLUICE_KIND_IMAGE'] ?? 'kindest/node:v1.36.1';
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MODEL_IMAGE = 'sluice.dev/model-server';
const VERSIONS = ['v1', 'v2', 'v3', 'v4', 'v5'];
const POD_SUBNET = '10.244.0.0/16';

/** Ports of the node that are mapped to ports of this machine. */
export const NODE_PORTS = { apiServer: 6443, gateway: 30_080, prometheus: 30_090 } as const;

const KUBEADM = [
  {
    apiVersion: 'kubeadm.k8s.io/v1beta4',
    kind: 'InitConfiguration',
    nodeRegistration: { criSocket: 'unix:///run/containerd/containerd.sock', taints: [] },
  },
  {
    apiVersion: 'kubeadm.k8s.io/v1beta4',
    kind: 'ClusterConfiguration',
    kubernetesVersion: 'VERSION',
    apiServer: { certSANs: ['localhost', '127.0.0.1'] },
    networking: { podSubnet: POD_SUBNET, serviceSubnet: '10.96.0.0/16' },
  },
  {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    cgroupRoot: '/kubelet',
    failSwapOn: false,
    imageGCHighThresholdPercent: 100,
    evictionHard: { 'nodefs.available': '0%', 'nodefs.inodesFree': '0%', 'imagefs.available': '0%' },
  },
  {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    conntrack: { maxPerCore: 0 },
  },
];

/** What kind does with its node image after the start, for one node. The GPUs are capacity on paper. */
const INIT = `set -e
export KUBECONFIG=/etc/kubernetes/admin.conf
sed -i "s/VERSION/$(cat /kind/version)/" /kind/sluice.yaml
kubeadm init --config=/kind/sluice.yaml --skip-phases=preflight
sed 's|{{ .PodSubnet }}|${POD_SUBNET}|' /kind/manifests/default-cni.yaml | kubectl apply -f -
kubectl wait --for=condition=Ready node --all --timeout=180s
kubectl patch node "$(hostname)" --subresource=status --type=merge -p '{"status":{"capacity":{"nvidia.com/gpu":"64"}}}'`;

/** A container of kind's node image. Its /var is a volume, since containerd cannot stack overlays. */
class NodeContainer extends GenericContainer {
  constructor() {
    super(IMAGE);
    this.createOpts.Volumes = { '/var': {} };
  }
}

/** Runs a shell script in the node. Throws with what it printed when it fails. */
async function inNode(node: StartedTestContainer, script: string): Promise<string> {
  const { exitCode, output } = await node.exec(['sh', '-c', script]);
  if (exitCode !== 0) throw new Error(`in the kind node (exit ${exitCode}): ${output.slice(-2_000)}`);
  return output;
}

/** Starts a cluster of one node, and resolves when the node is ready. */
export async function startNode(): Promise<StartedTestContainer> {
  const node = await new NodeContainer()
    .withPrivilegedMode()
    .withTmpFs({ '/tmp': 'rw,exec', '/run': 'rw,exec' })
    .withBindMounts([{ source: '/lib/modules', target: '/lib/modules', mode: 'ro' }])
    .withExposedPorts(...Object.values(NODE_PORTS))
    .withWaitStrategy(Wait.forLogMessage(/Reached target .*(Multi-User|Graphical)/))
    .withStartupTimeout(180_000)
    .start();
  const content = KUBEADM.map((part) => yamlText(part)).join('---\n');
  await node.copyContentToContainer([{ content, target: '/kind/sluice.yaml' }]);
  await inNode(node, INIT);
  return node;
}

/** The administrator's kubeconfig, for this machine. */
export async function kubeconfigOf(node: StartedTestContainer): Promise<string> {
  const text = await inNode(node, 'cat /etc/kubernetes/admin.conf');
  const server = `https://127.0.0.1:${node.getMappedPort(NODE_PORTS.apiServer)}`;
  return text.replace(/server: .*/, `server: ${server}`);
}

/** Builds the image of the model server and loads it into the node, under the tag of each version. */
export async function loadModelServer(node: StartedTestContainer, dir: string): Promise<void> {
  const tag = `${MODEL_IMAGE}:v1`;
  await GenericContainer.fromDockerfile(ROOT, 'hack/kind/model-server.Dockerfile').build(tag);
  const { container } = await getContainerRuntimeClient();
  const archive = join(dir, 'model-server.tar');
  await pipeline(await container.dockerode.getImage(tag).get(), createWriteStream(archive));
  await node.copyFilesToContainer([{ source: archive, target: '/kind/model-server.tar' }]);
  const tags = VERSIONS.slice(1).map(
    (version) => `ctr -n k8s.io images tag ${tag} ${MODEL_IMAGE}:${version}`,
  );
  await inNode(node, ['ctr -n k8s.io images import /kind/model-server.tar', ...tags].join(' && '));
}
