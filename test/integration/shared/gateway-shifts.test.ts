import { request } from 'undici';
import { describe, expect, inject, it } from 'vitest';
import { type Load, startLoad } from '../../../hack/load/load.ts';
import { isFailed, type LoadRecord } from '../../../hack/load/record.ts';
import { istioGatewayRoad, istioGrpcRoad, meshRoad } from '../../../hack/testbed/roads/gateway-api.ts';
import type { Road } from '../../../hack/testbed/roads/road.ts';
import { onSite, type Site } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import type { Release } from '../../../src/api/release/release.ts';
import { onRoad, policyOn, routeOf, servicesOf } from '../on-road.ts';
import { expectOnlyTestersMet } from '../testers.ts';

const access = inject('access');
const TESTERS = [{ headers: { 'X-Tester': { exact: 'yes' } } }, { cookies: { beta: { prefix: 'on' } } }];

const ROADS: readonly Road[] = [istioGatewayRoad, meshRoad, istioGrpcRoad];
const named = ROADS.map((road) => [road.about, road] as const);

/** Requests with these headers, beside those of the site. */
const requestsWith = (site: Site, road: Road, headers: Readonly<Record<string, string>>): Load =>
  startLoad({ ...road.target(access, site), headers, rate: 25, seconds: 200 });

/** When a release was for the n-th time under analysis, and until when; epoch milliseconds. */
function analysed({ status }: Release, nth: number): { readonly from: number; readonly to: number } {
  const trail = status?.trail ?? [];
  const at = trail.flatMap(({ phase }, index) => (phase === 'Stepping.Analysing' ? [index] : []))[nth] ?? -1;
  return { from: Date.parse(trail[at]?.at ?? ''), to: Date.parse(trail[at + 1]?.at ?? '') };
}

/** The part of v2 among the answers of a time, without the first second, in which proxies learn of the routes. */
function shareOf(records: readonly LoadRecord[], { from, to }: ReturnType<typeof analysed>): number {
  const within = records.filter(({ at }) => at >= from + 1_000 && at < to);
  expect(within.length).toBeGreaterThan(20);
  return within.filter(({ version }) => version === 'v2').length / within.length;
}

function checkHalf(share: number): void {
  expect(share).toBeGreaterThan(0.3);
  expect(share).toBeLessThan(0.7);
}

describe.concurrent('a release by a route of the Gateway API that begins with chosen and copied requests', () => {
  it.each(named)('has testers alone, then copies beside them, then a weight: %s', async (_about, road) => {
    await onRoad(road, async (site) => {
      await site.api.create(policyOn(road, { steps: [{ match: TESTERS }, { mirror: 50 }, { weight: 50 }] }));
      await site.untilGated('policy');
      const testers = [{ 'x-tester': 'yes' }, { cookie: 'a=b; beta=on-1; c=d' }].map((headers) =>
        requestsWith(site, road, headers),
      );
      const ended = await site.untilEnded(await site.push('v2'));
      expect(ended.status).toMatchObject({ phase: 'Promoted' });
      await site.untilOnly('v2');
      await Promise.all(testers.map((load) => load.stop()));
      const [match, mirror, weight] = [0, 1, 2].map((nth) => analysed(ended, nth));
      if (match === undefined || mirror === undefined || weight === undefined) throw new Error('no steps');
      for (const load of testers) {
        for (const step of [match, mirror, weight]) expect(shareOf(load.records(), step)).toBe(1);
        expect(load.records().filter(isFailed)).toEqual([]);
      }
      for (const step of [match, mirror]) expect(shareOf(site.records(), step)).toBe(0);
      checkHalf(shareOf(site.records(), weight));
      expect(site.records().filter(isFailed)).toEqual([]);
      const errors = ended.status?.analysis?.metrics.find(({ name }) => name === 'errors');
      const counted = errors?.history?.filter(({ step }) => step === 1).at(-1);
      // Testers alone send five requests where stable gets six.
      expect((counted?.canary.events ?? 0) / (counted?.stable.events ?? 1)).toBeGreaterThan(1.05);
    });
  });

  it.each(named.slice(0, 1))('is rolled back where only testers have met it: %s', async (_about, road) => {
    await onRoad(road, async (site) => {
      await site.api.create(policyOn(road, { steps: [{ match: TESTERS }, { weight: 50 }] }));
      await site.untilGated('policy');
      const testers = requestsWith(site, road, { 'x-tester': 'yes' });
      const bad = await site.untilEnded(await site.push('v2', { ERROR_SHARE: '0.9' }));
      expect(bad.status).toMatchObject({ phase: 'Aborted', reason: 'AnalysisFailed' });
      await expectOnlyTestersMet(site, testers, 'v2');
    });
  });

  it('does not begin where nobody says that the implementation can copy requests', async () => {
    const road = { ...istioGatewayRoad, traffic: { gatewayAPI: {} } };
    await onSite(access, { rate: 0, road }, async (site) => {
      const { spec: before } = await routeOf(site, road);
      await site.api.create(policyOn(road, { steps: [{ mirror: 50 }, { weight: 50 }] }));
      const said = await until('the Rollout says so', async () => {
        const rollout = await site.api.get('Rollout', 'policy');
        const { conditions = [] } = (rollout?.['status'] ?? {}) as { conditions?: Record<string, string>[] };
        return (
          conditions.find(({ status, reason }) => status === 'False' && reason === 'FeatureMissing') ?? null
        );
      });
      expect(said['message']).toMatch(/istio\.io\/gateway-controller.*traffic\.gatewayAPI\.features/);
      expect((await routeOf(site, road))['spec']).toEqual(before);
      expect(await servicesOf(site)).toHaveLength(1);
    });
  });
});

