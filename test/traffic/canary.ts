import type { Phase, Stage } from '../../src/api/release/places.ts';
import {
  killedInAbort,
  killedInPromotion,
  killedPods,
  restartedControlPlane,
  revertedRoute,
  superseded,
} from './disturbances.ts';
import type { Play, Strategy } from './play.ts';
import { stepsOf } from './release-history.ts';
import { AFTER_MS, AT_A_HALF, AT_A_QUARTER, abortAndClose, endOf } from './staying.ts';
import { STICKY } from './sticky.ts';

export const RELEASE: Play = {
  name: 'release',
  about: 'a good version takes all steps and is promoted',
  run: async (scene) => {
    const pushed = await scene.push('v2');
    await endOf(scene, pushed, 'Promoted');
    await scene.site.traffic(AFTER_MS);
    return stepsOf(scene, pushed, Date.now());
  },
};

/** A person aborts a good version as soon as its release is at a place. */
export function abortAt(phase: Phase, stage: Stage): Play {
  const name = `abort at ${phase}.${stage}`;
  return {
    name,
    about: `a person aborts a good version at ${phase}.${stage}`,
    run: async (scene) => {
      const pushed = await scene.push('v2');
      await scene.site.untilIn(pushed, phase, stage);
      // Long enough that the share before it is known.
      if (phase === 'Stepping') await scene.site.traffic(AFTER_MS);
      const from = Date.now();
      await abortAndClose(scene, pushed);
      await scene.site.traffic(AFTER_MS);
      return [{ name, version: 'v2', from, to: Date.now() }];
    },
  };
}

/** Steps by weight, then the promotion of the pods that were analysed. */
export const CANARY: Strategy = {
  name: 'canary',
  about: 'a quarter, a half, then the promotion with the handover of the canary pods',
  spec: { steps: [{ weight: 25 }, { weight: 50 }] },
  plays: [
    RELEASE,
    abortAt('Starting', 'Loading'),
    abortAt('Stepping', 'Analysing'),
    abortAt('Promoting', 'Updating'),
    superseded(AT_A_QUARTER),
    revertedRoute(AT_A_QUARTER),
    killedPods(AT_A_HALF),
    restartedControlPlane(AT_A_QUARTER),
    killedInAbort(AT_A_QUARTER),
    killedInPromotion(AT_A_HALF),
    STICKY,
  ],
};
