import { arch, release } from 'node:os';
import type { KubeObject } from '../../../src/api/meta.ts';
import { timestamp } from './pod.ts';

/** What a node offers. */
export interface NodeSpec {
  readonly name: string;
  readonly podCidr: string;
  readonly address: string;
  readonly cpu: string;
  readonly memory: string;
  readonly pods: number;
  readonly gpus: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** Short, since the local cluster's control plane calls a node NotReady after 10 s of silence. */
export const LEASE_SECONDS = 8;

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

function conditions(now: number): object[] {
  const at = timestamp(now);
  const pressures = ['MemoryPressure', 'DiskPressure', 'PIDPressure'].map((type) => ({
    type,
    status: 'False',
    reason: 'KubeletHasSufficientResources',
  }));
  return [
    ...pressures,
    { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'the node agent is running' },
  ].map((condition) => ({ ...condition, lastHeartbeatTime: at, lastTransitionTime: at }));
}

/** The status of a node that is well: what it has, where it is, and that it is ready. */
export function nodeStatus({ name, address, cpu, memory, pods, gpus }: NodeSpec, now: number): object {
  const capacity = { cpu, memory, pods: String(pods), 'nvidia.com/gpu': String(gpus) };
  return {
    capacity,
    allocatable: capacity,
    conditions: conditions(now),
    addresses: [
      { type: 'InternalIP', address },
      { type: 'Hostname', address: name },
    ],
    nodeInfo: {
      machineID: name,
      systemUUID: name,
      bootID: name,
      kernelVersion: release(),
      osImage: 'processes of one machine',
      containerRuntimeVersion: 'process://1',
      kubeletVersion: 'v1.37.1',
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: ARCHITECTURES[arch()] ?? arch(),
    },
  };
}

/** The Node object to register. */
export function nodeObject(spec: NodeSpec, now: number): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: spec.name,
      labels: {
        'kubernetes.io/hostname': spec.name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': ARCHITECTURES[arch()] ?? arch(),
        ...spec.labels,
      },
    },
    spec: { podCIDR: spec.podCidr, podCIDRs: [spec.podCidr] },
    status: nodeStatus(spec, now),
  };
}

/** The heartbeat of a node. */
export function leaseObject(name: string, nodeUid: string, now: number): KubeObject {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name,
      namespace: 'kube-node-lease',
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid: nodeUid }],
    },
    spec: {
      holderIdentity: name,
      leaseDurationSeconds: LEASE_SECONDS,
      renewTime: `${new Date(now).toISOString().replace('Z', '')}000Z`,
    },
  };
}

/** Whether the Node says that it is ready. */
export function isReady(node: KubeObject): boolean {
  const { conditions: list = [] } = (node['status'] ?? {}) as {
    conditions?: { type: string; status: string }[];
  };
  return list.some(({ type, status }) => type === 'Ready' && status === 'True');
}
