import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createController } from '../../../hack/testbed/controller.ts';
import { QUICK } from '../../../hack/testbed/model.ts';
import { actOn } from '../../../hack/testbed/remote.ts';
import { onSite } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import { expectSaid, optIn } from '../said.ts';

const access = inject('access');
const components = inject('components');
const controller = createController(access, { name: 'metrics-away' });

describe('Prometheus that cannot be reached', () => {
  beforeAll(() => controller.start());
  afterAll(() => controller.stop());

  it.skipIf(components === '')('is no person’s fault, and still said', async () => {
    await onSite(access, { replicas: 1, rate: 20 }, async (site) => {
      await optIn(site, QUICK);
      await actOn(components, 'prometheus', 'stop');
      try {
        const v2 = await site.push('v2');
        await expectSaid(site, 'MetricsUnreachable', ['metric errors', 'connect']);
        expect((await site.untilIn(v2, 'Pending')).status).toMatchObject({ weight: 0, replicas: 0 });
        await actOn(components, 'prometheus', 'start');
        await site.untilIn(v2, 'Stepping', 'Analysing');

        await actOn(components, 'prometheus', 'stop');
        const blind = await until('the release says that it sees nothing', async () => {
          const { status } = (await site.releaseOf(v2)) ?? {};
          return status?.verdict === 'providerError' ? status : null;
        });
        expect(blind).toMatchObject({ phase: 'Stepping', weight: 25 });
        expect(blind.analysis?.metrics.map(({ message }) => message).join()).toContain(access.prometheusUrl);
      } finally {
        await actOn(components, 'prometheus', 'start');
      }
      // Nothing was measured, so nothing was decided: it continues where it was.
      const [{ status } = {}] = (await site.api.list('Release')) as { status?: { phase: string } }[];
      expect(status).toMatchObject({ phase: 'Stepping', weight: 25 });
    });
  });
});
