import { describe, expect, inject, it } from 'vitest';
import { isFailed } from '../../hack/load/record.ts';
import { type Controller, createController, onlyFor } from '../../hack/testbed/controller.ts';
import { conditionOf } from '../../hack/testbed/evidence/received-messages.ts';
import { MODEL, QUICK } from '../../hack/testbed/model.ts';
import { openSite, type Pushed, type Site, type SiteOptions } from '../../hack/testbed/site.ts';
import { until } from '../../hack/testbed/until.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import type { Phase } from '../../src/api/release/places.ts';
import { MACHINE_VERSION } from '../../src/release/machine.ts';
import { createClient } from '../integration/kubectl.ts';
import { grantLeases } from '../integration/lease-rights.ts';
import { TREE } from './earlier.ts';

const access = inject('access');
const tree = process.env[TREE];

interface Versions {
  readonly site: Site;
  /** The controller of the earlier tree, and that of this one; neither runs. */
  readonly earlier: Controller;
  readonly present: Controller;
}

let nextPort = 18_210;

/** Plays on a site with a controller of each version, beside other sites; the present one cleans up. */
async function onBoth(options: SiteOptions, play: (versions: Versions) => Promise<void>): Promise<void> {
  const site = await openSite(access, { replicas: 3, annotations: QUICK, ...options });
  const flags = onlyFor(site.namespace);
  const { namespace } = site;
  const earlier = createController(access, { name: `earlier-${namespace}`, port: nextPort++, flags, tree });
  const present = createController(access, { name: `present-${namespace}`, port: nextPort++, flags });
  try {
    await play({ site, earlier, present });
  } finally {
    await earlier.stop();
    await present.stop();
    await present.start();
    await site.close();
    await present.stop();
  }
}

const routesOf = async ({ api }: Site): Promise<readonly unknown[]> =>
  Promise.all(
    [api.get('VirtualService', MODEL), api.list('DestinationRule')].map(async (one) => {
      const found = await one;
      return Array.isArray(found) ? found.map(({ spec }) => spec) : found?.['spec'];
    }),
  );

const versionOf = ({ metadata }: KubeObject): string | undefined => metadata.resourceVersion;

/** Begins a release under a controller, and ends that with the release at a place. */
async function begun(
  { site }: Versions,
  controller: Controller,
  place: readonly [Phase, string],
  env: Readonly<Record<string, string>> = {},
): Promise<Pushed> {
  await controller.start();
  await site.untilGated();
  const v2 = await site.push('v2', { LOAD_SECONDS: '3', ...env });
  await site.untilIn(v2, ...place);
  await controller.stop();
  return v2;
}

const machineOf = async (site: Site, pushed: Pushed): Promise<number | undefined> =>
  (await site.releaseOf(pushed))?.status?.machineVersion;

describe.concurrent('an upgrade in a release', () => {
  grantLeases(createClient(access));

  it.each([
    ['Starting', 'Loading'],
    ['Stepping', 'Analysing'],
    ['Promoting', 'Updating'],
  ] as const)(
    'that the earlier controller has begun is promoted by the present one from %s.%s, and no request is lost',
    async (...place) => {
      await onBoth({}, async (versions) => {
        const { site, earlier, present } = versions;
        const before = await site.api.get('VirtualService', MODEL);
        const v2 = await begun(versions, earlier, place);
        expect(await machineOf(site, v2)).toBe(MACHINE_VERSION - 1);
        const { status: then } = (await site.releaseOf(v2)) ?? {};
        await present.start();
        const { status } = await site.untilEnded(v2);
        expect(status).toMatchObject({
          phase: 'Promoted',
          machineVersion: MACHINE_VERSION,
          startedAt: then?.startedAt,
        });
        expect(status?.trail?.slice(0, then?.trail?.length)).toEqual(then?.trail);
        await site.untilOnly('v2');
        expect(site.records().filter(isFailed)).toEqual([]);
        expect((await site.api.get('VirtualService', MODEL))?.['spec']).toStrictEqual(before?.['spec']);
        expect(await site.api.list('DestinationRule')).toEqual([]);
      });
    },
  );

  it('that is bad is rolled back by the present controller', async () => {
    await onBoth({}, async (versions) => {
      const { site, earlier, present } = versions;
      const v2 = await begun(versions, earlier, ['Stepping', 'Analysing'], { ERROR_SHARE: '0.5' });
      await present.start();
      expect((await site.untilEnded(v2)).status).toMatchObject({
        phase: 'Aborted',
        reason: 'AnalysisFailed',
      });
      await site.untilOnly('v1');
    });
  });

  it('that the present controller has begun is left alone by the earlier one, which says so, and finished by the present one', async () => {
    await onBoth({}, async (versions) => {
      const { site, earlier, present } = versions;
      const v2 = await begun(versions, present, ['Stepping', 'Analysing']);
      const [release, routes] = [await site.releaseOf(v2), await routesOf(site)];
      await earlier.start();
      await until('the Deployment shows it', async () => {
        const shown = conditionOf((await site.deployment()).object, 'SluiceReady');
        return shown?.reason === 'UnknownPhase';
      });
      await site.traffic(5_000);
      const left = await site.releaseOf(v2);
      expect(versionOf(left as KubeObject)).toBe(versionOf(release as KubeObject));
      expect(await routesOf(site)).toEqual(routes);
      await earlier.stop();
      await present.start();
      expect((await site.untilEnded(v2)).status?.phase).toBe('Promoted');
      await site.untilOnly('v2');
      expect(site.records().filter(isFailed)).toEqual([]);
      await until('nothing is shown any more', async () => {
        const shown = conditionOf((await site.deployment()).object, 'SluiceReady');
        return shown === undefined;
      });
    });
  });
});
