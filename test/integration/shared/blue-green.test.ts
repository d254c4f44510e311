import { describe, expect, inject, it } from 'vitest';
import { startLoad } from '../../../hack/load/load.ts';
import { isFailed } from '../../../hack/load/record.ts';
import { join } from '../../../hack/testbed/callers.ts';
import { MODEL, QUICK, quickRollout } from '../../../hack/testbed/model.ts';
import { countPods } from '../../../hack/testbed/pods.ts';
import { istioGatewayRoad } from '../../../hack/testbed/roads/gateway-api.ts';
import { istioRoad } from '../../../hack/testbed/roads/istio.ts';
import { type Road, TEST_LABEL, withTestHost } from '../../../hack/testbed/roads/road.ts';
import { onSite, type Pushed, type Site } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import type { KubeObject } from '../../../src/api/meta.ts';
import type { Release } from '../../../src/api/release/release.ts';

const access = inject('access');

const BLUE_GREEN = { ...QUICK, 'sluice.dev/steps': 'blue-green', 'sluice.dev/scale-down-delay': '6s' };
const PREVIEW = { match: [{ headers: { 'x-preview': { exact: 'yes' } } }] };

/** Name of a Service for testers. */
const NAMED = `${MODEL}-preview`;

/** A VirtualService that is for one name more. */
function forName(object: KubeObject, name: string): KubeObject {
  const { hosts = [], ...spec } = object['spec'] as { hosts?: string[] };
  return object.kind === 'VirtualService'
    ? { ...object, spec: { ...spec, hosts: [...hosts, name] } }
    : object;
}

/** Routes in the mesh for a second Service with the same pods. */
const namedObjects = (host: string): KubeObject[] => [
  ...istioRoad.objects(host).map((one) => forName(one, NAMED)),
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: NAMED },
    spec: { selector: { app: MODEL }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  },
];

async function untilAsked(site: Site, pushed: Pushed): Promise<Release> {
  return until('the switch waits for a person', async () => {
    const release = await site.releaseOf(pushed);
    return release?.status?.waitingFor === 'switch' ? release : null;
  });
}

/** When a release came to a place, epoch milliseconds. */
function reached({ status }: Release, place: string): number {
  return Date.parse(status?.trail?.find(({ phase }) => phase === place)?.at ?? '');
}

