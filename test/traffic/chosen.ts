import { RELEASE } from './canary.ts';
import { copiesWhile } from './copies.ts';
import {
  aborted,
  killedInAbort,
  killedInPromotion,
  killedPods,
  revertedRoute,
  superseded,
} from './disturbances.ts';
import type { Play, Strategy } from './play.ts';
import { stepsOf } from './release-history.ts';
import { AFTER_MS, AT_A_MATCH, AT_A_MIRROR, endOf, MATCH, TESTERS, untilPart } from './staying.ts';

/** Testers first, then a weight beside them. */
export const BY_MATCH: Strategy = {
  name: 'match',
  about: 'testers first, then a quarter of the others beside them',
  needs: ['matches'],
  joined: TESTERS,
  spec: { steps: [{ match: MATCH }, { weight: 25 }] },
  plays: [
    RELEASE,
    aborted(AT_A_MATCH),
    { ...superseded(AT_A_MATCH), once: true },
    revertedRoute(AT_A_MATCH),
    killedPods(AT_A_MATCH),
    { ...killedInAbort(AT_A_MATCH), once: true },
    killedInPromotion(AT_A_MATCH),
  ],
};

const COUNTED: Play = {
  name: 'release',
  about:
    'a good version gets copies of a half, which it counts, then a quarter of the requests, and is promoted',
  run: async (scene) => {
    const pushed = await scene.push('v2');
    await untilPart(scene, pushed, AT_A_MIRROR, { has: 'all' });
    await scene.site.untilIn(pushed, 'Stepping', 'Analysing');
    // Proxies learn of the mirror.
    await scene.site.traffic(AFTER_MS);
    const copies = await copiesWhile(scene, 50, () => scene.site.traffic(2 * AFTER_MS));
    await endOf(scene, pushed, 'Promoted');
    await scene.site.traffic(AFTER_MS);
    return stepsOf(scene, pushed, Date.now()).map((one) =>
      one.name === 'mirror' ? { ...one, copies } : one,
    );
  },
};

/** Copies of the requests first, whose answers reach nobody, then a weight. */
export const BY_MIRROR: Strategy = {
  name: 'mirror',
  about: 'copies of a half, then a quarter of the requests',
  needs: ['mirror'],
  // Another percentage than that of the copies, so that answers of those would show.
  spec: { steps: [{ mirror: 50, bake: '12s' }, { weight: 25 }] },
  plays: [
    COUNTED,
    aborted(AT_A_MIRROR),
    { ...superseded(AT_A_MIRROR), once: true },
    revertedRoute(AT_A_MIRROR),
    killedPods(AT_A_MIRROR),
    { ...killedInAbort(AT_A_MIRROR), once: true },
  ],
};
