import { describe, expect, inject, it } from 'vitest';
import { isFailed } from '../../../hack/load/record.ts';
import { type Controller, createController, onlyFor } from '../../../hack/testbed/controller.ts';
import { MODEL, QUICK } from '../../../hack/testbed/model.ts';
import { countPods } from '../../../hack/testbed/pods.ts';
import { openSite, type Pushed, type Site, type SiteOptions } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import type { Phase } from '../../../src/api/release/places.ts';
import { createClient } from '../kubectl.ts';
import { grantLeases } from '../lease-rights.ts';

const access = inject('access');
const SLOW_TO_LOAD = { LOAD_SECONDS: '2' };

/** Kills the controller and starts it again. */
async function crash(controller: Controller): Promise<void> {
  await controller.stop('SIGKILL');
  await controller.start();
}

let nextPort = 18_110;

/** Plays on a site with a controller of its own. */
async function onCrashSite(
  options: SiteOptions,
  play: (site: Site, controller: Controller) => Promise<void>,
): Promise<void> {
  const site = await openSite(access, options);
  const { namespace } = site;
  const controller = createController(access, {
    name: namespace,
    port: nextPort++,
    flags: onlyFor(namespace),
  });
  try {
    await controller.start();
    await play(site, controller);
  } finally {
    await site.close();
    await controller.stop();
  }
}

/** What kills the controller as soon as the release is in a phase and stage, and starts it again. */
const crashing =
  (site: Site, controller: Controller, pushed: Pushed) =>
  async (phase: Phase, stage: string): Promise<void> => {
    await site.untilIn(pushed, phase, stage);
    await crash(controller);
  };

const namesOf = async (site: Site): Promise<string[]> =>
  (await site.pods()).map(({ metadata }) => metadata.name).toSorted();

describe.concurrent('a controller that is killed', () => {
  grantLeases(createClient(access));

  it('in every phase of a good release still promotes it, and no request is lost', async () => {
    const options = { replicas: 3, annotations: QUICK, env: SLOW_TO_LOAD };
    await onCrashSite(options, async (site, controller) => {
      const { api } = site;
      const before = await api.get('VirtualService', MODEL);
      const pods = await countPods(api, `app=${MODEL}`);
      await site.untilGated();
      const v2 = await site.push('v2');
      // Pending may be over before it was ever written.
      await until('it has a Release', () => site.releaseOf(v2), { every: 20 });
      await crash(controller);
      const crashIn = crashing(site, controller, v2);
      await crashIn('Starting', 'Preparing');
      await crashIn('Starting', 'Loading');
      await crashIn('Stepping', 'Analysing');
      await crashIn('Promoting', 'RestoringRoutes');
      await crashIn('Promoting', 'HandingOver');
      await crashIn('Promoting', 'Updating');
      await crashIn('Promoting', 'CleaningUp');
      expect((await site.untilEnded(v2)).status).toMatchObject({ phase: 'Promoted', reason: 'Promoted' });
      expect((await site.recordsNow()).filter(isFailed)).toEqual([]);
      expect(pods.loads('v2')).toBe(3);
      pods.stop();
      expect((await api.get('VirtualService', MODEL))?.['spec']).toStrictEqual(before?.['spec']);
      expect(await api.list('DestinationRule')).toEqual([]);
    });
  });

  it('in every stage of a roll-back still takes the bad version out, and touches no stable pod', async () => {
    await onCrashSite({ annotations: QUICK }, async (site, controller) => {
      const { api } = site;
      const before = await api.get('VirtualService', MODEL);
      const stable = await namesOf(site);
      await site.untilGated();
      const v2 = await site.push('v2', { ERROR_SHARE: '0.9' });
      const crashIn = crashing(site, controller, v2);
      for (const stage of ['Draining', 'Removing', 'CleaningUp']) await crashIn('Aborting', stage);
      const { status } = await site.untilEnded(v2);
      expect(status).toMatchObject({ phase: 'Aborted', reason: 'AnalysisFailed', weight: 0 });
      expect(await namesOf(site)).toEqual(stable);
      expect((await api.get('VirtualService', MODEL))?.['spec']).toStrictEqual(before?.['spec']);
      expect(await api.list('DestinationRule')).toEqual([]);
      expect(await api.list('ReplicaSet')).toHaveLength(1);
    });
  });

  it('on the way back from a handover still goes back to stable, and no request is lost', async () => {
    const options = { replicas: 3, annotations: QUICK, env: SLOW_TO_LOAD };
    await onCrashSite(options, async (site, controller) => {
      await site.untilGated();
      const v2 = await site.push('v2');
      await site.untilIn(v2, 'Promoting', 'Updating');
      await site.act(v2, { abort: { reason: 'second thoughts' } });
      await crashing(site, controller, v2)('Aborting', 'ReturningToStable');
      const { status } = await site.untilEnded(v2);
      expect(status).toMatchObject({ phase: 'Aborted', reason: 'AbortRequested' });
      expect(await site.deployment()).toMatchObject({ version: 'v1', paused: false });
      await site.untilOnly('v1');
      expect(site.records().filter(isFailed)).toEqual([]);
      expect(await site.api.list('DestinationRule')).toEqual([]);
    });
  });
});
