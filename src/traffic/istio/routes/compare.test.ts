import { describe, expect, it } from 'vitest';
import { httpOf } from '../../../../test/conformance/istio-users.ts';
import {
  contextOf,
  destinationRule,
  NAMESPACE,
  requestOf,
  service,
  to,
  virtualService,
} from '../../../../test/conformance/istio-world.ts';
import { ObjectsInMemory } from '../../../../test/conformance/objects-in-memory.ts';
import type { KubeObject } from '../../../api/meta.ts';
import type { RouteGoal, RouteState, RouteWrite } from '../../goal.ts';
import { asObject, type Json } from '../../json.ts';
import { istioRouter } from '../istio.ts';
import type { IstioRoutePlan } from '../plan.ts';

const VERSIONS = { stable: '5d9c', canary: 'x7k2' };
const SPLIT: RouteGoal = { kind: 'split', weight: 25 };
const PREPARED: RouteGoal = { kind: 'prepared' };
const UNTOUCHED: RouteGoal = { kind: 'untouched' };
const V2 = { ...VERSIONS, stable: 'x7k2', canary: 'k3m1' };

/** A release at 25 % on these objects. */
class Release {
  readonly server: ObjectsInMemory;
  readonly plan: IstioRoutePlan;

  constructor(...more: readonly KubeObject[]) {
    this.server = new ObjectsInMemory([service(), virtualService([{ route: [to('model')] }]), ...more]);
    const found = istioRouter.preflight(requestOf(this.server.read(NAMESPACE)));
    if ('problem' in found) throw new Error(found.problem.message);
    this.plan = found.plan;
    for (const write of this.writes(SPLIT)) this.server.apply(write);
  }

  compare(goal: RouteGoal): RouteState {
    return istioRouter.compare(contextOf(this.server.read(NAMESPACE), this.plan), goal);
  }

  writes(goal: RouteGoal, versions = VERSIONS): readonly RouteWrite[] {
    const context = contextOf(this.server.read(NAMESPACE), this.plan);
    return istioRouter.writes({ ...context, versions }, goal);
  }

  drop(kind: string): void {
    this.server.edit((objects) => {
      objects.splice(
        objects.findIndex((one) => one.kind === kind),
        1,
      );
    });
  }

  setSpec(name: string, kind: string, change: (spec: Json) => Json): void {
    this.server.edit((objects) => {
      const found = objects.find((one) => one.kind === kind && one.metadata.name === name);
      if (found !== undefined) found['spec'] = change(asObject(found['spec']));
    });
  }

  rule(name: string): Json {
    return asObject(this.server.objects.find(({ metadata }) => metadata.name === name)?.['spec']);
  }
}

const kinds = (writes: readonly RouteWrite[]): string[] =>
  writes.map((write) => `${write.op} ${write.op === 'create' ? write.object.kind : write.target.kind}`);

