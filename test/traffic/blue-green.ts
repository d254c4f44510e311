import { TEST_LABEL } from '../../hack/testbed/roads/road.ts';
import { abortAt, RELEASE } from './canary.ts';
import {
  aborted,
  killedInAbort,
  killedInPromotion,
  killedPods,
  revertedRoute,
  superseded,
} from './disturbances.ts';
import type { Play, Strategy } from './play.ts';
import { AFTER_MS, abortAndClose, MATCH, SWITCHED, TESTERS, untilPart } from './staying.ts';

const PREVIEW = {
  has: 'its preview',
  spec: {
    steps: undefined,
    blueGreen: { preview: { match: MATCH, for: '1h' } },
    deadlines: { step: '3h' },
  },
  headers: TESTERS,
  part: 100,
} as const;

const ABORTED_PREVIEW: Play = {
  ...aborted(PREVIEW),
  name: 'abort of the preview',
};

const PREVIEWED: Play = {
  ...RELEASE,
  name: 'release with a preview',
  about: 'testers meet the new version first, then it gets all traffic in one step, and is promoted',
  needs: ['matches'],
  spec: {
    steps: undefined,
    blueGreen: { preview: { match: MATCH, for: '5s' }, scaleDownDelay: '5s' },
  },
};

const PREVIEWED_BY_HOST: Play = {
  ...RELEASE,
  name: 'release with a preview by host',
  about: 'those who open the host of the preview meet the new version first, then all do, and it is promoted',
  needs: ['matches'],
  hasHost: true,
  joined: { host: TEST_LABEL },
  spec: { steps: undefined },
  specAt: (host) => ({
    blueGreen: { preview: { host: `${TEST_LABEL}.${host}`, for: '5s' }, scaleDownDelay: '5s' },
  }),
};

const BACK_AND_AGAIN: Play = {
  name: 'back, and once more',
  about: 'a person goes back after the switch, while the old pods are there, and then tries again',
  spec: SWITCHED.spec,
  run: async (scene) => {
    const { site } = scene;
    const first = await scene.push('v2');
    await untilPart(scene, first, SWITCHED, { has: 'all' });
    await site.traffic(AFTER_MS);
    const from = Date.now();
    await abortAndClose(scene, first);
    await site.traffic(AFTER_MS);
    const to = Date.now();
    const next = await scene.push('v3');
    await untilPart(scene, next, SWITCHED, { has: 'all' });
    await site.traffic(2 * AFTER_MS);
    const end = Date.now();
    await abortAndClose(scene, next);
    return [
      { name: 'back after the switch', version: 'v2', from, to },
      { name: 'another switch', version: 'v3', from: to, to: end },
    ];
  },
};

/** All pods of the new version beside the old ones, and all traffic in one step. */
export const BLUE_GREEN: Strategy = {
  name: 'blueGreen',
  about: 'all new pods beside the old ones, all traffic in one step, and the old pods for a while',
  joined: TESTERS,
  spec: { steps: undefined, blueGreen: { scaleDownDelay: '5s' } },
  plays: [
    RELEASE,
    PREVIEWED,
    PREVIEWED_BY_HOST,
    { ...ABORTED_PREVIEW, needs: ['matches'] },
    BACK_AND_AGAIN,
    abortAt('Promoting', 'Updating'),
    { ...superseded(SWITCHED), once: true },
    revertedRoute(SWITCHED),
    killedPods(SWITCHED),
    { ...killedInAbort(SWITCHED), once: true },
    killedInPromotion(SWITCHED),
  ],
};
