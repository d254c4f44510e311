import { describe, expect, inject, it } from 'vitest';
import { isFailed } from '../../../hack/load/record.ts';
import { resourceFor } from '../../../hack/testbed/api.ts';
import { receivedMessagesOf } from '../../../hack/testbed/evidence/received-messages.ts';
import { MODEL, QUICK } from '../../../hack/testbed/model.ts';
import { onSite, type Pushed, type Site } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import type { Condition } from '../../../src/api/meta.ts';

const access = inject('access');
/** It stays at the first step until somebody skips it. */
const STAYS = { ...QUICK, 'sluice.dev/bake': '1h' };

interface Route {
  readonly name?: string;
  readonly timeout?: string;
  readonly route: readonly { readonly destination: { readonly subset?: string }; readonly weight?: number }[];
}

async function routesOf({ api }: Site): Promise<readonly Route[]> {
  const found = await api.get('VirtualService', MODEL);
  const { http = [] } = (found?.['spec'] ?? {}) as { http?: Route[] };
  return http;
}

/** Weight of each destination of the route `predict`. */
async function weightsOf(site: Site): Promise<number[]> {
  const predict = (await routesOf(site)).find(({ name }) => name === 'predict');
  return (predict?.route ?? []).map(({ weight = 100 }) => weight);
}

const setRoutes = ({ api }: Site, http: readonly object[]) =>
  api.merge('VirtualService', MODEL, { spec: { http } });

/** Name by which a GitOps tool writes. */
const TOOL = 'argocd-controller';

/** Applies these routes by server-side apply, with force, as GitOps tools do. */
async function applyAs({ api }: Site, fieldManager: string, http: readonly object[]): Promise<void> {
  const found = await api.get('VirtualService', MODEL);
  const { apiVersion = '', kind = '' } = found ?? {};
  const object = {
    apiVersion,
    kind,
    metadata: { name: MODEL },
    spec: { ...(found?.['spec'] as object), http },
  };
  const place = { namespace: api.namespace, name: MODEL };
  await api.client.patch(resourceFor('VirtualService'), place, 'apply', object, {
    fieldManager,
    force: true,
  });
}

async function progressing(site: Site, pushed: Pushed): Promise<Partial<Condition>> {
  const release = await site.releaseOf(pushed);
  return release?.status?.conditions?.find(({ type }) => type === 'Progressing') ?? {};
}

/** Pushes a version that stays at a quarter of the traffic. */
async function stay(site: Site): Promise<Pushed> {
  await site.untilGated();
  const v2 = await site.push('v2');
  await site.untilIn(v2, 'Stepping', 'Analysing');
  await until('the weight is in force', async () => (await weightsOf(site)).join() === '75,25');
  return v2;
}

