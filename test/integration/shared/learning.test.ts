import { describe, expect, inject, it } from 'vitest';
import { MODEL, QUICK } from '../../../hack/testbed/model.ts';
import { onSite, type Site } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import type { Learnt } from '../../../src/api/rollout/learnt.ts';
import type { Rollout } from '../../../src/api/rollout/rollout.ts';

const access = inject('access');
const ERRORS = 0.05;
/** Twice as long as this is two windows of half a minute, and the time until a scrape is stored. */
const PART_MS = 50_000;

async function learntOf({ api }: Site): Promise<Learnt | undefined> {
  return ((await api.get('Rollout', MODEL)) as unknown as Rollout).status?.learnt;
}

describe.concurrent('what a release knows when it begins', () => {
  it('is what Prometheus has stored of the workload: a Rollout that is new asks for it, and its release has it', async () => {
    const options = {
      annotations: { ...QUICK, 'sluice.dev/rollout': 'off' },
      env: { ERROR_SHARE: String(ERRORS) },
      replicas: 3,
      rate: 60,
    };
    await onSite(access, options, async (site) => {
      for (let part = 0; part < 2; part++) await site.traffic(PART_MS);
      await site.annotate({ 'sluice.dev/rollout': 'true' });
      await site.untilGated();
      const { metrics, queries, message } = await until('the past has been asked', () => learntOf(site));
      expect(message).toBeUndefined();
      expect(queries).toBeGreaterThan(0);
      expect(queries).toBeLessThanOrEqual(24);
      const errors = metrics.find(({ metric }) => metric === 'errors');
      expect(errors?.base).toBeGreaterThan(ERRORS / 2);
      expect(errors?.base).toBeLessThan(ERRORS * 2);
      expect(errors?.variation).toBeLessThan(1);
      expect(metrics.map(({ metric }) => metric)).toContain('latency');

      const release = await site.untilIn(await site.push('v2', { ERROR_SHARE: String(ERRORS) }), 'Stepping');
      expect(release.spec.calibration).toEqual(metrics);
    });
  });
});
