import { describe, expect, it } from 'vitest';
import {
  contextOf,
  destinationRule,
  NAMESPACE,
  named,
  requestOf,
  service,
  to,
  virtualService,
} from '../../../../test/conformance/istio-world.ts';
import { ObjectsInMemory } from '../../../../test/conformance/objects-in-memory.ts';
import type { KubeObject } from '../../../api/meta.ts';
import type { RouteObjects } from '../../context.ts';
import type { RouteGoal, RouteState } from '../../goal.ts';
import { asObject, type Json } from '../../json.ts';
import { istioRouter } from '../istio.ts';
import type { IstioRoutePlan } from '../plan.ts';

const SPLIT: RouteGoal = { kind: 'split', weight: 25 };
const UNTOUCHED: RouteGoal = { kind: 'untouched' };
const MODEL = virtualService([{ route: [to('model')] }]);
const PINNED = { subset: 'sluice-stable' };

/** A release at 25 %, in which something appears. */
class Release {
  readonly server: ObjectsInMemory;
  readonly plan: IstioRoutePlan;
  elsewhere: KubeObject[] = [];

  constructor(...objects: readonly KubeObject[]) {
    this.server = new ObjectsInMemory(objects);
    const found = istioRouter.preflight(requestOf(this.read()));
    if ('problem' in found) throw new Error(found.problem.message);
    this.plan = found.plan;
    this.reach(SPLIT);
  }

  read(): RouteObjects {
    const abroad = { DestinationRule: this.elsewhere };
    return { ...this.server.read(NAMESPACE), elsewhere: abroad };
  }

  /** Somebody creates an object. */
  comes(object: KubeObject): void {
    this.server.edit((objects) => objects.push(structuredClone(object)));
  }

  compare(goal: RouteGoal): RouteState {
    return istioRouter.compare(contextOf(this.read(), this.plan), goal);
  }

  reach(goal: RouteGoal): void {
    for (const write of istioRouter.writes(contextOf(this.read(), this.plan), goal)) this.server.apply(write);
  }

  routes(name: string): unknown {
    const found = this.server.objects.find(
      ({ kind, metadata }) => kind === 'VirtualService' && metadata.name === name,
    );
    return asObject(found?.['spec'])['http'];
  }
}

describe('a way to the pods that comes in mid-release', () => {
  it('stays with stable at every weight, and is as its owner wrote it in the end', () => {
    const release = new Release(service(), MODEL);
    const route = { name: 'late', route: [to('model', 100)], timeout: '3s' };
    release.comes(named('late', virtualService([route])));
    expect(release.compare(SPLIT)).toMatchObject({ kind: 'differs' });
    for (const weight of [25, 50, 0, 100]) {
      release.reach({ kind: 'split', weight });
      expect(release.compare({ kind: 'split', weight })).toStrictEqual({ kind: 'asDesired' });
      expect(release.routes('late')).toStrictEqual([{ ...route, route: [to('model', 100, PINNED)] }]);
    }
    release.reach(UNTOUCHED);
    expect(release.routes('late')).toStrictEqual([route]);
  });

  it('is corrected where it is a copy of routes that were split', () => {
    const release = new Release(service(), MODEL);
    const copy = release.server.objects.find(({ kind }) => kind === 'VirtualService');
    if (copy !== undefined) release.comes(named('copy', copy));
    release.reach({ kind: 'split', weight: 0 });
    expect(release.routes('copy')).toStrictEqual([{ route: [to('model', undefined, PINNED)] }]);
    release.reach(UNTOUCHED);
    expect(release.routes('copy')).toStrictEqual([{ route: [to('model')] }]);
  });

  it('is left alone, and named, where our subsets would not be in force for it', () => {
    const release = new Release(
      service(),
      virtualService([{ route: [to('model')] }], { exportTo: ['.'] }),
      destinationRule('users', { host: 'model', exportTo: ['.'] }),
    );
    const route = { route: [to('model')] };
    release.comes(named('late', virtualService([route])));
    expect(release.compare(SPLIT)).toStrictEqual({ kind: 'asDesired' });
    expect(release.routes('late')).toStrictEqual([route]);
    const [warning] = istioRouter.warnings(contextOf(release.read(), release.plan));
    expect(warning?.message).toMatch(
      /of VirtualService late to Service model \(.*exportTo of DestinationRule users/,
    );
  });

  it('does not touch a release where it goes elsewhere', () => {
    const release = new Release(service(), MODEL);
    release.comes(named('late', virtualService([{ route: [to('other')] }])));
    release.comes(service('late', { app: 'other' }));
    expect(release.compare(SPLIT)).toStrictEqual({ kind: 'asDesired' });
  });
});

describe('a second Service over the same pods', () => {
  const grpc: Json = { route: [to('grpc', 30), to('other', 70)] };
  const objects = [service(), service('grpc'), MODEL, named('grpc', virtualService([grpc]))];

  it('has subsets of its own, and routes that are split with the others', () => {
    const release = new Release(...objects);
    const rules = release.server.objects.filter(({ kind }) => kind === 'DestinationRule');
    expect(rules.map((one) => [one.metadata.name, asObject(one['spec'])['host']])).toStrictEqual([
      ['model-sluice', 'model'],
      ['grpc-sluice', 'grpc'],
    ]);
    release.reach({ kind: 'split', weight: 50 });
    expect(release.routes('grpc')).toStrictEqual([
      {
        route: [to('grpc', 15, PINNED), to('grpc', 15, { subset: 'sluice-canary' }), to('other', 70)],
      },
    ]);
  });

  it('keeps no release from going on where its routes or VirtualService are taken away', () => {
    const release = new Release(...objects);
    release.server.edit((all) =>
      all.splice(
        all.findIndex(({ kind, metadata }) => kind === 'VirtualService' && metadata.name === 'grpc'),
        1,
      ),
    );
    expect(release.compare(SPLIT)).toStrictEqual({ kind: 'asDesired' });
  });

  it('has both rules taken away only once no route names them', () => {
    const release = new Release(...objects);
    release.reach(UNTOUCHED);
    expect(release.server.objects.filter(({ kind }) => kind === 'DestinationRule')).toHaveLength(2);
    release.reach(UNTOUCHED);
    expect(release.server.objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toStrictEqual([
      'Service model',
      'Service grpc',
      'VirtualService model',
      'VirtualService grpc',
    ]);
    expect(release.routes('grpc')).toStrictEqual([grpc]);
  });
});

describe('a DestinationRule of the clients that comes in mid-release', () => {
  it('ends it, since their requests fail for as long as routes name our subsets', () => {
    const release = new Release(service(), MODEL);
    release.elsewhere = [destinationRule('theirs', { host: `model.${NAMESPACE}.svc.cluster.local` }, 'team')];
    expect(release.compare(SPLIT)).toMatchObject({
      kind: 'broken',
      reason: 'DestinationRuleHidesSubsets',
      message: expect.stringContaining('team/theirs'),
    });
    expect(release.compare(UNTOUCHED)).toMatchObject({ kind: 'differs' });
  });
});
