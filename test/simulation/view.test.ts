import { describe, expect, it } from 'vitest';
import { PLACES } from '../../src/api/release/places.ts';
import type { Release } from '../../src/api/release/release.ts';
import type { WorldOptions } from './fixtures.ts';
import { type HappeningName, happen } from './happenings.ts';
import { reach, started, watch } from './scene.ts';

/** A release with a policy, and what happens to it where; it is watched until its end. */
interface Scene {
  readonly options?: Partial<WorldOptions>;
  readonly failures?: number;
  readonly at?: string;
  readonly seconds?: number;
  readonly what?: HappeningName;
  readonly end: string;
}

const SCENES: Readonly<Record<string, Scene>> = {
  promoted: { options: { policy: { canary: { connect: {} } } }, end: 'Promoted' },
  'rolled back': { failures: 0.5, end: 'Aborted' },
  'given all traffic': {
    options: { policy: { steps: [{ weight: 10 }, { weight: 100 }] } },
    end: 'Promoted',
  },
  'without a ready pod for a while': { at: 'Stepping.Analysing', what: 'canaryFlaps', end: 'Promoted' },
  'rolled back in the update': {
    options: { replicas: 6, loadMs: 8_000 },
    at: 'Promoting.Updating',
    seconds: 6,
    what: 'abort',
    end: 'Aborted',
  },
  'grown for the handover': { options: { replicas: 4, maxSurge: 4, loadMs: 6_000 }, end: 'Promoted' },
  'held up by refused routes': { at: 'Stepping.Scaling', seconds: 0, what: 'routesRefused', end: 'Promoted' },
  superseded: { at: 'Stepping.Analysing', what: 'pushV3', end: 'Superseded' },
  cancelled: { at: 'Stepping.Analysing', what: 'optOut', end: 'Cancelled' },
  'released by hand while it drains': {
    at: 'Aborting.Draining',
    what: 'optOutAndResume',
    failures: 0.5,
    end: 'Aborted',
  },
  'followed by another': {
    options: { policy: { onNewRevision: 'queue' } },
    at: 'Promoting.Updating',
    what: 'pushV3',
    end: 'Promoted',
  },
};

/** Time that the proxies take to follow, in milliseconds. */
const PROXY_MS = 1_000;

async function play({ options, failures = 0.001, at, seconds = 1, what, end }: Scene): Promise<{
  readonly places: ReadonlySet<string>;
  readonly violations: readonly string[];
}> {
  const { world, witness } = await started(options);
  world.failures.set('v2', failures);
  world.push('v2');
  if (at !== undefined && what !== undefined) {
    await reach(world, witness, at);
    await watch(world, witness, seconds);
    happen(what, world, witness);
  }
  await world.until(end, () => world.releases.some(({ status }) => status?.phase === end), 200);
  await watch(world, witness, 2);
  return { places: witness.view.places, violations: witness.violations };
}

describe('the view of a release', () => {
  it('can be made in every place that a status has', async () => {
    const reached = new Set<string>();
    for (const [name, scene] of Object.entries(SCENES)) {
      const { places, violations } = await play(scene);
      expect([name, violations]).toEqual([name, []]);
      for (const place of places) reached.add(place);
    }
    // No status has it: the write that raises the weight also leaves this place.
    expect(PLACES.filter((place) => !reached.has(place))).toEqual(['Stepping.Shifting']);
  });

  it.each(['promoted', 'rolled back in the update'])(
    'has the traffic that the proxies send: %s',
    async (name) => {
      const { world, witness } = await started(SCENES[name]?.options);
      world.push('v2');
      const differences: string[] = [];
      let [before, since] = [0, 0];
      for (let tick = 0; tick < 200; tick++) {
        await watch(world, witness, 0.5);
        const release = world.releases.at(-1) as Release;
        const sent = Math.round(100 * (world.flow.shares.get(release.spec.canary.podTemplateHash) ?? 0));
        const { traffic, place } = witness.view.viewOf(release);
        if (traffic.canary !== before) [before, since] = [traffic.canary, world.now];
        if (traffic.canary !== sent && world.now - since > PROXY_MS)
          differences.push(`${place.text}: ${traffic.text}, but ${sent} % are sent`);
      }
      expect(differences).toEqual([]);
    },
  );
});
