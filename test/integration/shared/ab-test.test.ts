import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, inject, it } from 'vitest';
import { isFailed } from '../../../hack/load/record.ts';
import { MODEL, quickAnalysis, quickRollout } from '../../../hack/testbed/model.ts';
import { onSite } from '../../../hack/testbed/site.ts';

const access = inject('access');
/** Most of the time of a test, in which nothing is waited for. */
const TEST_MS = 120_000;

/** Half of the requests to each version for two and a half minutes; bounds that neither version breaks. */
const policy = () =>
  quickRollout(MODEL, {
    steps: undefined,
    abTest: { weight: 50, for: '150s', metrics: ['errors'] },
    analysis: {
      ...quickAnalysis(),
      bounds: [
        { name: 'latency', max: '500ms' },
        { name: 'errors', max: '60%', maxIncrease: '90pp' },
      ],
    },
  });

describe.concurrent('an A/B test', () => {
  it('is won by the new version where that fails less often, and it is promoted', async () => {
    await onSite(access, { rate: 80, env: { ERROR_SHARE: '0.3' } }, async (site) => {
      await site.api.create(policy());
      await site.untilGated();
      const v2 = await site.push('v2', { ERROR_SHARE: '0' });
      await site.untilIn(v2, 'Stepping', 'Analysing');
      await delay(TEST_MS);
      const { status } = await site.untilEnded(v2);
      expect(status).toMatchObject({ phase: 'Promoted' });
      expect(status?.trail?.map(({ reason }) => reason)).toContain('CanaryWon');
      expect((await site.recordsNow()).filter((one) => isFailed(one) && one.version === 'v2')).toEqual([]);
    });
  });

  it('is won by stable where the new version fails more often, and ends without a fault', async () => {
    await onSite(access, { rate: 80 }, async (site) => {
      await site.api.create(policy());
      await site.untilGated();
      const v2 = await site.push('v2', { ERROR_SHARE: '0.3' });
      await site.untilIn(v2, 'Stepping', 'Analysing');
      await delay(TEST_MS);
      const { status } = await site.untilEnded(v2);
      expect(status).toMatchObject({ phase: 'Cancelled', reason: 'StableWon', weight: 0 });
      expect(status?.message).toContain('stable is better');
      await site.untilOnly('v1');
      expect((await site.recordsNow()).filter((one) => isFailed(one) && one.version === 'v1')).toEqual([]);
      expect(await site.deployment()).toMatchObject({ version: 'v2', paused: true });
    });
  });
});
