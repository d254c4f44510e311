import { versionOf } from '../../hack/testbed/evidence/history.ts';
import { shareAt } from '../../hack/testbed/evidence/levels.ts';
import type { Pushed } from '../../hack/testbed/site.ts';
import { until } from '../../hack/testbed/until.ts';
import { RESOURCES } from '../../src/adapters/kubernetes/resource.ts';
import { abortAt, RELEASE } from './canary.ts';
import { killAtNext, NOTICING_MS } from './disturbances.ts';
import type { Play, Scene, Strategy } from './play.ts';
import { levelsSoFar } from './release-history.ts';
import { AFTER_MS, abortAndClose, endOf } from './staying.ts';

/** One canary pod beside two of stable, until a person acts. */
const AT_A_THIRD = { steps: [{ weight: 33, bake: '1h' }] };

/** Pushes v2 and waits until it is judged, with enough requests to see its share. */
async function stays(scene: Scene): Promise<Pushed> {
  const { site } = scene;
  const pushed = await scene.push('v2');
  await site.untilIn(pushed, 'Stepping', 'Analysing');
  await site.traffic(AFTER_MS);
  return pushed;
}

/** Waits until pods of v2 serve, or none. */
async function untilServes(scene: Scene, serves: boolean): Promise<void> {
  await until(`v2 ${serves ? 'serves' : 'serves nothing'}`, () => {
    const last = levelsSoFar(scene, 'v2').at(-1);
    return shareAt(last, 'v2').percent > 0 === serves;
  });
}

const SUPERSEDE: Play = {
  name: 'supersede',
  about: 'a newer version is pushed while the canary has the share of its pod',
  spec: AT_A_THIRD,
  run: async (scene) => {
    const first = await stays(scene);
    const from = Date.now();
    const next = await scene.push('v3');
    await endOf(scene, first, 'Superseded');
    await scene.site.untilIn(next, 'Stepping', 'Analysing');
    const to = Date.now();
    await scene.site.traffic(AFTER_MS);
    await abortAndClose(scene, next);
    return [{ name: SUPERSEDE.name, version: 'v2', from, to }];
  },
};

const KILLED_PODS: Play = {
  name: 'canary pods killed',
  about: 'the canary pod is killed without notice',
  spec: AT_A_THIRD,
  run: async (scene) => {
    const { site } = scene;
    const pushed = await stays(scene);
    const pods = (await site.pods()).filter((pod) => versionOf(pod) === 'v2');
    const from = Date.now();
    for (const { metadata } of pods)
      await site.api.client.remove(
        RESOURCES.Pod,
        { namespace: site.namespace, name: metadata.name },
        { gracePeriodSeconds: 0 },
      );
    await untilServes(scene, false);
    await untilServes(scene, true);
    await site.traffic(2 * AFTER_MS);
    const to = Date.now();
    await abortAndClose(scene, pushed);
    const mayFail = (at: number): boolean => at < from + NOTICING_MS;
    return [{ name: KILLED_PODS.name, version: 'v2', from, to, mayFail }];
  },
};

const KILLED_IN_ABORT: Play = {
  name: 'controller killed in an abort',
  about: 'the controller is killed as it takes the canary pod away',
  spec: AT_A_THIRD,
  ownController: true,
  run: async (scene) => {
    const pushed = await stays(scene);
    const isStruck = killAtNext(scene, 'replicasets');
    const from = Date.now();
    await abortAndClose(scene, pushed);
    if (!isStruck()) throw new Error('no ReplicaSet was written');
    await scene.site.traffic(AFTER_MS);
    return [{ name: KILLED_IN_ABORT.name, version: 'v2', from, to: Date.now() }];
  },
};

const KILLED_IN_PROMOTION: Play = {
  name: 'controller killed in a promotion',
  about: 'the controller is killed as it hands the canary pod over',
  spec: AT_A_THIRD,
  ownController: true,
  run: async (scene) => {
    const pushed = await stays(scene);
    const isStruck = killAtNext(scene, 'replicasets');
    const from = Date.now();
    await scene.site.act(pushed, { promote: { reason: 'it is good' } });
    await endOf(scene, pushed, 'Promoted');
    if (!isStruck()) throw new Error('no ReplicaSet was written');
    await scene.site.traffic(AFTER_MS);
    return [{ name: KILLED_IN_PROMOTION.name, version: 'v2', from, to: Date.now() }];
  },
};

/** Steps by the number of pods, then the rolling update. */
export const BY_PODS: Strategy = {
  name: 'pods',
  about: 'one canary pod beside two, then the promotion with its handover',
  divides: 'pods',
  spec: { steps: [{ weight: 33 }] },
  plays: [
    RELEASE,
    abortAt('Starting', 'Loading'),
    abortAt('Stepping', 'Analysing'),
    abortAt('Promoting', 'Updating'),
    SUPERSEDE,
    KILLED_PODS,
    KILLED_IN_ABORT,
    KILLED_IN_PROMOTION,
  ],
};

const PAUSED: Play = {
  name: 'paused and resumed',
  about: 'a person pauses the native update between two pods, and resumes it',
  run: async (scene) => {
    const { site } = scene;
    const pushed = await scene.push('v2');
    await site.untilIn(pushed, 'Promoting', 'Updating');
    const from = Date.now();
    await site.act(pushed, { paused: true });
    await until('it is paused', async () => (await site.deployment()).paused);
    await site.traffic(AFTER_MS);
    await site.act(pushed, { paused: false });
    await endOf(scene, pushed, 'Promoted');
    await site.traffic(AFTER_MS);
    return [{ name: PAUSED.name, version: 'v2', from, to: Date.now() }];
  },
};

/** The rolling update of the Deployment itself, begun by its first pod. */
export const ROLLING_UPDATE: Strategy = {
  name: 'rollingUpdate',
  about: 'the first pod of the rolling update is judged, then the others follow',
  divides: 'pods',
  spec: { traffic: undefined, steps: undefined, rollingUpdate: {} },
  plays: [RELEASE, abortAt('Stepping', 'Analysing'), abortAt('Promoting', 'Updating'), PAUSED],
};
