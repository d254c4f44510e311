import { randomUUID } from 'node:crypto';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Api, openApi } from '../../../hack/testbed/api.ts';
import { until } from '../../../hack/testbed/until.ts';
import { type Resource, resourceOf } from '../../../src/adapters/kubernetes/resource.ts';
import { createWriter } from '../../../src/adapters/kubernetes/writer.ts';
import type { KubeObject } from '../../../src/api/meta.ts';
import type { RouteContext, RouteObjects, RouteRequest } from '../../../src/traffic/context.ts';
import type { RouteGoal, RouteState } from '../../../src/traffic/goal.ts';
import { istioRouter } from '../../../src/traffic/istio/istio.ts';
import type { IstioPlan, IstioRoutePlan } from '../../../src/traffic/istio/plan.ts';
import type { IstioTraffic } from '../../../src/traffic/istio/spec.ts';
import { owner, to } from '../../conformance/istio-world.ts';

const TRAFFIC = { virtualService: 'model' };
const VERSIONS = { stable: 'aaaa', canary: 'bbbb' };
const PREPARED: RouteGoal = { kind: 'prepared' };
const UNTOUCHED: RouteGoal = { kind: 'untouched' };
const split = (weight: number): RouteGoal => ({ kind: 'split', weight });

/** Requests at a steady rate, whether answers come or not. */
class Load {
  readonly answers: { readonly ok: boolean; readonly version: string }[] = [];
  private readonly agent = new Agent({ connections: 128 });
  private readonly timer: NodeJS.Timeout;
  private open = 0;

  constructor(url: string, host: string, perSecond: number) {
    let due = 0;
    let last = performance.now();
    this.timer = setInterval(() => {
      due += ((performance.now() - last) / 1_000) * perSecond;
      last = performance.now();
      for (; due >= 1; due--) void this.send(url, host);
    }, 10);
  }

  private async send(url: string, host: string): Promise<void> {
    this.open++;
    try {
      const options = { dispatcher: this.agent, headers: { host }, headersTimeout: 5_000 };
      const { statusCode, headers, body } = await request(`${url}/predict`, options);
      await body.dump();
      this.answers.push({ ok: statusCode === 200, version: String(headers['x-version']) });
    } catch (error) {
      this.answers.push({ ok: false, version: String(error) });
    } finally {
      this.open--;
    }
  }

  get failed(): number {
    return this.answers.filter(({ ok }) => !ok).length;
  }

  /** The next answers, after some that may still have gone by what was in force before. */
  async next(count: number, skipped = 300): Promise<{ readonly [version: string]: number }> {
    const from = this.answers.length + skipped;
    await until('there are enough answers', () => this.answers.length >= from + count);
    const shares: Record<string, number> = {};
    for (const { version } of this.answers.slice(from, from + count))
      shares[version] = (shares[version] ?? 0) + 1 / count;
    return shares;
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await until('every request is answered', () => this.open === 0);
    await this.agent.close();
  }
}

function replicaSet(hash: string, version: string, replicas: number): KubeObject {
  const labels = { app: 'model', 'pod-template-hash': hash };
  const env = { VERSION: version, LOAD_SECONDS: '0', LATENCY_MS: '5' };
  const container = {
    name: 'server',
    image: `sluice.dev/model-server:${version}`,
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
    readinessProbe: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 1 },
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: `model-${hash}` },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  };
}

function istio(kind: string, name: string, spec: object): KubeObject {
  return { apiVersion: 'networking.istio.io/v1', kind, metadata: { name }, spec };
}

const GATEWAY: Resource = {
  ...resourceOf({ kind: 'VirtualService' }, istioRouter.watches),
  plural: 'gateways',
  kind: 'Gateway',
};

function gateway(host: string, namespace: string): KubeObject {
  const server = { port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: [host] };
  const object = istio('Gateway', 'models', { selector: { istio: 'ingressgateway' }, servers: [server] });
  return { ...object, metadata: { ...object.metadata, namespace } };
}

function userObjects(host: string): KubeObject[] {
  return [
    replicaSet('aaaa', 'v1', 1),
    replicaSet('bbbb', 'v2', 0),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'model' },
      spec: { selector: { app: 'model' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
    },
    istio('DestinationRule', 'users', {
      host: 'model',
      trafficPolicy: { loadBalancer: { simple: 'RANDOM' } },
    }),
    istio('VirtualService', 'model', {
      hosts: [host],
      gateways: ['models'],
      // Retries would hide what is lost.
      http: [
        { name: 'old', match: [{ uri: { prefix: '/old' } }], redirect: { uri: '/predict' } },
        { timeout: '5s', retries: { attempts: 0 }, route: [to('model')] },
      ],
    }),
  ];
}

