import { setTimeout as delay } from 'node:timers/promises';
import { versionOf } from '../../hack/testbed/evidence/history.ts';
import { MODEL } from '../../hack/testbed/model.ts';
import { until } from '../../hack/testbed/until.ts';
import type { Rollout } from '../../src/api/rollout/rollout.ts';
import type { Fault, Scene } from './fault.ts';

const STRATEGY_MS = 5_000;

async function change({ site }: Scene, spec: object): Promise<void> {
  await site.api.merge('Deployment', MODEL, { spec });
}

async function fieldOf<T>({ site }: Scene, field: 'replicas' | 'strategy'): Promise<T> {
  const { object } = await site.deployment();
  return (object['spec'] as Record<typeof field, T>)[field];
}

async function scaleDownAndUp(scene: Scene): Promise<void> {
  const replicas = await fieldOf<number>(scene, 'replicas');
  await change(scene, { replicas: 0 });
  await until('no pod of stable is left', async () =>
    (await scene.site.pods()).every((pod) => versionOf(pod) === scene.pushed.version),
  );
  await change(scene, { replicas });
}

async function removeStable({ site }: Scene): Promise<void> {
  const [rollout] = (await site.api.list('Rollout')) as Rollout[];
  await site.api.remove('ReplicaSet', rollout?.status?.stable?.replicaSet ?? '');
}

/** The pods of stable are gone by the fault, and load again. */
const WITHOUT_STABLE = {
  podsFailMs: 30_000,
  losses: true,
  fewerPods: true,
  returns: true,
  exposureMs: 90_000,
} as const;

/** What other hands do to the Deployment that is held, and to its ReplicaSets. */
export const WORKLOAD_FAULTS: readonly Fault[] = [
  {
    name: 'scaled-to-nothing',
    about: 'the Deployment is scaled to 0 and up again',
    at: 'phase',
    places: ['Pending', 'Starting.Loading', 'Stepping.Analysing', 'Aborting.Draining'],
    longer: 40_000,
    allowance: { ...WITHOUT_STABLE },
    inject: scaleDownAndUp,
  },
  {
    name: 'stable-deleted',
    about: "stable's ReplicaSet is deleted",
    at: 'phase',
    places: ['Starting.Loading', 'Stepping.Analysing', 'Aborting.Draining'],
    longer: 40_000,
    allowance: { ...WITHOUT_STABLE },
    inject: removeStable,
  },
  {
    name: 'strategy-recreate',
    about: 'the strategy is Recreate for a while',
    at: 'phase',
    places: ['Stepping.Analysing', 'Promoting.RestoringRoutes'],
    scenarios: ['good'],
    longer: 20_000,
    inject: async (scene) => {
      const before = await fieldOf<object>(scene, 'strategy');
      await change(scene, { strategy: { type: 'Recreate', rollingUpdate: null } });
      await delay(STRATEGY_MS);
      await change(scene, { strategy: before });
    },
  },
];
