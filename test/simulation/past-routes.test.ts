import { describe, expect, it } from 'vitest';
import { NAME, NAMESPACE } from './fixtures.ts';
import { happen } from './happenings.ts';
import type { Witness } from './invariants.ts';
import { ROUTES } from './istio-hands.ts';
import { events, reach, started, watch } from './scene.ts';
import type { World } from './world.ts';

const canaryPods = (world: World): number => {
  const hash = world.releases[0]?.spec.canary.podTemplateHash;
  return world.pods.all.filter((pod) => pod.hash === hash && pod.stoppedAt === null).length;
};

/** The VirtualService is only for a gateway: calls to the Service by its name in the mesh are not split. */
function forGatewayOnly(world: World): void {
  world.cluster.update('VirtualService', NAMESPACE, NAME, (draft) => {
    draft['spec'] = { ...structuredClone(ROUTES), gateways: ['edge'] };
  });
}

/** Seconds from an abort at the first weight until its pods are gone. */
async function secondsOfAbort(world: World, witness: Witness): Promise<number> {
  await reach(world, witness, 'Stepping.Analysing');
  await watch(world, witness, 4);
  const began = world.now;
  happen('abort', world, witness);
  await world.until('the pods are gone', () => canaryPods(world) === 0, 400);
  return (world.now - began) / 1_000;
}

describe('requests that reach the canary past the routes', () => {
  it.each([0.02, 0.3, 2])('keep no bad version where they were measured before: share %f', async (bypass) => {
    const { world, witness } = await started();
    world.asSomebody(() => forGatewayOnly(world));
    world.mesh.bypass = bypass;
    world.push('v2');
    expect(await secondsOfAbort(world, witness)).toBeLessThanOrEqual(5);
    expect(events(world, 'Release')).toContain('RequestsPastSplit');
    expect(witness.violations).toEqual([]);
  });

  it('are measured in the time that a gate takes, even if no object shows any', async () => {
    const { world, witness } = await started({ policy: { approval: { at: ['10'] } } });
    world.mesh.bypass = 0.3;
    world.push('v2');
    await world.until('it waits', () => world.status().reason === 'WaitingForApproval');
    await watch(world, witness, 4);
    world.editRelease((spec) => {
      spec['approvals'] = [{ gate: '10', by: '', onBehalfOf: '' }];
    });
    expect(await secondsOfAbort(world, witness)).toBeLessThanOrEqual(5);
    expect(witness.violations).toEqual([]);
  });

  it('do not hide that no proxy follows', async () => {
    const { world, witness } = await started({ weights: [50], policy: { deadlines: { drain: '20s' } } });
    world.asSomebody(() => forGatewayOnly(world));
    world.mesh.bypass = 0.1;
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    await watch(world, witness, 2);
    world.mesh.deafUntil = world.now + 10_000;
    happen('abort', world, witness);
    await world.until('the pods are gone', () => canaryPods(world) === 0);
    expect(witness.violations).toEqual([]);
  });

  it.each([false, true])('cost a release no time where none are known (%s)', async (known) => {
    const { world, witness } = await started();
    if (known) world.asSomebody(() => forGatewayOnly(world));
    world.push('v2');
    await reach(world, witness, 'Starting.Loading');
    const began = world.now;
    await reach(world, witness, 'Stepping');
    expect((world.now - began) / 1_000 > 4).toBe(known);
  });
});
