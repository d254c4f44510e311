import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { isFailed } from '../../../hack/load/record.ts';
import { createController } from '../../../hack/testbed/controller.ts';
import { MODEL, QUICK } from '../../../hack/testbed/model.ts';
import { countPods } from '../../../hack/testbed/pods.ts';
import { onSite, type Pushed, type Site } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import type { Phase } from '../../../src/api/places.ts';

const access = inject('access');
const controller = createController(access, { name: 'crash' });
const SLOW_TO_LOAD = { LOAD_SECONDS: '2' };

/** Kills the controller as soon as the release is seen there, and starts it again. */
async function crashIn(site: Site, pushed: Pushed, phase: Phase, stage?: string): Promise<void> {
  await site.untilIn(pushed, phase, stage);
  await crash();
}

async function crash(): Promise<void> {
  await controller.stop('SIGKILL');
  await controller.start();
}

const namesOf = async (site: Site): Promise<string[]> =>
  (await site.pods()).map(({ metadata }) => metadata.name).toSorted();

describe('a controller that is killed', () => {
  beforeAll(() => controller.start());
  afterAll(() => controller.stop());

  it('in every phase of a good release still promotes it, and no request is lost', async () => {
    const options = { replicas: 3, annotations: QUICK, env: SLOW_TO_LOAD };
    await onSite(access, options, async (site) => {
      const { api } = site;
      const before = await api.get('VirtualService', MODEL);
      const pods = await countPods(api, `app=${MODEL}`);
      await site.untilGated();
      const v2 = await site.push('v2');
      // Pending may be over before it was ever written.
      await until('it has a Release', () => site.releaseOf(v2), { every: 20 });
      await crash();
      await crashIn(site, v2, 'Starting', 'Preparing');
      await crashIn(site, v2, 'Starting', 'Loading');
      await crashIn(site, v2, 'Stepping', 'Analysing');
      await crashIn(site, v2, 'Promoting', 'RestoringRoutes');
      await crashIn(site, v2, 'Promoting', 'HandingOver');
      await crashIn(site, v2, 'Promoting', 'Updating');
      await crashIn(site, v2, 'Promoting', 'CleaningUp');
      expect((await site.untilEnded(v2)).status).toMatchObject({ phase: 'Promoted', reason: 'Promoted' });
      expect((await site.recordsNow()).filter(isFailed)).toEqual([]);
      expect(pods.loads('v2')).toBe(3);
      pods.stop();
      expect((await api.get('VirtualService', MODEL))?.['spec']).toStrictEqual(before?.['spec']);
      expect(await api.list('DestinationRule')).toEqual([]);
    });
  });

  it('in every stage of a roll-back still takes the bad version out, and touches no stable pod', async () => {
    await onSite(access, { annotations: QUICK }, async (site) => {
      const { api } = site;
      const before = await api.get('VirtualService', MODEL);
      const stable = await namesOf(site);
      await site.untilGated();
      const v2 = await site.push('v2', { ERROR_SHARE: '0.9' });
      for (const stage of ['Draining', 'Removing', 'CleaningUp']) await crashIn(site, v2, 'Aborting', stage);
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
    await onSite(access, options, async (site) => {
      await site.untilGated();
      const v2 = await site.push('v2');
      await site.untilIn(v2, 'Promoting', 'Updating');
      await site.act(v2, { abort: { reason: 'second thoughts' } });
      await crashIn(site, v2, 'Aborting', 'ReturningToStable');
      const { status } = await site.untilEnded(v2);
      expect(status).toMatchObject({ phase: 'Aborted', reason: 'AbortRequested' });
      expect(await site.deployment()).toMatchObject({ version: 'v1', paused: false });
      await site.untilOnly('v1');
      expect(site.records().filter(isFailed)).toEqual([]);
      expect(await site.api.list('DestinationRule')).toEqual([]);
    });
  });
});
