import { describe, expect, inject, it } from 'vitest';
import { conditionOf } from '../../../hack/testbed/evidence/received-messages.ts';
import { MODEL, type ModelOptions, QUICK, quickRollout } from '../../../hack/testbed/model.ts';
import { onSite, type Site } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import { createClient } from '../kubectl.ts';
import { expectSaid, optIn } from '../said.ts';

const access = inject('access');
const toModel = { route: [{ destination: { host: MODEL } }] };

interface Fault {
  readonly reason: string;
  /** What the message must name: the field, and what to do. */
  readonly says: readonly string[];
  readonly model?: ModelOptions;
  readonly annotations?: Readonly<Record<string, string>>;
  /** What the owner does to the Deployment before opting in. */
  readonly before?: object;
}

const FAULTS: readonly Fault[] = [
  {
    reason: 'VirtualServiceNotFound',
    says: ['traffic.istio.virtualService', 'no VirtualService model', 'create it or correct the name'],
    model: { routes: null },
  },
  {
    reason: 'NoRouteToService',
    says: ['traffic.istio.virtualService', 'no http route to Service model', 'go to: other'],
    model: { routes: [{ route: [{ destination: { host: 'other' } }] }] },
  },
  {
    reason: 'SeveralRoutes',
    says: ['traffic.istio.routes', 'name those to shift'],
    model: { routes: [{ match: [{ uri: { prefix: '/a' } }], ...toModel }, toModel] },
  },
  {
    reason: 'PausedByOwner',
    says: ['spec.paused', 'kubectl rollout resume deployment/model'],
    before: { paused: true },
  },
  {
    reason: 'RecreateStrategy',
    says: ['spec.strategy.type', 'set it to RollingUpdate'],
    before: { strategy: { type: 'Recreate', rollingUpdate: null } },
  },
  {
    reason: 'NoReplicas',
    says: ['spec.replicas', 'scale it up'],
    model: { replicas: 0 },
  },
  {
    reason: 'TemplateNotFound',
    says: ['analysis.templates', 'nonesuch'],
    annotations: { 'sluice.dev/analysis': 'nonesuch' },
  },
  {
    reason: 'MetricWithoutData',
    says: ['metric errors', 'no series for stable', 'Check that Prometheus scrapes', 'no_such_total'],
    annotations: { 'sluice.dev/analysis-args': 'requests=no_such_total' },
  },
];

const uidsOf = async (site: Site): Promise<string[]> =>
  (await site.pods()).map(({ metadata }) => metadata.uid ?? '').toSorted();

/** The Rollout shows it: as not ready, or as a waiting release. */
async function expectOnRollout({ api }: Site, reason: string): Promise<void> {
  await until(`the Rollout shows ${reason}`, async () => {
    const rollout = await api.get('Rollout', MODEL);
    const conditions = ['Ready', 'Progressing'].map((type) => conditionOf(rollout, type));
    return conditions.some((one) => one?.status === 'False' && one.reason === reason);
  });
}

describe('what a person can get wrong', () => {
  describe.concurrent('prevents a release, and stable keeps serving:', () => {
    it.each(FAULTS)('$reason', async ({ reason, says, model, annotations, before }) => {
      await onSite(access, { replicas: 1, rate: 0, ...model }, async (site) => {
        if (before !== undefined) await site.api.merge('Deployment', MODEL, { spec: before });
        const serving = await uidsOf(site);
        await optIn(site, { ...QUICK, ...annotations });
        await site.push('v2');
        await expectSaid(site, reason, says);
        await expectOnRollout(site, reason);
        expect(await site.deployment()).toMatchObject({ version: 'v2', paused: true });
        expect(await uidsOf(site)).toEqual(serving);
        expect(await site.api.list('ReplicaSet')).toHaveLength(1);
        expect(await site.api.list('DestinationRule')).toEqual([]);
      });
    });

    it('and is over once it has been corrected', async () => {
      await onSite(access, { replicas: 1, rate: 20 }, async (site) => {
        const { api } = site;
        const routes = await api.get('VirtualService', MODEL);
        await api.remove('VirtualService', MODEL);
        await optIn(site, QUICK);
        const v2 = await site.push('v2');
        await expectSaid(site, 'VirtualServiceNotFound', []);
        expect((await site.untilIn(v2, 'Pending')).status).toMatchObject({ weight: 0, replicas: 0 });
        const { name } = routes?.metadata ?? { name: '' };
        await api.create({ ...routes, metadata: { name } } as NonNullable<typeof routes>);
        await site.untilIn(v2, 'Stepping');
        await until('the Deployment shows nothing any more', async () => {
          return conditionOf((await site.deployment()).object, 'SluiceReady') === undefined;
        });
      });
    });
  });

  describe.concurrent('holds nothing:', () => {
    it('an annotation that cannot be read', async () => {
      await onSite(access, { replicas: 1, rate: 0 }, async (site) => {
        await site.annotate({ ...QUICK, 'sluice.dev/steps': '50,25' });
        await expectSaid(site, 'InvalidAnnotation', ['sluice.dev/steps', 'ascend']);
        await site.push('v2');
        await until('v2 is there by the Deployment’s own update', async () => {
          const { object, paused } = await site.deployment();
          const status = object['status'] as { updatedReplicas?: number; readyReplicas?: number };
          return !paused && status.updatedReplicas === 1 && status.readyReplicas === 1;
        });
        expect(await site.api.list('Rollout')).toEqual([]);
        expect(await site.api.list('Release')).toEqual([]);
      });
    });

    it('an unknown annotation, with the likely one', async () => {
      await onSite(access, { replicas: 1, rate: 0 }, async (site) => {
        await site.annotate({ ...QUICK, 'sluice.dev/max-p59': '1s' });
        await expectSaid(site, 'InvalidAnnotation', ['sluice.dev/max-p59', 'sluice.dev/max-p95']);
        expect(await site.api.list('Rollout')).toEqual([]);
      });
    });
  });

  it.each([
    ['steps that do not ascend', { steps: [{ weight: 50 }, { weight: 25 }] }, ['spec.steps', 'must ascend']],
    ['a step of the same weight', { steps: [{ weight: 25 }, { weight: 25 }] }, ['spec.steps', 'must ascend']],
    ['no router', { traffic: {} }, ['spec.traffic', 'exactly one router']],
  ])('is refused by the API server: %s', async (_name, over, says) => {
    const kubectl = createClient(access);
    const manifest = JSON.stringify(quickRollout('refused', over));
    const refused = await kubectl.refused(['create', '-f', '-'], manifest);
    for (const text of says) expect(refused).toContain(text);
  });
});