describe.concurrent('blue/green', () => {
  it('switches all traffic in one step once a person approves, and promotes without a lost request', async () => {
    const annotations = { ...BLUE_GREEN, 'sluice.dev/approval': 'switch' };
    await onSite(access, { annotations, replicas: 3, rate: 80 }, async (site) => {
      await site.untilGated();
      const pods = await countPods(site.api, `app=${MODEL}`);
      const v2 = await site.push('v2');
      const asked = await untilAsked(site, v2);
      expect(asked.status).toMatchObject({ weight: 0, replicas: 3 });
      expect(await site.pods()).toHaveLength(6);
      expect((await site.recordsNow()).every(({ version }) => version === 'v1')).toBe(true);
      await site.act(v2, { approvals: [{ gate: 'switch', reason: 'looks well' }] });
      const ended = await site.untilEnded(v2);
      expect(ended.status).toMatchObject({ phase: 'Promoted' });
      const switched = reached(ended, 'Stepping.Analysing');
      expect(reached(ended, 'Promoting.Sizing') - switched).toBeGreaterThanOrEqual(6_000);
      await site.untilOnly('v2');

      const records = site.records();
      expect(records.filter(isFailed)).toEqual([]);
      // Proxies learn of the switch within a second; from then on nobody meets the old version again.
      const later = records.filter(({ at }) => at > switched + 1_500);
      expect(later.length).toBeGreaterThan(100);
      expect(later.filter(({ version }) => version !== 'v2')).toEqual([]);
      expect(pods.loads('v2')).toBe(3);
      pods.stop();
      expect(await site.api.list('DestinationRule')).toEqual([]);
    });
  });

  it('goes back in one step where the new version is bad after the switch', async () => {
    const annotations = { ...BLUE_GREEN, 'sluice.dev/scale-down-delay': '2m' };
    await onSite(access, { annotations, rate: 80 }, async (site) => {
      await site.untilGated();
      const v2 = await site.push('v2', { ERROR_SHARE: '0.6' });
      const ended = await site.untilEnded(v2);
      expect(ended.status).toMatchObject({ phase: 'Aborted', reason: 'AnalysisFailed', weight: 0 });
      expect(ended.status?.trail?.map(({ phase }) => phase)).not.toContain('Aborting.ReturningToStable');
      const back = reached(ended, 'Aborting.Draining');
      expect(back - reached(ended, 'Stepping.Analysing')).toBeLessThan(20_000);
      await site.untilOnly('v1');
      const records = site.records();
      expect(records.filter((one) => isFailed(one) && one.version !== 'v2')).toEqual([]);
      expect(records.filter(({ at, version }) => at > back + 1_500 && version === 'v2')).toEqual([]);
    });
  });

  it.each<[string, Road]>([
    ['one more of a VirtualService', istioRoad],
    ['that of a second HTTPRoute', istioGatewayRoad],
  ])('shows the new version by a host of its own, %s, and nowhere else', async (_about, given) => {
    const road = withTestHost(given);
    await onSite(access, { road, rate: 40, replicas: 2 }, async (site) => {
      const specs = async (): Promise<unknown[]> =>
        (await site.api.list(road.route.kind)).map(({ spec }) => spec);
      const before = await specs();
      const preview = { host: `${TEST_LABEL}.${site.host}` };
      const policy = { steps: undefined, blueGreen: { preview }, approval: { at: ['switch'] } };
      await site.api.create(quickRollout('policy', { traffic: road.traffic, ...policy }));
      await site.untilGated('policy');
      const testers = await join(site, { host: TEST_LABEL }, 20);
      const last = async (version: string): Promise<void> => {
        await until(`testers meet ${version}`, async () =>
          (await testers.recordsNow()).slice(-10).every((one) => one.version === version),
        );
      };
      await last('v1');
      const v2 = await site.push('v2');
      await untilAsked(site, v2);
      await last('v2');
      expect(new Set((await site.recordsNow()).map(({ version }) => version))).toEqual(new Set(['v1']));
      await site.act(v2, { abort: { reason: 'it is not what we want' } });
      expect((await site.untilEnded(v2)).status).toMatchObject({ phase: 'Aborted' });
      await last('v1');
      expect(await specs()).toStrictEqual(before);
      const records = [...(await site.recordsNow()), ...(await testers.recordsNow())];
      await testers.stop();
      expect(records.filter(isFailed)).toEqual([]);
    });
  });

  it('shows the new version to callers in the mesh by the name of a second Service', async () => {
    await onSite(
      access,
      { road: { ...istioRoad, objects: namedObjects }, rate: 40, replicas: 2 },
      async (site) => {
        const blueGreen = { preview: { host: NAMED } };
        await site.api.create(
          quickRollout('policy', { steps: undefined, blueGreen, approval: { at: ['switch'] } }),
        );
        await site.untilGated('policy');
        const callers = startLoad({
          url: `http://${NAMED}.${site.namespace}.svc.cluster.local/predict`,
          proxy: access.meshProxyUrl,
          rate: 20,
          seconds: 120,
        });
        const untilMet = (version: string): Promise<unknown> =>
          until(`callers meet ${version}`, () => {
            const last = callers.records().slice(-10);
            return last.length === 10 && last.every((one) => one.version === version);
          });
        await untilMet('v1');
        const v2 = await site.push('v2');
        await untilAsked(site, v2);
        await untilMet('v2');
        await site.act(v2, { abort: { reason: 'it is not what we want' } });
        await untilMet('v1');
        await callers.stop();
        expect((await site.untilEnded(v2)).status).toMatchObject({ phase: 'Aborted' });
        const others = await site.recordsNow();
        expect(new Set(others.map(({ version }) => version))).toEqual(new Set(['v1']));
        expect([...others, ...callers.records()].filter(isFailed)).toEqual([]);
      },
    );
  });

  it('shows the new version by its preview, and promotes a Deployment with Recreate without a pause', async () => {
    const deployment = { strategy: { type: 'Recreate' } };
    await onSite(access, { deployment, rate: 60 }, async (site) => {
      const blueGreen = { preview: PREVIEW, scaleDownDelay: '4s' };
      const policy = { steps: undefined, blueGreen, approval: { at: ['switch'] } };
      await site.api.create(quickRollout('policy', policy));
      await site.untilGated('policy');
      const v2 = await site.push('v2');
      await untilAsked(site, v2);
      const url = `${access.gatewayUrl}/predict`;
      const preview = startLoad({
        url,
        host: site.host,
        headers: { 'x-preview': 'yes' },
        rate: 20,
        seconds: 60,
      });
      await until(
        'the preview answers',
        () => preview.records().filter(({ version }) => version === 'v2').length > 20,
      );
      await preview.stop();
      expect((await site.recordsNow()).every(({ version }) => version === 'v1')).toBe(true);
      await site.act(v2, { approvals: [{ gate: 'switch' }] });
      const ended = await site.untilEnded(v2);
      expect(ended.status).toMatchObject({ phase: 'Promoted' });
      await site.untilOnly('v2');
      expect(site.records().filter(isFailed)).toEqual([]);
      expect((await site.deployment()).object['spec']).toMatchObject(deployment);
    });
  });
});
