import { describe, expect, it } from 'vitest';
import { NAME, NAMESPACE } from './fixtures.ts';
import { secondVirtualService } from './istio-hands.ts';
import { addClientRule, addService, addVirtualService, removeClientRule } from './other-ways.ts';
import { conditionOf, events, reach, rollout, specOf, started, watch, weights } from './scene.ts';
import type { World } from './world.ts';

const canaryShare = (world: World, way: string): number => {
  const hash = world.releases.at(-1)?.spec.canary.podTemplateHash ?? '';
  return world.mesh.ways(world.now).get(way)?.shares.get(hash) ?? 0;
};
const routesOf = (world: World, name: string): unknown =>
  specOf(world.cluster.get('VirtualService', NAMESPACE, name));
const refuse = { policy: { traffic: { istio: { virtualService: NAME, unsplit: 'refuse' } } } };

describe('another way to the pods that is there when a release begins', () => {
  it.each([
    ['another VirtualService', 'inner', NAME],
    ['another Service over the same pods', 'grpc', 'grpc'],
  ])('%s is split by the same weight, and is as it was in the end', async (_what, name, host) => {
    const { world, witness } = await started({ weights: [50] });
    if (host !== NAME) addService(world, host);
    addVirtualService(world, witness, name, host);
    await watch(world, witness, 3);
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    await watch(world, witness, 2);
    expect(canaryShare(world, name)).toBeCloseTo(0.5);
    await reach(world, witness, 'Promoted', 200);
    await watch(world, witness, 5);
    expect(routesOf(world, name)).toEqual(secondVirtualService(name, host));
    expect(world.cluster.all('DestinationRule')).toEqual([]);
    expect(witness.violations).toEqual([]);
  });

  it('gets nothing of a canary that is rolled back, though the routes of the policy can be written no more', async () => {
    const { world, witness } = await started({ weights: [50] });
    addVirtualService(world, witness);
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    world.fate = ({ object }) =>
      object.kind === 'VirtualService' && object.metadata.name === NAME ? 'conflict' : undefined;
    world.editRelease((spec) => {
      spec['abort'] = { reason: 'a test' };
    });
    await watch(world, witness, 3);
    expect([canaryShare(world, 'inner'), weights(world)]).toEqual([0, [50, 50]]);
  });
});

describe('a way to the pods that comes in mid-release', () => {
  it('stays with stable, is as it was in the end, and is split with the next release', async () => {
    const { world, witness } = await started({ weights: [50] });
    world.push('v2');
    await reach(world, witness, 'Starting');
    addVirtualService(world, witness);
    await reach(world, witness, 'Stepping.Analysing');
    await watch(world, witness, 2);
    expect(canaryShare(world, 'inner')).toBe(0);
    await reach(world, witness, 'Promoted', 200);
    await watch(world, witness, 5);
    expect(routesOf(world, 'inner')).toEqual(secondVirtualService('inner'));
    world.push('v3');
    await reach(world, witness, 'Stepping.Analysing');
    await watch(world, witness, 2);
    expect(canaryShare(world, 'inner')).toBeCloseTo(0.5);
    expect(witness.violations).toEqual([]);
  });

  it('is named where nothing splits it, on Rollout, Release and Deployment', async () => {
    const { world, witness } = await started({ weights: [50] });
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    expect(conditionOf(rollout(world), 'UnsplitTraffic')).toBeUndefined();
    addService(world, 'metrics');
    await watch(world, witness, 15);
    for (const object of [rollout(world), world.releases[0] ?? null])
      expect(conditionOf(object, 'UnsplitTraffic')).toMatchObject({
        status: 'True',
        message: expect.stringContaining('calls of Service metrics by its name'),
      });
    for (const kind of ['Rollout', 'Release', 'Deployment'])
      expect(events(world, kind).filter((one) => one === 'UnsplitTraffic')).toHaveLength(1);
    await reach(world, witness, 'Promoted', 200);
    world.cluster.delete('Service', NAMESPACE, 'metrics');
    await watch(world, witness, 5);
    expect(conditionOf(rollout(world), 'UnsplitTraffic')).toBeUndefined();
  });

  it('ends the release where the policy refuses it, and lets none begin', async () => {
    const { world, witness } = await started(refuse);
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    addService(world, 'metrics');
    await reach(world, witness, 'Aborted', 60);
    expect(world.status()).toMatchObject({ reason: 'UnsplitTraffic' });
    world.push('v3');
    await watch(world, witness, 10);
    expect(world.status()).toMatchObject({ phase: 'Pending', reason: 'UnsplitTraffic' });
    expect(witness.violations).toEqual([]);
  });
});

describe('a DestinationRule of the clients', () => {
  it('keeps a release from starting until it is gone', async () => {
    const { world, witness } = await started();
    addClientRule(world, witness);
    await watch(world, witness, 2);
    expect(conditionOf(rollout(world), 'Ready')).toMatchObject({
      status: 'False',
      reason: 'DestinationRuleHidesSubsets',
    });
    world.push('v2');
    await watch(world, witness, 10);
    expect(world.status()).toMatchObject({ phase: 'Pending', reason: 'DestinationRuleHidesSubsets' });
    removeClientRule(world);
    await reach(world, witness, 'Stepping');
    expect(witness.violations).toEqual([]);
  });

  it('that comes in mid-release has the routes whole at once, and rolls the release back', async () => {
    const { world, witness } = await started({ weights: [50] });
    const before = specOf(world.cluster.get('VirtualService', NAMESPACE, NAME));
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    addClientRule(world, witness);
    await watch(world, witness, 1);
    expect(world.status()).toMatchObject({ phase: 'Aborting', reason: 'DestinationRuleHidesSubsets' });
    expect(specOf(world.cluster.get('VirtualService', NAMESPACE, NAME))).toEqual(before);
    await reach(world, witness, 'Aborted', 60);
    expect(witness.violations).toEqual([]);
  });
});