describe('the Istio router on a mesh', () => {
  const { gatewayUrl, kubeconfig, meshProxyUrl } = inject('access');
  const name = `istio-${randomUUID().slice(0, 8)}`;
  const host = `${name}.example`;
  const fullName = `model.${name}.svc.cluster.local`;
  let api: Api;
  /** The namespace of the client in the mesh. */
  let clients: Api;
  let load: Load;

  const read = async (): Promise<RouteObjects> => {
    const [Service, VirtualService, DestinationRule, theirs] = await Promise.all([
      api.list('Service'),
      api.list('VirtualService'),
      api.list('DestinationRule'),
      clients.list('DestinationRule'),
    ]);
    const elsewhere = { DestinationRule: theirs.filter(({ metadata }) => metadata.name === name) };
    return { namespace: name, kinds: { Service, VirtualService, DestinationRule }, elsewhere };
  };
  const asked = async (): Promise<RouteRequest<IstioTraffic>> => ({
    objects: await read(),
    spec: TRAFFIC,
    podLabels: { app: 'model' },
    owner: owner(),
  });
  const context = async (plan: IstioRoutePlan): Promise<RouteContext<IstioTraffic, IstioPlan>> => ({
    ...(await asked()),
    plan,
    versions: VERSIONS,
  });
  const state = async (plan: IstioRoutePlan, goal: RouteGoal): Promise<RouteState> =>
    istioRouter.compare(await context(plan), goal);
  /** Writes until nothing is left to write. */
  const reach = async (plan: IstioRoutePlan, goal: RouteGoal): Promise<RouteState> => {
    const store = { learn: () => undefined, forget: () => undefined };
    const writer = createWriter({
      client: api.client,
      store,
      watches: istioRouter.watches,
      fence: () => true,
    });
    for (;;) {
      const due = istioRouter.writes(await context(plan), goal);
      if (due.length === 0) return state(plan, goal);
      for (const write of due) {
        if (write.op === 'create') await writer.create(write.object);
        else if (write.op === 'patch') await writer.patch(write.target, write.patch);
        else await writer.remove(write.target);
      }
    }
  };
  const ready = (set: string): Promise<unknown> =>
    until(`${set} is ready`, async () => {
      const status = (await api.get('ReplicaSet', set))?.['status'] as { readyReplicas?: number } | undefined;
      return status?.readyReplicas === 1;
    });

  beforeAll(async () => {
    api = await openApi({ kubeconfig }, name);
    clients = await openApi({ kubeconfig }, 'default');
    await api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    await api.client.create(GATEWAY, gateway(host, name));
    for (const object of userObjects(host)) await api.create(object);
    await ready('model-aaaa');
    const options = { headers: { host } };
    await until('the gateway answers', async () => {
      const { statusCode, body } = await request(`${gatewayUrl}/predict`, options);
      await body.dump();
      return statusCode === 200;
    });
    load = new Load(gatewayUrl, host, 300);
  });
  afterAll(async () => {
    await load.stop();
    await api.remove('Namespace', name);
  });

  test('shifts weights without losing a request, and leaves what the user wrote', async () => {
    const before = await api.get('VirtualService', 'model');
    const found = istioRouter.preflight(await asked());
    if ('problem' in found) throw new Error(found.problem.message);
    const { plan } = found;
    expect(await load.next(300)).toStrictEqual({ v1: expect.closeTo(1) });

    expect(await reach(plan, PREPARED)).toStrictEqual({ kind: 'asDesired' });
    await load.next(300);
    expect(await reach(plan, split(0))).toStrictEqual({ kind: 'asDesired' });
    await api.merge('ReplicaSet', 'model-bbbb', { spec: { replicas: 1 } });
    await ready('model-bbbb');
    expect(await load.next(300)).toStrictEqual({ v1: expect.closeTo(1) });

    for (const weight of [10, 50]) {
      expect(await reach(plan, split(weight))).toStrictEqual({ kind: 'asDesired' });
      // 600 draws: five standard deviations are 0.06 at 10 % and 0.10 at 50 %.
      const { v2 = 0 } = await load.next(600);
      expect(Math.abs(v2 - weight / 100)).toBeLessThan(0.11);
      expect(v2).toBeGreaterThan(0);
    }

    await api.merge('VirtualService', 'model', { spec: before?.['spec'] });
    expect(await state(plan, split(50))).toMatchObject({ kind: 'differs' });
    expect(await reach(plan, split(50))).toStrictEqual({ kind: 'asDesired' });

    expect(await reach(plan, PREPARED)).toStrictEqual({ kind: 'asDesired' });
    await load.next(300);
    expect(await reach(plan, UNTOUCHED)).toStrictEqual({ kind: 'asDesired' });
    await load.next(300);

    expect((await api.get('VirtualService', 'model'))?.['spec']).toStrictEqual(before?.['spec']);
    expect((await api.list('DestinationRule')).map(({ metadata }) => metadata.name)).toStrictEqual(['users']);
    expect(load.failed).toBe(0);
  });

  test('goes through all weights with no waits between them, and loses no request', async () => {
    const found = istioRouter.preflight(await asked());
    if ('problem' in found) throw new Error(found.problem.message);
    await reach(found.plan, PREPARED);
    await load.next(300);
    for (const goal of [split(10), split(50), split(0), PREPARED]) await reach(found.plan, goal);
    await load.next(300);
    await reach(found.plan, UNTOUCHED);
    await load.next(300);
    expect(load.failed).toBe(0);
  });

  describe.skipIf(meshProxyUrl === '')('with a client in the mesh', () => {
    const inner = istio('VirtualService', 'inner', {
      hosts: ['model'],
      http: [{ retries: { attempts: 0 }, route: [to('model', 100)] }],
    });
    let calls: Load;
    let plan: IstioRoutePlan;
    const answer = async (): Promise<number> => {
      const { statusCode, body } = await request(`${meshProxyUrl}/predict`, { headers: { host: fullName } });
      await body.dump();
      return statusCode;
    };

    beforeAll(async () => {
      await api.merge('ReplicaSet', 'model-bbbb', { spec: { replicas: 1 } });
      await ready('model-bbbb');
      await api.create(inner);
      await until('the client is answered', async () => (await answer()) === 200);
      calls = new Load(meshProxyUrl, fullName, 150);
      const found = istioRouter.preflight(await asked());
      if ('problem' in found) throw new Error(found.problem.message);
      plan = found.plan;
    });
    afterAll(async () => {
      await calls.stop();
      await reach(plan, UNTOUCHED);
    });

    test('splits the VirtualService that it follows by the same weight, and loses no request', async () => {
      expect(plan.data.routes.map(({ virtualService }) => virtualService)).toStrictEqual([
        undefined,
        'inner',
      ]);
      await reach(plan, PREPARED);
      await calls.next(300);
      await reach(plan, split(0));
      expect(await calls.next(300)).toStrictEqual({ v1: expect.closeTo(1) });
      await reach(plan, split(50));
      for (const one of [calls, load]) {
        const { v2 = 0 } = await one.next(600);
        expect(Math.abs(v2 - 0.5)).toBeLessThan(0.11);
      }
      await reach(plan, PREPARED);
      await calls.next(300);
      expect((await api.get('VirtualService', 'inner'))?.['spec']).toStrictEqual(inner['spec']);
      expect([calls.failed, load.failed]).toStrictEqual([0, 0]);
    });

    test.for([
      ['its name', fullName],
      ['a wildcard', `*.${name}.svc.cluster.local`],
    ] as const)(
      'sees that a rule of its namespace for %s makes all its requests fail',
      async ([, covered]) => {
        await reach(plan, split(50));
        await until('the subsets are in force', async () => (await answer()) === 200);
        await clients.create(istio('DestinationRule', name, { host: covered }));
        try {
          await until('the client is refused', async () => (await answer()) === 503);
          const seen = await state(plan, split(50));
          const warned = istioRouter.warnings(await context(plan));
          const told = [
            ...(seen.kind === 'broken' ? [seen.reason] : []),
            ...warned.map(({ reason }) => reason),
          ];
          expect(told).toContain(covered === fullName ? 'DestinationRuleHidesSubsets' : 'SubsetsHidden');
          await reach(plan, covered === fullName ? { kind: 'withdrawn' } : PREPARED);
          await until('the client is answered', async () => (await answer()) === 200);
        } finally {
          await clients.remove('DestinationRule', name);
        }
        expect(load.failed).toBe(0);
      },
    );
  });
});
