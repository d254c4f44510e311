import { describe, expect, inject, it } from 'vitest';
import { isFailed } from '../../../hack/load/record.ts';
import { versionOf } from '../../../hack/testbed/evidence/history.ts';
import { QUICK } from '../../../hack/testbed/model.ts';
import { onSite } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';

const access = inject('access');
const { 'sluice.dev/steps': _steps, ...QUICK_WITHOUT_STEPS } = QUICK;
/** No routes: the proxy balances over all ready pods of the Service, as without a mesh. */
const UPDATE = { ...QUICK_WITHOUT_STEPS, 'sluice.dev/rolling-update': 'true' };

describe.concurrent('a guarded rolling update', () => {
  it('follows its first pod, is paused between two by a person, and loses nothing', async () => {
    const options = { replicas: 4, annotations: UPDATE, env: { LOAD_SECONDS: '4' }, rate: 60 };
    await onSite(access, options, async (site) => {
      await site.untilGated();
      const v2 = await site.push('v2');
      const first = await site.untilIn(v2, 'Stepping', 'Analysing');
      expect(first.spec).toMatchObject({ shares: 'pods', policy: { traffic: { none: {} } } });
      expect(first.spec.rounding).toContain('rollingUpdate: first 1 new pod is judged beside 4 (maxSurge 1)');
      expect(await site.pods()).toHaveLength(5);

      await site.untilIn(v2, 'Promoting', 'Updating');
      await site.act(v2, { paused: true });
      await until('it is paused', async () => {
        const release = await site.releaseOf(v2);
        return release?.status?.reason === 'Paused' && (await site.deployment()).paused;
      });
      const versions = (await site.pods()).map(versionOf);
      expect(new Set(versions)).toEqual(new Set(['v1', 'v2']));
      await site.act(v2, { paused: false });
      const ended = await site.untilEnded(v2);
      expect(ended.status).toMatchObject({ phase: 'Promoted', handedOver: true });
      await site.untilOnly('v2');
      expect(site.records().filter(isFailed)).toEqual([]);
    });
  });

  it('stops and goes back where its pods turn bad in the middle', async () => {
    const options = { replicas: 4, annotations: UPDATE, env: { LOAD_SECONDS: '15' }, rate: 60, seconds: 600 };
    await onSite(access, options, async (site) => {
      await site.untilGated();
      // Its first pods fail a while after they have loaded, when others are loading.
      const v2 = await site.push('v2', { FAIL_AFTER_SECONDS: '32', FAIL_ERROR_SHARE: '0.8' });
      await site.untilIn(v2, 'Promoting', 'Updating');
      await site.untilIn(v2, 'Aborting', 'ReturningToStable');
      const { status } = await site.untilEnded(v2);
      expect(status).toMatchObject({ phase: 'Aborted', reason: 'AnalysisFailed' });
      expect(await site.deployment()).toMatchObject({ version: 'v1', paused: false });
      await site.untilOnly('v1');
      expect(site.records().filter((one) => isFailed(one) && one.version !== 'v2')).toEqual([]);
    });
  });

  it('ends with its first pod where that is bad', async () => {
    await onSite(access, { replicas: 3, annotations: UPDATE, rate: 60 }, async (site) => {
      await site.untilGated();
      const before = (await site.pods()).map(({ metadata }) => metadata.name).toSorted();
      const v2 = await site.push('v2', { ERROR_SHARE: '0.9' });
      const ended = await site.untilEnded(v2);
      expect(ended.status).toMatchObject({ phase: 'Aborted', reason: 'AnalysisFailed' });
      expect(ended.status?.trail?.map(({ phase }) => phase)).not.toContain('Promoting.Sizing');
      await site.untilOnly('v1');
      expect((await site.pods()).map(({ metadata }) => metadata.name).toSorted()).toEqual(before);
      expect(site.records().filter((one) => isFailed(one) && one.version !== 'v2')).toEqual([]);
    });
  });
});
