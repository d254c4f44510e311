import { describe, expect, inject, it } from 'vitest';
import { isFailed } from '../../../hack/load/record.ts';
import { MODEL } from '../../../hack/testbed/model.ts';
import { istioGatewayRoad, istioGrpcRoad, meshRoad } from '../../../hack/testbed/roads/gateway-api.ts';
import type { Road } from '../../../hack/testbed/roads/road.ts';
import { onSite } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import { ownsFields } from '../../../src/api/owned-fields.ts';
import { createClient } from '../kubectl.ts';
import { onRoad, policyOn, routeOf, servicesOf } from '../on-road.ts';

const access = inject('access');
const ROADS: readonly Road[] = [istioGatewayRoad, meshRoad, istioGrpcRoad];

describe.concurrent('a release by a route of the Gateway API', () => {
  it.each(ROADS.map((road) => [road.about, road] as const))('is promoted: %s', async (_about, road) => {
    await onRoad(road, async (site) => {
      await site.api.create(policyOn(road));
      await site.untilGated('policy');
      const from = site.records().length;
      const v2 = await site.push('v2');
      await site.untilIn(v2, 'Stepping', 'Analysing');
      expect((await servicesOf(site)).toSorted()).toEqual([
        MODEL,
        `${MODEL}-sluice-canary`,
        `${MODEL}-sluice-stable`,
      ]);
      expect((await site.untilEnded(v2)).status).toMatchObject({ phase: 'Promoted' });
      await site.untilOnly('v2');
      const records = (await site.recordsNow()).slice(from);
      expect(records.filter(isFailed)).toEqual([]);
      const split = records.filter(({ version }) => version === 'v2').length;
      expect(split).toBeGreaterThan(50);
    });
  });

  it.each([istioGatewayRoad, meshRoad].map((road) => [road.about, road] as const))(
    'is rolled back: %s',
    async (_about, road) => {
      await onRoad(road, async (site) => {
        await site.api.create(policyOn(road));
        await site.untilGated('policy');
        const v2 = await site.push('v2', { ERROR_SHARE: '0.9' });
        expect((await site.untilEnded(v2)).status).toMatchObject({
          phase: 'Aborted',
          reason: 'AnalysisFailed',
        });
        await site.untilOnly('v1');
        const lost = (await site.recordsNow()).filter((one) => isFailed(one) && one.version !== 'v2');
        expect(lost).toEqual([]);
      });
    },
  );

  it('corrects a route that is applied from Git in the middle, and leaves it to Git after the end', async () => {
    const road = istioGatewayRoad;
    await onRoad(road, async (site) => {
      const kubectl = createClient(access, ['--namespace', site.namespace]);
      const [manifest] = road.objects(site.host);
      const apply = () =>
        kubectl.ok(
          ['apply', '--server-side', '--field-manager=git', '--force-conflicts', '-f', '-'],
          JSON.stringify(manifest),
        );
      await apply();
      await site.api.create(policyOn(road, { steps: [{ weight: 50 }], approval: { at: ['promotion'] } }));
      await site.untilGated('policy');
      const v2 = await site.push('v2');
      await site.untilIn(v2, 'Stepping', 'Analysing');
      await apply();
      await until('the weights are back', async () =>
        JSON.stringify((await routeOf(site, road))['spec']).includes('sluice-canary'),
      );
      await site.act(v2, { abort: { reason: 'a test' } });
      expect((await site.untilEnded(v2)).status).toMatchObject({ phase: 'Aborted' });
      await until('the fields are given back', async () => !ownsFields(await routeOf(site, road)));
      await kubectl.ok(
        ['apply', '--server-side', '--field-manager=git', '-f', '-'],
        JSON.stringify(manifest),
      );
    });
  });

  it('does not begin where no listener takes the route, and says so with the words of the Gateway', async () => {
    await onSite(access, { rate: 0, road: istioGatewayRoad }, async (site) => {
      await site.api.create(policyOn(istioGatewayRoad));
      await site.untilGated('policy');
      const parentRefs = [{ namespace: 'istio-system', name: 'gateway', sectionName: 'absent' }];
      await site.api.merge('HTTPRoute', MODEL, { spec: { parentRefs } });
      const v2 = await site.push('v2');
      const release = await until('it says why it waits', async () => {
        const found = await site.releaseOf(v2);
        return found?.status?.reason === 'RouteNotAccepted' ? found : null;
      });
      expect(release.status?.phase).toBe('Pending');
      expect(release.status?.message).toMatch(
        /Gateway istio-system\/gateway \(sectionName absent\) does not accept/,
      );
      expect(await servicesOf(site)).toEqual([MODEL]);
    });
  });
});