describe.concurrent('what others change in the routes', () => {
  it.each([
    ['all to the canary', [0, 100]],
    ['all to stable', [100, 0]],
    ['another share', [60, 40]],
  ])('weights that somebody sets (%s) are corrected', async (_name, weights) => {
    await onSite(access, { annotations: STAYS, rate: 20 }, async (site) => {
      await stay(site);
      const [predict, ...rest] = await routesOf(site);
      const route = (predict?.route ?? []).map((one, at) => ({ ...one, weight: weights[at] }));
      await setRoutes(site, [{ ...predict, route }, ...rest]);
      await until('the weights are right again', async () => (await weightsOf(site)).join() === '75,25');
      expect((await site.recordsNow()).filter(isFailed)).toEqual([]);
    });
  });

  it('a VirtualService that is applied again as in Git keeps its weights, and what else was changed in it', async () => {
    await onSite(access, { annotations: STAYS, rate: 20 }, async (site) => {
      const { api } = site;
      const [before] = await routesOf(site);
      const v2 = await stay(site);
      const health = { name: 'health', match: [{ uri: { exact: '/ping' } }], redirect: { uri: '/predict' } };
      const inGit = [health, { ...before, timeout: '7s' }];
      await setRoutes(site, inGit);
      await api.merge('VirtualService', MODEL, { metadata: { labels: { team: 'ranking' } } });
      await until('the weights are right again', async () => (await weightsOf(site)).join() === '75,25');
      expect(await routesOf(site)).toMatchObject([health, { name: 'predict', timeout: '7s' }]);

      await site.act(v2, { abort: { reason: 'seen enough' } });
      expect((await site.untilEnded(v2)).status).toMatchObject({
        phase: 'Aborted',
        reason: 'AbortRequested',
      });
      expect(await routesOf(site)).toStrictEqual(inGit);
      const after = await api.get('VirtualService', MODEL);
      expect(after?.metadata).toMatchObject({ labels: { team: 'ranking' } });
      expect(after?.metadata.annotations).toBeUndefined();
      expect((await site.recordsNow()).filter(isFailed)).toEqual([]);
    });
  });

  it('a tool that applies the routes of Git again and again is named; a tool that keeps the current ones is not', async () => {
    await onSite(access, { annotations: STAYS, rate: 20 }, async (site) => {
      const inGit = await routesOf(site);
      const v2 = await stay(site);
      for (let time = 0; time < 5; time++) await applyAs(site, 'flux', await routesOf(site));
      expect((await progressing(site, v2)).reason).not.toBe('RoutesContested');
      expect(await weightsOf(site)).toEqual([75, 25]);

      const told = async (): Promise<boolean> => {
        await applyAs(site, TOOL, inGit);
        return (await progressing(site, v2)).reason === 'RoutesContested';
      };
      await until('the tool is reported', told, { within: 20_000, every: 300 });
      const { status, message } = await progressing(site, v2);
      expect(status).toBe('False');
      expect(message).toContain(`field manager "${TOOL}" has changed the routes of VirtualService ${MODEL}`);

      await until('the weights are right again', async () => (await weightsOf(site)).join() === '75,25');
      await site.act(v2, { abort: { reason: 'seen enough' } });
      expect((await site.untilEnded(v2)).status).toMatchObject({ phase: 'Aborted' });
      expect(await routesOf(site)).toStrictEqual(inGit);
      expect((await site.recordsNow()).filter(isFailed)).toEqual([]);
    });
  });

  it('our DestinationRule comes back when it is deleted, and goes at the end', async () => {
    await onSite(access, { annotations: STAYS, rate: 20 }, async (site) => {
      const { api } = site;
      const v2 = await stay(site);
      const [ours] = await api.list('DestinationRule');
      expect(ours?.['spec']).toMatchObject({ subsets: expect.any(Array) });
      await api.remove('DestinationRule', ours?.metadata.name ?? '');
      const again = await until('there is one again', async () => (await api.list('DestinationRule'))[0]);
      expect(again.metadata.uid).not.toBe(ours?.metadata.uid);
      expect(again['spec']).toStrictEqual(ours?.['spec']);
      const from = (await site.recordsNow()).length;
      await until('both versions answer', () => {
        const versions = new Set(
          site
            .records()
            .slice(from)
            .map(({ version }) => version),
        );
        return versions.has('v1') && versions.has('v2');
      });

      await site.act(v2, { abort: { reason: 'seen enough' } });
      await site.untilEnded(v2);
      expect(await api.list('DestinationRule')).toEqual([]);
    });
  });

  it('a route that is renamed takes the release back, and no request is lost under its pods', async () => {
    await onSite(access, { annotations: STAYS, rate: 40 }, async (site) => {
      const [before, ...rest] = await routesOf(site);
      const v2 = await stay(site);
      const [split] = await routesOf(site);
      await setRoutes(site, [{ ...split, name: 'score' }, ...rest]);
      const { status } = await site.untilEnded(v2);
      expect(status).toMatchObject({ phase: 'Aborted', reason: 'RouteNotFound' });
      // Which of the two depends on when the canary was scraped last; no request is lost by either.
      expect(status?.trail?.map(({ reason }) => reason)).toEqual(
        expect.arrayContaining([expect.stringMatching(/^Drain(ed|Unseen)$/)]),
      );
      expect(await routesOf(site)).toStrictEqual([{ ...before, name: 'score' }, ...rest]);
      expect(await site.api.list('DestinationRule')).toEqual([]);
      expect((await site.recordsNow()).filter(isFailed)).toEqual([]);
    });
  });

  it('a DestinationRule of ours whose labels somebody takes away is still ours, to the end', async () => {
    await onSite(access, { annotations: STAYS, rate: 40 }, async (site) => {
      const { api } = site;
      const before = await routesOf(site);
      const v2 = await stay(site);
      const [ours] = await api.list('DestinationRule');
      const labels = Object.fromEntries(Object.keys(ours?.metadata.labels ?? {}).map((key) => [key, null]));
      await api.merge('DestinationRule', ours?.metadata.name ?? '', { metadata: { labels } });
      await until('it has its labels again', async () => {
        const [now] = await api.list('DestinationRule');
        return now?.metadata.labels?.['app.kubernetes.io/managed-by'] === 'sluice';
      });
      await site.act(v2, { abort: { reason: 'seen enough' } });
      expect((await site.untilEnded(v2)).status).toMatchObject({
        phase: 'Aborted',
        reason: 'AbortRequested',
      });
      expect(await routesOf(site)).toStrictEqual(before);
      expect(await api.list('DestinationRule')).toEqual([]);
      expect((await site.recordsNow()).filter(isFailed)).toEqual([]);
    });
  });

  it('an old copy of the split routes, while no release is under way, is corrected and reported', async () => {
    await onSite(access, { annotations: STAYS, rate: 40 }, async (site) => {
      const { api } = site;
      await site.untilGated();
      const before = await routesOf(site);
      const [predict, ...rest] = before;
      const [one] = predict?.route ?? [];
      const halves = ['sluice-stable', 'sluice-canary'].map((subset) => ({
        destination: { ...one?.destination, subset },
        weight: 50,
      }));
      await setRoutes(site, [{ ...predict, route: halves }, ...rest]);
      await until('it is whole again', async () => !JSON.stringify(await routesOf(site)).includes('sluice-'));
      expect(await routesOf(site)).toStrictEqual(before);
      const healed = Date.now();
      await until('it is reported', async () => {
        const told = await receivedMessagesOf(api, 'Deployment', MODEL);
        return told.some(({ reason }) => reason === 'StaleRoute');
      });
      await site.untilOnly('v1');
      const late = (await site.recordsNow()).filter(
        (record) => isFailed(record) && record.at > healed + 2_000,
      );
      expect(late).toEqual([]);
    });
  });
});
