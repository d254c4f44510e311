import { describe, expect, inject, it } from 'vitest';
import { isFailed } from '../../../hack/load/record.ts';
import {
  type ReceivedMessage,
  receivedMessagesOf,
} from '../../../hack/testbed/evidence/received-messages.ts';
import { MODEL, QUICK, quickRollout } from '../../../hack/testbed/model.ts';
import { onSite, type Pushed, type Site } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import type { Release } from '../../../src/api/release/release.ts';
import type { Rollout } from '../../../src/api/rollout/rollout.ts';
import { workloadCondition } from '../../../src/reconcile/workload/condition.ts';
import { createClient } from '../kubectl.ts';

const access = inject('access');

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

async function untilTold(site: Site, kind: string, name: string, reason: string): Promise<ReceivedMessage> {
  return until(`${kind} ${name} reports ${reason}`, async () =>
    (await receivedMessagesOf(site.api, kind, name)).find((one) => one.reason === reason),
  );
}

/** What the Deployment says of a pause that Sluice has left. */
async function leftMessage(site: Site): Promise<string | undefined> {
  const shown = workloadCondition((await site.deployment()).object);
  return shown?.reason === 'LeftPaused' ? shown.message : undefined;
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

  it('a Rollout leaves stable alone with the traffic, and the Deployment paused until somebody resumes it', async () => {
    await onSite(access, {}, async (site) => {
      const { api } = site;
      await api.create(quickRollout('policy'));
      const [, before] = await begin(site, 'policy');
      await api.remove('Rollout', 'policy');
      await until('it is gone', async () => (await api.get('Rollout', 'policy')) === null);
      await expectStableAlone(site, before);
      expect(await site.deployment()).toMatchObject({ version: 'v2', paused: true });
      const { note } = await untilTold(site, 'Deployment', MODEL, 'LeftPaused');
      expect(note).toContain('stays paused, stable serves');
      expect(note).toContain(`kubectl rollout resume deployment/${MODEL} -n ${site.namespace}`);
      const cancelled = await untilTold(site, 'Deployment', MODEL, 'Cancelled');
      expect(cancelled.note).toContain('Rollout policy has been deleted');

      const shown = await leftMessage(site);
      await site.push('v3');
      await until('the newer version is reported, too', async () => (await leftMessage(site)) !== shown);
      await site.untilOnly('v1');

      const kubectl = createClient(access, ['--namespace', site.namespace]);
      await kubectl.ok(['rollout', 'resume', `deployment/${MODEL}`]);
      await kubectl.ok(['rollout', 'status', `deployment/${MODEL}`, '--timeout=60s']);
      await site.untilOnly('v3');
      await until('nothing is said any more', async () => (await leftMessage(site)) === undefined);
      expect(site.records().filter(isFailed)).toEqual([]);
    });
  });

  it('a Rollout that annotations made is made again, and its release begins again', async () => {
    await onSite(access, { annotations: QUICK }, async (site) => {
      const { api } = site;
      const [v2, before] = await begin(site);
      const first = (await api.get('Rollout', MODEL))?.metadata.uid;
      const began = (await site.releaseOf(v2))?.metadata.uid;
      await api.remove('Rollout', MODEL);
      await until(
        'there is another',
        async () => ((await api.get('Rollout', MODEL))?.metadata.uid ?? first) !== first,
      );
      await until('its release begins', async () => {
        const [release] = (await api.list('Release')) as Release[];
        return release?.metadata.uid !== began && release?.status?.phase === 'Starting';
      });
      const { status } = (await api.get('Rollout', MODEL)) as Rollout;
      expect(status?.conditions?.find(({ type }) => type === 'Ready')?.reason).toBe('Gated');
      expect(await leftMessage(site)).toBeUndefined();
      expect((await podsOf(site)).filter((uid) => before.pods.includes(uid))).toEqual(before.pods);
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
      const why = await untilTold(site, 'Deployment', MODEL, 'ReleaseDeleted');
      expect(why.note).toContain(`kubectl annotate rollouts.sluice.dev ${MODEL} -n ${site.namespace}`);
      expect(await api.list('Release')).toEqual([]);

      await api.merge('Rollout', MODEL, { metadata: { annotations: { 'sluice.dev/retry': 'please' } } });
      await site.untilIn(v2, 'Starting');
    });
  });
});
