import type { Pushed } from '../../hack/testbed/site.ts';
import type { Phase, Stage } from '../../src/api/release/places.ts';
import { DISTURBANCES } from './disturbances.ts';
import type { Play, Scene, Strategy } from './play.ts';
import { stepsOf } from './release-history.ts';
import { AFTER_MS, AT_A_QUARTER, abortAndClose, endOf, staysAt } from './staying.ts';

export const RELEASE: Play = {
  name: 'release',
  about: 'a good version takes all steps and is promoted',
  run: async (scene) => {
    const pushed = await scene.push('v2');
    await endOf(scene, pushed, 'Promoted');
    await scene.site.traffic(AFTER_MS);
    return stepsOf(scene, 'v2', pushed.at, Date.now());
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

async function supersede(scene: Scene, first: Pushed): Promise<Pushed> {
  const next = await scene.push('v3');
  await endOf(scene, first, 'Superseded');
  await scene.site.untilIn(next, 'Stepping', 'Analysing');
  return next;
}

const SUPERSEDE: Play = {
  name: 'supersede',
  about: 'a newer version is pushed while the canary has a quarter of the traffic',
  spec: AT_A_QUARTER,
  run: async (scene) => {
    const first = await staysAt(scene, 25);
    const from = Date.now();
    const next = await supersede(scene, first);
    const to = Date.now();
    await scene.site.traffic(AFTER_MS);
    await abortAndClose(scene, next);
    return [{ name: 'supersede', version: 'v2', from, to }];
  },
};

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
    SUPERSEDE,
    ...DISTURBANCES,
  ],
};