/** One request of a client, with the cookie that it has. */
async function ask(
  site: Site,
  road: Road,
  cookie = '',
): Promise<Readonly<Record<'version' | 'given', string>>> {
  const { url, host } = road.target(access, site);
  const headers = { host, ...(cookie === '' ? {} : { cookie: `other=1; ${cookie}` }) };
  const { headers: answered, body } = await request(url, { headers });
  await body.dump();
  const [given = ''] = [answered['set-cookie'] ?? []].flat();
  return { version: String(answered['x-version']), given: given.split(';')[0] ?? '' };
}

describe.concurrent('clients of a route of the Gateway API that stay with their version', () => {
  it.each(named.slice(0, 1))(
    'move once at most, and are all back at once after an abort: %s',
    async (_about, road) => {
      await onRoad(road, async (site) => {
        const over = { sticky: { cookie: 'sv' }, approval: { at: ['50', 'promotion'] } };
        await site.api.create(policyOn(road, { steps: [{ weight: 25 }, { weight: 50 }], ...over }));
        await site.untilGated('policy');
        const v2 = await site.push('v2');
        const asked = (gate: string) => async () => (await site.releaseOf(v2))?.status?.waitingFor === gate;
        await until('it waits at 25 %', asked('50'));
        const first = await Promise.all(Array.from({ length: 200 }, () => ask(site, road)));
        expect(first.every(({ given }) => /^sv=[a-z0-9]+\.(25|50|100)$/.test(given))).toBe(true);
        const share = first.filter(({ version }) => version === 'v2').length / first.length;
        expect(share).toBeGreaterThan(0.1);
        expect(share).toBeLessThan(0.4);
        const again = async (): Promise<string[]> =>
          (await Promise.all(first.map(({ given }) => ask(site, road, given)))).map(({ version }) => version);
        expect(await again()).toEqual(first.map(({ version }) => version));
        await site.act(v2, { approvals: [{ gate: '50' }] });
        await until('it waits at 50 %', asked('promotion'));
        expect(await again()).toEqual(first.map(({ given }) => (given.endsWith('.100') ? 'v1' : 'v2')));
        await site.act(v2, { abort: { reason: 'a test' } });
        await until('no client is with v2', async () => (await again()).every((version) => version === 'v1'));
        expect((await ask(site, road)).given).toBe('');
        expect((await site.untilEnded(v2)).status).toMatchObject({ phase: 'Aborted' });
        expect((await site.recordsNow()).filter(isFailed)).toEqual([]);
      });
    },
  );
});
