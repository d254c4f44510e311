import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createController } from '../hack/lab/controller.ts';
import { MODEL, QUICK, quickRollout } from '../hack/lab/model.ts';
import { onSite, type Pushed, type Site } from '../hack/lab/site.ts';
import { type Told, toldOf } from '../hack/lab/told.ts';
import { until } from '../hack/lab/until.ts';
import { isFailed } from '../hack/load/record.ts';
import type { Rollout } from '../src/api/rollout.ts';
import { createClient } from './kubectl.ts';

const access = inject('access');
const controller = createController(access, { name: 'deletion' });

interface Before {
  readonly pods: readonly string[];
  readonly routes: unknown;
}

const routesOf = async ({ api }: Site): Promise<unknown> =>
  (await api.get('VirtualService', MODEL))?.['spec'];
const podsOf = async (site: Site): Promise<string[]> =>
  (await site.pods()).map(({ metadata }) => metadata.uid ?? '').toSorted();

/** Brings a release to its first step, with traffic. */
async function begin(site: Site, rollout?: string): Promise<[Pushed, Before]> {
  await site.untilGated(rollout);
  const before = { pods: await podsOf(site), routes: await routesOf(site) };
  const v2 = await site.push('v2');
  await site.untilIn(v2, 'Stepping', 'Analysing');
  return [v2, before];
}

async function untilTold(site: Site, kind: string, name: string, reason: string): Promise<Told> {
  return until(`${kind} ${name} is told of ${reason}`, async () =>
    (await toldOf(site.api, kind, name)).find((one) => one.reason === reason),
  );
}

/** The routes are the user's, the canary is gone, and the very pods that served before serve. */
async function expectStableAlone(site: Site, before: Before): Promise<void> {
  await until('the canary is gone', async () => (await site.api.list('ReplicaSet')).length === 1);
  expect(await routesOf(site)).toStrictEqual(before.routes);
  expect(await site.api.list('DestinationRule')).toEqual([]);
  expect(await podsOf(site)).toEqual(before.pods);
  await site.untilOnly('v1');
  expect(site.records().filter(isFailed)).toEqual([]);
}

describe.concurrent('deleted in the middle of a release', () => {
  beforeAll(() => controller.start());
  afterAll(() => controller.stop());

  it('a Deployment takes everything with it but the routes, which are the user’s again', async () => {
    await onSite(access, { annotations: QUICK }, async (site) => {
      const { api } = site;
      const [v2, before] = await begin(site);
      const { metadata } = (await site.releaseOf(v2)) ?? { metadata: { name: '' } };
      await api.remove('Deployment', MODEL);
      await until('nothing of it is left', async () => {
        const kinds = ['Release', 'Rollout', 'ReplicaSet', 'DestinationRule', 'Pod'] as const;
        const left = await Promise.all(kinds.map((kind) => api.list(kind)));
        return left.every((objects) => objects.length === 0);
      });
      expect(await routesOf(site)).toStrictEqual(before.routes);
      const { note } = await untilTold(site, 'Release', metadata.name, 'Cancelled');
      expect(note).toContain(`Deployment ${MODEL} has been deleted`);
    });
  });

  it('a Rollout leaves stable alone with the traffic, and the Deployment paused until somebody lets it go', async () => {
    await onSite(access, {}, async (site) => {
      const { api } = site;
      await api.create(quickRollout('policy'));
      const [, before] = await begin(site, 'policy');
      await api.remove('Rollout', 'policy');
      await until('it is gone', async () => (await api.get('Rollout', 'policy')) === null);
      await expectStableAlone(site, before);
      expect(await site.deployment()).toMatchObject({ version: 'v2', paused: true });
      const { note } = await untilTold(site, 'Deployment', MODEL, 'LetGo');
      expect(note).toContain('left paused on stable');
      expect(note).toContain(`kubectl rollout resume deployment/${MODEL}`);
      const cancelled = await untilTold(site, 'Deployment', MODEL, 'Cancelled');
      expect(cancelled.note).toContain('Rollout policy has been deleted');

      const kubectl = createClient(access, ['--namespace', site.namespace]);
      await kubectl.ok(['rollout', 'resume', `deployment/${MODEL}`]);
      await kubectl.ok(['rollout', 'status', `deployment/${MODEL}`, '--timeout=60s']);
      await site.untilOnly('v2');
      expect(site.records().filter(isFailed)).toEqual([]);
    });
  });

  it('a Release leaves stable alone with the traffic, the gate shut, and its revision untried until asked for', async () => {
    await onSite(access, { annotations: QUICK }, async (site) => {
      const { api } = site;
      const [v2, before] = await begin(site);
      const { metadata } = (await site.releaseOf(v2)) ?? { metadata: { name: '' } };
      await api.remove('Release', metadata.name);
      await until('it is gone', async () => (await api.get('Release', metadata.name)) === null);
      await expectStableAlone(site, before);
      expect(await site.deployment()).toMatchObject({ version: 'v2', paused: true });
      const { note } = await untilTold(site, 'Deployment', MODEL, 'Cancelled');
      expect(note).toContain('has been deleted; the Deployment stays paused on stable');
      const { status } = (await api.get('Rollout', MODEL)) as Rollout;
      expect(status).toMatchObject({ tried: v2.revision, phase: 'Idle' });
      expect(await api.list('Release')).toEqual([]);

      await api.merge('Rollout', MODEL, { metadata: { annotations: { 'sluice.dev/retry': 'please' } } });
      await site.untilIn(v2, 'Starting');
    });
  });
});
