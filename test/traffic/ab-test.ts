import { quickAnalysis } from '../../hack/testbed/model.ts';
import { until } from '../../hack/testbed/until.ts';
import { aborted, killedInAbort, superseded } from './disturbances.ts';
import type { Play, Strategy } from './play.ts';
import { stepsOf } from './release-history.ts';
import { AFTER_MS, endOf, IN_A_TEST } from './staying.ts';

/** Bounds that neither version breaks. */
const WIDE = [
  { name: 'latency', max: '500ms' },
  { name: 'errors', max: '60%', maxIncrease: '90pp' },
];

const WON: Play = {
  name: 'won by the new version',
  about: 'the new version fails less often, which is proven, and is promoted',
  spec: {
    steps: undefined,
    abTest: { weight: 50, for: '150s', metrics: ['errors'] },
    analysis: { ...quickAnalysis(), bounds: WIDE },
  },
  env: { ERROR_SHARE: '0.3' },
  once: true,
  run: async (scene) => {
    const pushed = await scene.push('v2', { ERROR_SHARE: '0' });
    const within = { within: 240_000, every: 500 };
    await until(
      'the test is over',
      async () => (await scene.site.releaseOf(pushed))?.status?.phase === 'Promoting',
      within,
    );
    await endOf(scene, pushed, 'Promoted');
    await scene.site.traffic(AFTER_MS);
    // The old version fails by itself.
    return stepsOf(scene, pushed, Date.now()).map((one) => ({ ...one, faulty: 'v1' }));
  },
};

const CHOSEN: Play = {
  name: 'chosen by a person',
  about: 'a person names the winner when the time of the test is over',
  spec: {
    steps: undefined,
    abTest: { weight: 50, for: '20s', decide: 'person' },
    approval: { at: ['promotion'] },
  },
  run: async (scene) => {
    const { site } = scene;
    const pushed = await scene.push('v2');
    await until(
      'a person is asked',
      async () => (await site.releaseOf(pushed))?.status?.waitingFor === 'promotion',
    );
    await site.act(pushed, { approvals: [{ gate: 'promotion' }] });
    await endOf(scene, pushed, 'Promoted');
    await site.traffic(AFTER_MS);
    return stepsOf(scene, pushed, Date.now());
  },
};

/** Both versions beside each other for a time, until one of them has won. */
export const AB_TEST: Strategy = {
  name: 'abTest',
  about: 'a half of the requests for a time, then the winner',
  spec: IN_A_TEST.spec,
  plays: [
    WON,
    CHOSEN,
    ...[aborted, superseded, killedInAbort].map((play): Play => ({ ...play(IN_A_TEST), once: true })),
  ],
};
