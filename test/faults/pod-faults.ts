import { setTimeout as delay } from 'node:timers/promises';
import { versionOf } from '../../hack/testbed/evidence/history.ts';
import { MODEL } from '../../hack/testbed/model.ts';
import { RESOURCES } from '../../src/adapters/kubernetes/resource.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import { type Fault, type Scene, SHARED_PLACES, WITH_TRAFFIC } from './fault.ts';

const [AWAY_MS, NODE_AWAY_MS] = [5_000, 13_000];

async function podsOf({ site, pushed }: Scene, whose: 'canary' | 'stable'): Promise<KubeObject[]> {
  return (await site.pods()).filter((pod) => (versionOf(pod) === pushed.version) === (whose === 'canary'));
}

async function annotate({ site }: Scene, pods: readonly KubeObject[], key: string, value: string | null) {
  for (const { metadata } of pods)
    await site.api.merge('Pod', metadata.name, {
      metadata: { annotations: { [`sluice.dev/${key}`]: value } },
    });
}

async function unready(scene: Scene, pods: readonly KubeObject[]): Promise<void> {
  await annotate(scene, pods, 'ready', 'false');
  await delay(AWAY_MS);
  await annotate(scene, pods, 'ready', null);
}

async function removeInForeground({ site }: Scene, kind: 'Release' | 'Rollout' | 'ReplicaSet', name: string) {
  const place = { namespace: site.namespace, name };
  await site.api.client.remove(RESOURCES[kind], place, { propagationPolicy: 'Foreground' });
}

async function releaseName({ site, pushed }: Scene): Promise<string> {
  return (await site.releaseOf(pushed))?.metadata.name ?? '';
}

/** What can happen to pods, to their node, and what people can take away. */
export const POD_FAULTS: readonly Fault[] = [
  {
    name: 'canary-unready',
    about: 'the canary pods are not ready for a while',
    at: 'phase',
    places: WITH_TRAFFIC,
    longer: 10_000,
    // Its subset is empty before anybody can know of it; from then on nothing may be lost.
    allowance: { exposureMs: 45_000, returns: true, losses: 'noticing' },
    inject: async (scene) => unready(scene, await podsOf(scene, 'canary')),
  },
  {
    name: 'canary-crash',
    about: 'the canary pods crash again and again',
    at: 'phase',
    places: WITH_TRAFFIC,
    longer: 30_000,
    allowance: { ends: ['Aborted'], podsFailMs: 8_000, losses: true },
    inject: async (scene) => annotate(scene, await podsOf(scene, 'canary'), 'crash', 'true'),
  },
  {
    name: 'canary-evicted',
    about: 'the canary pods are evicted',
    at: 'phase',
    places: [...WITH_TRAFFIC, 'Promoting.Updating'],
    longer: 10_000,
    allowance: {
      ends: ['Promoted', 'Aborted'],
      podsFailMs: 8_000,
      losses: true,
      fewerPods: true,
      returns: true,
      exposureMs: 45_000,
    },
    inject: async (scene) => annotate(scene, await podsOf(scene, 'canary'), 'evict', 'disk pressure'),
  },
  {
    name: 'stable-unready',
    about: 'a stable pod is not ready while the canary fails',
    at: 'phase',
    places: ['Stepping.Analysing', 'Aborting.Draining'],
    scenarios: ['bad'],
    inject: async (scene) => unready(scene, (await podsOf(scene, 'stable')).slice(0, 1)),
  },
  {
    name: 'all-stable-unready',
    about: 'every stable pod is not ready while the canary fails',
    at: 'phase',
    places: ['Stepping.Analysing', 'Aborting.Draining'],
    scenarios: ['bad'],
    longer: 15_000,
    // Where every pod of stable is unready there is nobody to take the traffic.
    allowance: { podsFailMs: 12_000, losses: true },
    inject: async (scene) => unready(scene, await podsOf(scene, 'stable')),
  },
  {
    name: 'node-down',
    about: 'the node agent is killed, so that its pods are not ready, and started again',
    at: 'phase',
    alone: 'cluster',
    places: SHARED_PLACES,
    longer: 60_000,
    allowance: {
      ends: ['Promoted', 'Aborted'],
      podsFailMs: 60_000,
      losses: true,
      fewerPods: true,
      returns: true,
      exposureMs: 90_000,
    },
    inject: async (scene) => {
      await scene.act('node-0', 'kill');
      await delay(NODE_AWAY_MS);
      await scene.act('node-0', 'start');
    },
  },
  {
    name: 'other-route',
    about: 'somebody routes to the pods with another VirtualService',
    at: 'phase',
    places: WITH_TRAFFIC,
    // Until the controller has seen it, the canary has its part of what comes by it.
    allowance: { returns: true },
    inject: async ({ site }) => {
      await site.api.create({
        apiVersion: 'networking.istio.io/v1',
        kind: 'VirtualService',
        metadata: { name: 'inner' },
        spec: { hosts: ['inner'], http: [{ route: [{ destination: { host: MODEL } }] }] },
      });
    },
  },
  {
    name: 'abort',
    about: 'a person aborts a sound release',
    at: 'phase',
    scenarios: ['good'],
    allowance: { ends: ['Aborted'] },
    inject: ({ site, pushed }) => site.act(pushed, { abort: { reason: 'a test' } }),
  },
  {
    name: 'release-deleted',
    about: 'the Release is deleted with --cascade=foreground',
    at: 'phase',
    places: [...WITH_TRAFFIC, 'Starting.Loading'],
    scenarios: ['good'],
    allowance: { ends: ['Cancelled'] },
    inject: async (scene) => removeInForeground(scene, 'Release', await releaseName(scene)),
  },
  {
    name: 'rollout-deleted',
    about: 'the Rollout is deleted with --cascade=foreground',
    at: 'phase',
    policy: 'rollout',
    places: [...WITH_TRAFFIC, 'Starting.Loading'],
    scenarios: ['good'],
    allowance: { ends: ['Cancelled'] },
    inject: (scene) => removeInForeground(scene, 'Rollout', 'policy'),
  },
];