describe('a release in its middle', () => {
  it.each<[string, (release: Release) => void, RouteState]>([
    ['nothing', () => undefined, { kind: 'asDesired' }],
    [
      'a deleted VirtualService',
      (release) => release.drop('VirtualService'),
      {
        kind: 'broken',
        reason: 'VirtualServiceNotFound',
        message: expect.stringContaining('create it again'),
      },
    ],
    [
      'a deleted Service',
      (release) => release.drop('Service'),
      { kind: 'broken', reason: 'ServiceNotFound', message: expect.any(String) },
    ],
    [
      'a route that is gone',
      (release) => release.setSpec('model', 'VirtualService', (spec) => ({ ...spec, http: [] })),
      { kind: 'broken', reason: 'RouteNotFound', message: expect.stringContaining('http[0]') },
    ],
    [
      'a route that somebody took from the Service',
      (release) =>
        release.setSpec('model', 'VirtualService', (spec) => ({
          ...spec,
          http: [{ route: [to('model', 0), to('other', 1)] }],
        })),
      { kind: 'broken', reason: 'NoRouteToService', message: expect.any(String) },
    ],
    [
      'a deleted DestinationRule',
      (release) => release.drop('DestinationRule'),
      { kind: 'differs', part: 'subsets', what: 'there is no DestinationRule model-sluice' },
    ],
    [
      'a subset with other pods',
      (release) =>
        release.setSpec('model-sluice', 'DestinationRule', (spec) => ({
          ...spec,
          subsets: [{ name: 'sluice-stable', labels: {} }],
        })),
      { kind: 'differs', part: 'subsets', what: 'DestinationRule model-sluice does not match the goal' },
    ],
    [
      'weights that somebody edited',
      (release) =>
        release.setSpec('model', 'VirtualService', (spec) => ({
          ...spec,
          http: [
            {
              route: [
                to('model', 40, { subset: 'sluice-stable' }),
                to('model', 60, { subset: 'sluice-canary' }),
              ],
            },
          ],
        })),
      {
        kind: 'differs',
        part: 'routes',
        what: 'http route http[0] has {sluice-stable: 40, sluice-canary: 60}, it is to have {sluice-stable: 75, sluice-canary: 25}',
        toCanary: true,
        written: { kind: 'VirtualService', name: 'model', field: 'spec.http', version: expect.any(String) },
      },
    ],
    [
      'a rule that hides the subsets',
      (release) =>
        release.server.edit((objects) =>
          objects.push(destinationRule('late', { host: 'model', workloadSelector: {} })),
        ),
      { kind: 'broken', reason: 'DestinationRuleHidesSubsets', message: expect.any(String) },
    ],
  ])('sees %s', (_case, change, wanted) => {
    const release = new Release();
    change(release);
    expect(release.compare(SPLIT)).toStrictEqual(wanted);
  });

  it('names who else has written the routes last', () => {
    const release = new Release();
    release.setSpec('model', 'VirtualService', (spec) => ({ ...spec, http: [{ route: [to('model')] }] }));
    release.server.edit((objects) => {
      const routes = objects.find(({ kind }) => kind === 'VirtualService');
      if (routes === undefined) return;
      routes.metadata.managedFields = [
        { manager: 'kubectl-edit', operation: 'Update', routes: true, time: '2026-11-01T00:00:01Z' },
        { manager: 'argocd-controller', operation: 'Apply', routes: true, time: '2026-11-01T00:00:02Z' },
        { manager: 'sluice', operation: 'Update', routes: true, time: '2026-11-01T00:00:03Z' },
        { manager: 'labeller', operation: 'Update', time: '2026-11-01T00:00:04Z' },
      ];
    });
    expect(release.compare(SPLIT)).toMatchObject({ written: { by: 'argocd-controller' } });
  });

  it.each(['VirtualService', 'Service'])('is not held up at its end by a deleted %s', (kind) => {
    const release = new Release();
    release.drop(kind);
    for (const goal of [PREPARED, UNTOUCHED])
      for (const write of release.writes(goal)) release.server.apply(write);
    for (const write of release.writes(UNTOUCHED)) release.server.apply(write);
    expect([release.compare(PREPARED), release.compare(UNTOUCHED)]).toStrictEqual([
      { kind: 'asDesired' },
      { kind: 'asDesired' },
    ]);
  });

  it('takes the DestinationRule away only after the routes have been seen without its subsets', () => {
    const release = new Release();
    expect(kinds(release.writes(UNTOUCHED))).toStrictEqual(['patch VirtualService']);
    for (const write of release.writes(PREPARED)) release.server.apply(write);
    expect(kinds(release.writes(PREPARED))).toStrictEqual([]);
    expect(kinds(release.writes(UNTOUCHED))).toStrictEqual([
      'patch VirtualService',
      'delete DestinationRule',
    ]);
  });

  it('makes the subsets while the routes are whole, so that they are everywhere before the first weight', () => {
    const release = new Release();
    for (const goal of [PREPARED, UNTOUCHED])
      for (const write of release.writes(goal)) release.server.apply(write);
    expect(release.compare(PREPARED)).toMatchObject({ kind: 'differs' });
    const writes = release.writes(PREPARED);
    expect(kinds(writes)).toStrictEqual(['create DestinationRule']);
    for (const write of writes) release.server.apply(write);
    expect(release.compare(PREPARED)).toStrictEqual({ kind: 'asDesired' });
    expect(kinds(release.writes(SPLIT))).toStrictEqual(['patch VirtualService']);
  });

  it('makes the subsets before the weights', () => {
    const release = new Release();
    release.drop('DestinationRule');
    const writes = release.writes({ kind: 'split', weight: 50 });
    expect(writes.map(({ op }) => op)).toStrictEqual(['create', 'patch']);
  });

  it('takes our subsets out of a route that somebody copied', () => {
    const release = new Release();
    release.setSpec('model', 'VirtualService', (spec) => {
      const [split] = httpOf(release.server.objects);
      return { ...spec, http: [split, { ...split, name: 'copy', match: [] }] };
    });
    for (const write of release.writes(UNTOUCHED)) release.server.apply(write);
    expect(httpOf(release.server.objects)).toStrictEqual([
      { route: [to('model')] },
      { route: [to('model')], name: 'copy', match: [] },
    ]);
  });

  it('moves the subsets to the next pair of versions', () => {
    const release = new Release();
    for (const write of release.writes(SPLIT, V2)) release.server.apply(write);
    expect(release.rule('model-sluice')).toMatchObject({
      subsets: [{ labels: { 'pod-template-hash': 'x7k2' } }, { labels: { 'pod-template-hash': 'k3m1' } }],
    });
  });
});

