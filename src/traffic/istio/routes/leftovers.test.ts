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
import type { RouteWrite } from '../../goal.ts';
import type { Json } from '../../json.ts';
import type { Leftovers } from '../../router.ts';
import { istioRouter } from '../istio.ts';

const STABLE = { subset: 'sluice-stable' };
const CANARY = { subset: 'sluice-canary' };
const SPLIT: Json = { name: 'a', route: [to('model', 75, STABLE), to('model', 25, CANARY)] };
const NOW = 1_000_000;

function ruleOf(rollout: string, annotations: Record<string, string> = {}): KubeObject {
  const labels = { 'app.kubernetes.io/managed-by': 'sluice', 'sluice.dev/rollout': rollout };
  const rule = destinationRule('model-sluice', { host: 'model', subsets: [] });
  return { ...rule, metadata: { ...rule.metadata, labels, annotations } };
}

function serverOf(http: readonly Json[], ...more: readonly KubeObject[]): ObjectsInMemory {
  return new ObjectsInMemory([service(), virtualService(http), ...more]);
}

function look(server: ObjectsInMemory, now = NOW): Leftovers {
  return istioRouter.leftovers(requestOf(server.read(NAMESPACE)), { now, ms: 12_000 });
}

const kinds = (writes: readonly RouteWrite[]): string[] =>
  writes.map((write) => `${write.op} ${write.op === 'create' ? write.object.kind : write.target.kind}`);

function act(server: ObjectsInMemory, now = NOW): readonly string[] {
  const { writes } = look(server, now);
  for (const write of writes) server.apply(write);
  return kinds(writes);
}

describe('a route that names the subsets of a release that is over', () => {
  it('is restored, and said', () => {
    const server = serverOf([SPLIT, { route: [to('other')] }]);
    const { problem } = look(server);
    expect(problem).toEqual({
      reason: 'StaleRoute',
      message:
        'http route "a" (http[0]) of VirtualService model named the subsets of a release that is over, {sluice-stable: 75, sluice-canary: 25}, and has been put back to {no subset: 100}. If Git or a backup has an old copy of it, correct it there',
    });
    expect(act(server)).toEqual(['patch VirtualService']);
    expect(httpOf(server.objects)).toEqual([{ name: 'a', route: [to('model')] }, { route: [to('other')] }]);
    expect(look(server)).toEqual({ writes: [], problem: null });
  });

  it('is made what our DestinationRule remembers, where there is one', () => {
    const memory = [{ index: 0, name: 'a', destinations: [to('model', 7)] }];
    const server = serverOf([SPLIT], ruleOf('one', { 'sluice.dev/routes': JSON.stringify(memory) }));
    act(server);
    expect(httpOf(server.objects)).toEqual([{ name: 'a', route: [to('model', 7)] }]);
  });

  it.each<[string, readonly KubeObject[]]>([
    ['while another Rollout shifts the traffic of the Service', [ruleOf('two')]],
    ['to another Service', []],
  ])('is left alone %s', (what, more) => {
    const theirs: Json = { route: [to('other', 75, STABLE), to('other', 25, CANARY)] };
    expect(look(serverOf([what.startsWith('to') ? theirs : SPLIT], ...more)).writes).toEqual([]);
  });

  it('is restored though the DestinationRule is another', () => {
    expect(act(serverOf([SPLIT], destinationRule('model-sluice', { host: 'x' })))).toEqual([
      'patch VirtualService',
    ]);
  });
});

describe('a DestinationRule that a release has left', () => {
  it('goes once no route has named it for long enough', () => {
    const server = serverOf([SPLIT], ruleOf('one'));
    expect(act(server)).toEqual(['patch VirtualService']);
    expect(act(server)).toEqual(['patch DestinationRule']);
    expect(look(server, NOW + 11_999)).toEqual({ writes: [], problem: null, againAt: NOW + 12_000 });
    expect(act(server, NOW + 12_000)).toEqual(['patch VirtualService', 'delete DestinationRule']);
    expect(look(server)).toEqual({ writes: [], problem: null });
  });

  it('stays for as long again where a route names it meanwhile', () => {
    const server = serverOf([{ route: [to('model')] }], ruleOf('one'));
    act(server);
    server.edit((objects) => {
      const found = objects.find(({ kind }) => kind === 'VirtualService');
      if (found !== undefined) found['spec'] = { hosts: ['model'], http: [SPLIT] };
    });
    expect(act(server, NOW + 20_000)).toEqual(['patch VirtualService', 'patch DestinationRule']);
    expect(act(server, NOW + 20_000)).toEqual(['patch DestinationRule']);
    expect(look(server, NOW + 20_001).againAt).toBe(NOW + 32_000);
  });

  it('is in use again with the next release', () => {
    const server = serverOf([{ route: [to('model')] }], ruleOf('one'));
    act(server);
    const found = istioRouter.preflight(requestOf(server.read(NAMESPACE)));
    if ('problem' in found) throw new Error(found.problem.message);
    const versions = { stable: 'a', canary: 'b' };
    const goal = { kind: 'prepared' } as const;
    const context = { ...contextOf(server.read(NAMESPACE), found.plan), versions };
    for (const write of istioRouter.writes(context, goal)) server.apply(write);
    const rule = server.objects.find(({ kind }) => kind === 'DestinationRule');
    expect(Object.keys(rule?.metadata.annotations ?? {})).not.toContain('sluice.dev/unused-since');
  });
});
