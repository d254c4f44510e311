import { until } from '../../hack/testbed/until.ts';
import { abortAt, RELEASE } from './canary.ts';
import { killedInAbort, killedInPromotion, killedPods, superseded } from './disturbances.ts';
import type { Play, Strategy } from './play.ts';
import { AFTER_MS, AT_A_POD, endOf } from './staying.ts';

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
    superseded(AT_A_POD),
    killedPods(AT_A_POD),
    killedInAbort(AT_A_POD),
    killedInPromotion(AT_A_POD),
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
