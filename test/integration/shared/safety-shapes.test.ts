import { describe, expect, inject, it } from 'vitest';
import { startLoad } from '../../../hack/load/load.ts';
import { isFailed } from '../../../hack/load/record.ts';
import { openApi } from '../../../hack/testbed/api.ts';
import { trafficView } from '../../../hack/testbed/evidence/traffic-view.ts';
import { MODEL, modelObjects, QUICK, quickRollout } from '../../../hack/testbed/model.ts';
import { onSite, type Pushed, type Site } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import type { KubeObject } from '../../../src/api/meta.ts';
import { ownsFields } from '../../../src/api/owned-fields.ts';
import type { Release } from '../../../src/api/release/release.ts';
import type { Rollout } from '../../../src/api/rollout/rollout.ts';
import { revisionOf } from '../../../src/workload/revision.ts';
import type { Template } from '../../../src/workload/workload.ts';
import { type Client, createClient } from '../kubectl.ts';

const access = inject('access');
const kubectl = createClient(access);

const lost = async (site: Site): Promise<unknown[]> => (await site.recordsNow()).filter(isFailed);

/** Both versions of a policy object and of its binding, which a namespace has to itself. */
function mutation(site: Site, kinds: object, expression: string): string {
  const name = site.namespace;
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const matchLabels = { 'kubernetes.io/metadata.name': site.namespace };
  const items = [
    {
      apiVersion,
      kind: 'MutatingAdmissionPolicy',
      metadata: { name },
      spec: {
        failurePolicy: 'Fail',
        reinvocationPolicy: 'IfNeeded',
        matchConstraints: { resourceRules: [{ operations: ['CREATE', 'UPDATE'], ...kinds }] },
        mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }],
      },
    },
    {
      apiVersion,
      kind: 'MutatingAdmissionPolicyBinding',
      metadata: { name },
      spec: { policyName: name, matchResources: { namespaceSelector: { matchLabels } } },
    },
  ];
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

const DEPLOYMENTS = { apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'] };
const PODS = { apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] };
const ANNOTATED =
  "Object{spec: Object.spec{template: Object.spec.template{metadata: Object.spec.template.metadata{annotations: {'example.com/stamped': 'yes'}}}}}";
const SIDECAR =
  "Object{spec: Object.spec{containers: [Object.spec.containers{name: 'sidecar', image: 'example.com/sidecar:1'}]}}";

const routesWith = (timeout: string): object[] => [
  { name: 'predict', timeout, route: [{ destination: { host: MODEL } }] },
];

/** A GitOps tool that applies what is in Git, without force. */
function gitopsOf(site: Site, own: Client) {
  const annotations = { ...QUICK, 'sluice.dev/on-abort': 'revert' };
  const apply = (object: KubeObject | undefined): Promise<string> =>
    own.ok(['apply', '--server-side', '--field-manager=gitops', '-f', '-'], JSON.stringify(object));
  const objects = (): Promise<KubeObject[]> =>
    Promise.all(
      ['deployment', 'virtualservice'].map(
        async (kind): Promise<KubeObject> =>
          JSON.parse(await own.ok(['get', kind, MODEL, '--show-managed-fields', '-o', 'json'])),
      ),
    );
  const applyRoutes = async (timeout: string): Promise<void> => {
    const made = modelObjects(site.host, { routes: routesWith(timeout) });
    await apply(made.find(({ kind }) => kind === 'VirtualService'));
  };
  const push = async (version: string, env: Record<string, string> = {}): Promise<Pushed> => {
    const [deployment] = modelObjects(site.host, { annotations, env: { ...env, VERSION: version } });
    await apply(JSON.parse(JSON.stringify(deployment).replace('model-server:v1', `model-server:${version}`)));
    const { object } = await site.deployment();
    const { template } = object['spec'] as { template: Template };
    return { version, at: Date.now(), revision: revisionOf(template) };
  };
  return {
    push,
    applyRoutes,
    /** Applies the current objects, and takes over their fields from the manager that created them for the test. */
    takeOver: async (): Promise<void> => {
      await applyRoutes('5s');
      await push('v1');
      for (const { kind, metadata } of await objects()) {
        const value = metadata.managedFields?.filter(({ manager }) => manager === 'gitops');
        const patch = [{ op: 'replace', path: '/metadata/managedFields', value }];
        await own.ok(['patch', kind, MODEL, '--type=json', '-p', JSON.stringify(patch)]);
      }
    },
    /** The kinds of its objects of which Sluice owns fields. */
    sluiceOwns: async (): Promise<string[]> => (await objects()).filter(ownsFields).map(({ kind }) => kind),
  };
}

