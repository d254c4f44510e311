import { describe, expect, inject, it } from 'vitest';
import { isFailed, type LoadRecord } from '../../../hack/load/record.ts';
import { MODEL, QUICK } from '../../../hack/testbed/model.ts';
import { onSite } from '../../../hack/testbed/site.ts';

const access = inject('access');
/** No routes: the proxy balances over all ready pods of the Service, as without a mesh. */
const PLAIN = { ...QUICK, 'sluice.dev/router': 'service' };

const between = (records: readonly LoadRecord[], from: string, to: string): LoadRecord[] =>
  records.filter(({ at }) => at >= Date.parse(from) + 1_000 && at < Date.parse(to));

describe.concurrent('a release without a mesh', () => {
  it('of a good version gets the share of its pods, and then the rolling update; nothing is lost', async () => {
    await onSite(access, { replicas: 3, annotations: PLAIN, rate: 80 }, async (site) => {
      const before = (await site.api.get('VirtualService', MODEL))?.['spec'];
      await site.untilGated();
      const v2 = await site.push('v2');
      const ended = await site.untilEnded(v2);
      expect(ended.status).toMatchObject({ phase: 'Promoted', handedOver: true });
      expect(ended.spec.policy.steps).toEqual([{ weight: 25 }]);
      expect(ended.spec.rounding).toContain('25 % and 50 % are one step of 25 % (1 of 4 pods; maxSurge 1');

      const at = (place: string): string =>
        ended.status?.trail?.find(({ phase }) => phase === place)?.at ?? '';
      const records = await site.recordsNow();
      const judged = between(records, at('Stepping.Analysing'), at('Promoting.Sizing'));
      const share = judged.filter(({ version }) => version === 'v2').length / judged.length;
      expect(judged.length).toBeGreaterThan(100);
      expect(share).toBeGreaterThan(0.17);
      expect(share).toBeLessThan(0.33);
      await site.untilOnly('v2');
      expect(site.records().filter(isFailed)).toEqual([]);
      expect((await site.api.get('VirtualService', MODEL))?.['spec']).toEqual(before);
      expect(await site.api.list('DestinationRule')).toEqual([]);
    });
  });

  it('goes through more pods where maxSurge allows them', async () => {
    const strategy = { rollingUpdate: { maxSurge: 3, maxUnavailable: 0 } };
    const options = { replicas: 3, annotations: PLAIN, rate: 60, deployment: { strategy } };
    await onSite(access, options, async (site) => {
      await site.untilGated();
      const ended = await site.untilEnded(await site.push('v2'));
      expect(ended.status).toMatchObject({ phase: 'Promoted' });
      expect(ended.spec.policy.steps).toEqual([{ weight: 25 }, { weight: 50 }]);
      expect(ended.spec.rounding).toBeUndefined();
      await site.untilOnly('v2');
      expect(site.records().filter(isFailed)).toEqual([]);
    });
  });

  it('of a bad version loses its traffic with its pods, and stable loses nothing', async () => {
    await onSite(access, { replicas: 3, annotations: PLAIN, rate: 80 }, async (site) => {
      await site.untilGated();
      const v1 = (await site.pods()).map(({ metadata }) => metadata.name).toSorted();
      const v2 = await site.push('v2', { ERROR_SHARE: '0.9' });
      const ended = await site.untilEnded(v2);
      expect(ended.status).toMatchObject({ phase: 'Aborted', reason: 'AnalysisFailed', weight: 0 });
      await site.untilOnly('v1');
      const lost = site.records().filter((record) => isFailed(record) && record.version !== 'v2');
      expect(lost).toEqual([]);
      expect((await site.pods()).map(({ metadata }) => metadata.name).toSorted()).toEqual(v1);
    });
  });
});
