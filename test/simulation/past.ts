import type { KubeObject } from '../../src/api/meta.ts';
import type { MemoryCluster } from '../fakes/memory-cluster.ts';
import type { Flow, Mesh } from './mesh.ts';
import type { PastPod, Pods } from './pods.ts';

/** A cluster at one moment: what a controller of any version finds when it starts. */
export interface Past {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly objects: readonly KubeObject[];
  readonly pods: readonly PastPod[];
}

const KINDS = [
  'ClusterAnalysisTemplate',
  'Rollout',
  'Release',
  'Deployment',
  'ReplicaSet',
  'Service',
  'VirtualService',
  'DestinationRule',
  'HTTPRoute',
] as const satisfies readonly KubeObject['kind'][];

interface Present {
  now: number;
  readonly cluster: MemoryCluster;
  readonly pods: Pods;
}

interface Empty extends Present {
  readonly mesh: Mesh;
  flow: Flow;
  restart(): void;
}

/** Fills an empty world with what was there. The controller starts, and the proxies have what is written. */
export function restore(world: Empty, { now, objects, pods }: Past): void {
  world.now = now;
  world.cluster.restore(objects);
  world.pods.restore(pods);
  world.restart();
  world.flow = world.mesh.tick(now);
}

/** What is in the cluster of a world now. */
export function pastOf(world: Present): Past {
  return {
    now: world.now,
    objects: KINDS.flatMap((kind) => world.cluster.all(kind)),
    pods: world.pods.all.filter(({ stoppedAt }) => stoppedAt === null).map((pod) => ({ ...pod })),
  };
}