/** Another Service over the pods of the model, as for their metrics. */
const overPods = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: {
    clusterIP: 'None',
    selector: { app: MODEL },
    ports: [{ name: 'grpc', port: 80, targetPort: 8080 }],
  },
});

describe.concurrent('a Deployment with', () => {
  it('minReadySeconds, progressDeadlineSeconds, revisionHistoryLimit 0 and a PodDisruptionBudget is promoted, and comes back from an abort', async () => {
    const deployment = { minReadySeconds: 3, progressDeadlineSeconds: 10, revisionHistoryLimit: 0 };
    await onSite(access, { annotations: QUICK, replicas: 3, deployment }, async (site) => {
      const own = kubectl.with('--namespace', site.namespace);
      await own.ok([
        'create',
        'poddisruptionbudget',
        MODEL,
        `--selector=app=${MODEL}`,
        '--max-unavailable=1',
      ]);
      await site.untilGated();
      const v2 = await site.push('v2');
      const { spec } = await site.untilIn(v2, 'Stepping', 'Analysing');
      // It stays where it is while the other controller counts.
      await site.act(v2, { paused: true });
      const canary = await site.api.get('ReplicaSet', spec.canary.replicaSet);
      expect(canary?.['spec']).toMatchObject({ minReadySeconds: 3 });
      await until('the budget counts the canary, too', async () => {
        const { status } = (await own.get('poddisruptionbudget', MODEL)) as unknown as {
          status: { expectedPods: number; disruptionsAllowed: number };
        };
        return status.expectedPods === 4 && status.disruptionsAllowed === 1;
      });
      await site.act(v2, { paused: false });
      expect((await site.untilEnded(v2)).status).toMatchObject({ phase: 'Promoted' });
      await until(
        'no older ReplicaSet is kept',
        async () => (await site.api.list('ReplicaSet')).length === 1,
      );

      const v3 = await site.push('v3');
      await site.untilIn(v3, 'Promoting', 'Updating');
      await site.act(v3, { abort: { reason: 'second thoughts' } });
      expect((await site.untilEnded(v3)).status).toMatchObject({
        phase: 'Aborted',
        reason: 'AbortRequested',
      });
      expect(await site.deployment()).toMatchObject({ version: 'v2', paused: false });
      expect(await lost(site)).toEqual([]);
    });
  });

  it('the longest name that Kubernetes takes is promoted, and rolled back, by the metrics of its pods', async () => {
    // Kubernetes itself cannot make a ReplicaSet where it cuts a name after a dot.
    const name = 'ranker-a.'.repeat(20).padEnd(253, 'z');
    expect(name).toHaveLength(253);
    expect(name[62], 'where a label is cut stands what may not end one').toBe('.');
    const annotations = { ...QUICK, 'sluice.dev/virtual-service': MODEL };
    await onSite(access, { name, annotations }, async (site) => {
      await site.untilGated();
      const v2 = await site.push('v2');
      expect((await site.untilEnded(v2)).status).toMatchObject({ phase: 'Promoted' });
      const v3 = await site.push('v3', { LATENCY_MS: '900' });
      expect((await site.untilEnded(v3)).status).toMatchObject({
        phase: 'Aborted',
        reason: 'AnalysisFailed',
      });
      expect(await lost(site)).toEqual([]);
    });
  });

  it('fields that a GitOps tool applies belong to it after each release: it applies without force', async () => {
    await onSite(access, { annotations: { ...QUICK, 'sluice.dev/on-abort': 'revert' } }, async (site) => {
      const own = kubectl.with('--namespace', site.namespace);
      await site.untilGated();
      const gitops = gitopsOf(site, own);
      await gitops.takeOver();
      for (const [version, phase] of [
        ['v2', 'Promoted'],
        ['v3', 'Aborted'],
      ] as const) {
        const pushed = await gitops.push(version, phase === 'Aborted' ? { LATENCY_MS: '900' } : {});
        expect((await site.untilEnded(pushed)).status).toMatchObject({ phase });
        await until('Sluice owns nothing', async () => (await gitops.sluiceOwns()).length === 0);
        await gitops.applyRoutes(phase === 'Aborted' ? '7s' : '6s');
      }
      expect(await site.deployment()).toMatchObject({ version: 'v2', paused: false });
      const v4 = await gitops.push('v4');
      expect((await site.untilEnded(v4)).status).toMatchObject({ phase: 'Promoted' });
      expect(await lost(site)).toEqual([]);
    });
  });

  it('a template that another policy stamps, and pods that get a sidecar, is released like any other', async () => {
    await onSite(access, { annotations: QUICK }, async (site) => {
      const own = kubectl.with('--namespace', site.namespace);
      await site.untilGated();
      await own.ok(['apply', '-f', '-'], mutation(site, PODS, SIDECAR));
      try {
        const v2 = await site.push('v2');
        expect((await site.untilEnded(v2)).status).toMatchObject({ phase: 'Promoted' });
        const pods = await site.pods();
        const sidecars = pods.map((pod) => (pod['spec'] as { containers: unknown[] }).containers.length);
        expect(sidecars).toEqual(pods.map(() => 2));
        await site.untilGated();
        await own.ok(['apply', '-f', '-'], mutation(site, DEPLOYMENTS, ANNOTATED));
        const v3 = await until('the push is stamped', async () => {
          const pushed = await site.push('v3');
          const { object } = await site.deployment();
          return JSON.stringify(object['spec']).includes('example.com/stamped') ? pushed : null;
        });
        expect((await site.untilEnded(v3)).status).toMatchObject({ phase: 'Promoted' });
        expect(await site.deployment()).toMatchObject({ version: 'v3', paused: false });
        expect(await lost(site)).toEqual([]);
      } finally {
        for (const kind of ['mutatingadmissionpolicybinding', 'mutatingadmissionpolicy'])
          await kubectl.ok(['delete', kind, site.namespace]);
      }
    });
  });

  it('another Deployment behind its Service is not released, and says why', async () => {
    await onSite(access, { annotations: QUICK, rate: 0 }, async (site) => {
      await site.untilGated();
      const [first] = modelObjects('unused');
      const spec = (first as KubeObject)['spec'] as { template: { metadata: object; spec: object } };
      const labels = { app: MODEL, variant: 'b' };
      const template = { ...spec.template, metadata: { ...spec.template.metadata, labels } };
      const other = {
        ...(first as KubeObject),
        metadata: { name: 'other' },
        spec: { ...spec, template, replicas: 1, selector: { matchLabels: { variant: 'b' } } },
      };
      await site.api.create(other);
      await site.push('v2');
      const told = await trafficView<Rollout>(
        site.api,
        'Rollout',
        'tells of the shared Service',
        ({ status }) => status?.conditions?.some(({ reason }) => reason === 'ServiceShared') === true,
      );
      expect(JSON.stringify(told.status?.conditions)).toContain('Deployment other');
      expect(await site.deployment()).toMatchObject({ version: 'v2', paused: true });
      expect(await site.api.list('DestinationRule')).toEqual([]);
    });
  });

  it('other ways to its pods is promoted with them split, names what nothing splits, and waits for a rule of the clients to go', async () => {
    const clients = await openApi(access, 'default');
    const istio = { apiVersion: 'networking.istio.io/v1' };
    const spec = { hosts: ['grpc'], http: [{ route: [{ destination: { host: 'grpc' }, weight: 100 }] }] };
    await onSite(access, { annotations: QUICK }, async (site) => {
      const { api, namespace } = site;
      const untilSaid = (reason: string, what: RegExp): Promise<unknown> =>
        trafficView<Rollout>(
          api,
          'Rollout',
          `says ${reason}`,
          ({ status }) =>
            status?.conditions?.some((one) => one.reason === reason && what.test(one.message)) === true,
        );
      await site.untilGated();
      for (const name of ['grpc', 'metrics']) await api.create(overPods(name));
      await api.create({ ...istio, kind: 'VirtualService', metadata: { name: 'grpc' }, spec });
      await untilSaid('UnsplitTraffic', /: calls of Service metrics by its name \([^;]*$/);
      const rule = { host: `${MODEL}.${namespace}.svc.cluster.local` };
      const metadata = { name: namespace };
      await clients.create({ ...istio, kind: 'DestinationRule', metadata, spec: rule });
      try {
        await untilSaid('DestinationRuleHidesSubsets', /DestinationRule default\//);
      } finally {
        await clients.remove('DestinationRule', namespace);
      }
      await site.untilGated();
      const pushed = await site.push('v2');
      await site.untilIn(pushed, 'Stepping');
      await until('its routes are split', async () => {
        const object = await api.get('VirtualService', 'grpc');
        return JSON.stringify(object?.['spec']).includes('sluice-canary');
      });
      expect((await site.untilEnded(pushed)).status?.phase).toBe('Promoted');
      expect((await api.get('VirtualService', 'grpc'))?.['spec']).toEqual(spec);
      expect((await lost(site)).map((one) => JSON.stringify(one))).toEqual([]);
    });
  });

  it('a VirtualService that it shares with another Rollout: both are promoted at once, and what the user wrote is there again', async () => {
    const routes = [
      {
        name: 'other',
        match: [{ uri: { prefix: '/other' } }],
        rewrite: { uri: '/predict' },
        timeout: '5s',
        route: [{ destination: { host: 'other' } }],
      },
      { name: 'predict', timeout: '5s', route: [{ destination: { host: MODEL } }] },
    ];
    await onSite(access, { routes, rate: 30 }, async (site) => {
      const { api } = site;
      const twin = modelObjects('unused', { routes: null })
        .filter(({ kind }) => kind === 'Deployment' || kind === 'Service')
        .map(
          (object) => JSON.parse(JSON.stringify(object).replaceAll(`"${MODEL}"`, '"other"')) as KubeObject,
        );
      for (const object of twin) await api.create(object);
      const load = startLoad({ url: `${access.gatewayUrl}/other`, host: site.host, rate: 30, seconds: 200 });
      await until('the other model answers', () => load.records().some(({ version }) => version === 'v1'));
      const before = load.records().length;
      const written = (await api.get('VirtualService', MODEL))?.['spec'];
      await api.create(quickRollout('policy'));
      await api.create(quickRollout('second', { target: { name: 'other' } }));
      await site.untilGated('policy');
      await until('the gate is on the other Deployment', async () => {
        const { metadata } = (await api.get('Deployment', 'other')) ?? {};
        return metadata?.annotations?.['sluice.dev/gate'] === 'second';
      });
      await Promise.all([
        site.push('v2'),
        api.patch('Deployment', 'other', [
          {
            op: 'replace',
            path: '/spec/template/spec/containers/0/image',
            value: 'sluice.dev/model-server:v2',
          },
        ]),
      ]);
      const ends = await Promise.all(
        ['policy', 'second'].map((name) =>
          trafficView<Release>(
            api,
            'Release',
            `is of ${name} and has ended`,
            ({ spec, status }) => spec.rollout === name && status?.finishedAt !== undefined,
          ),
        ),
      );
      expect(ends.map(({ status }) => status?.phase)).toEqual(['Promoted', 'Promoted']);
      expect((await api.get('VirtualService', MODEL))?.['spec']).toStrictEqual(written);
      expect(await api.list('DestinationRule')).toEqual([]);
      expect(await lost(site)).toEqual([]);
      expect(load.records().slice(before).filter(isFailed)).toEqual([]);
      await load.stop();
    });
  });
});