describe('our DestinationRule', () => {
  const POLICY = { tls: { mode: 'ISTIO_MUTUAL' } };

  it.each<[string, readonly KubeObject[], Json | undefined]>([
    ['none where there is none', [], undefined],
    [
      'none from a rule of the same host, which Istio merges',
      [
        destinationRule('a', { host: 'model', trafficPolicy: POLICY }),
        destinationRule('b', { host: '*.local', trafficPolicy: { tls: {} } }),
      ],
      undefined,
    ],
    ['that of a wildcard', [destinationRule('a', { host: '*.local', trafficPolicy: POLICY })], POLICY],
    [
      'that of the narrowest wildcard',
      [
        destinationRule('a', { host: '*' }),
        destinationRule('b', { host: '*.svc.cluster.local', trafficPolicy: POLICY }),
      ],
      POLICY,
    ],
    [
      'that of the root namespace',
      [destinationRule('a', { host: '*', trafficPolicy: POLICY }, 'istio-system')],
      POLICY,
    ],
    [
      'that of its own namespace before the root',
      [
        destinationRule('a', { host: '*', trafficPolicy: POLICY }),
        destinationRule(
          'b',
          { host: 'model.shop.svc.cluster.local', trafficPolicy: { tls: {} } },
          'istio-system',
        ),
      ],
      POLICY,
    ],
  ])('has the policy of the rule that it puts out of force: %s', (_case, rules, wanted) => {
    expect(new Release(...rules).rule('model-sluice')['trafficPolicy']).toStrictEqual(wanted);
  });

  it('is exported as the rule that it is merged with', () => {
    const release = new Release(destinationRule('a', { host: 'model', exportTo: ['*'] }));
    expect(release.rule('model-sluice')['exportTo']).toStrictEqual(['*']);
  });

  it('belongs to no object whose deletion would take it away under the routes', () => {
    const { objects } = new Release().server;
    const made = objects.find(({ metadata }) => metadata.name === 'model-sluice');
    expect(made?.metadata).not.toHaveProperty('ownerReferences');
    expect(made?.metadata.labels).toStrictEqual({
      'app.kubernetes.io/managed-by': 'sluice',
      'sluice.dev/rollout': 'one',
      'sluice.dev/release': 'one-x7k2',
    });
  });

  it('has the policy of the subset that it stands in for', () => {
    const subset = { name: 'v1', labels: { version: 'v1' }, trafficPolicy: POLICY };
    const server = new ObjectsInMemory([
      service(),
      virtualService([{ route: [to('model', undefined, { subset: 'v1' })] }]),
      destinationRule('a', { host: 'model', subsets: [subset] }),
    ]);
    const found = istioRouter.preflight(requestOf(server.read(NAMESPACE)));
    if ('problem' in found) throw new Error(found.problem.message);
    const { plan } = found;
    for (const write of istioRouter.writes(contextOf(server.read(NAMESPACE), plan), SPLIT))
      server.apply(write);
    const ours = server.objects.find(({ metadata }) => metadata.name === 'model-sluice');
    expect(asObject(ours?.['spec'])['subsets']).toStrictEqual([
      { name: 'sluice-stable', labels: { 'pod-template-hash': '5d9c' }, trafficPolicy: POLICY },
      { name: 'sluice-canary', labels: { 'pod-template-hash': 'x7k2' }, trafficPolicy: POLICY },
    ]);
    for (const goal of [PREPARED, UNTOUCHED])
      for (const write of istioRouter.writes(contextOf(server.read(NAMESPACE), plan), goal))
        server.apply(write);
    expect(httpOf(server.objects)).toStrictEqual([{ route: [to('model', undefined, { subset: 'v1' })] }]);
  });
});
