import { describe, expect, it } from 'vitest';
import { GATE } from '../../src/workload/workload.ts';
import { NAME, NAMESPACE } from './fixtures.ts';
import { happen } from './happenings.ts';
import { conditionOf, events, reach, rollout, routes, started, weights } from './scene.ts';
import type { World } from './world.ts';

const FOR_GOOD = Number.POSITIVE_INFINITY;

const messages = (world: World): string[] => (world.status().messages ?? []).map(({ text }) => text);
const deployment = (world: World) => world.cluster.get('Deployment', NAMESPACE, NAME);

/** Intervals between refused writes, in milliseconds. */
function gaps(world: World): number[] {
  const times = world.refusers.refused.map(({ at }) => at);
  return times.slice(1).map((at, index) => at - (times[index] ?? at));
}

describe('an abort whose routes the API server refuses', () => {
  it('says at once, everywhere, that weight 0 cannot be written, and why', async () => {
    const { world, witness } = await started();
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    world.refusers.stand('istiod', FOR_GOOD);
    happen('abort', world, witness);
    await world.run(1);
    const said = { status: 'False', reason: 'RoutesRefused' };
    const progressing = conditionOf(world.release() ?? null, 'Progressing');
    expect(progressing).toMatchObject(said);
    expect(progressing?.message).toMatch(
      /^weight 0 cannot be written: .*webhook "rev\.validation\.istio\.io".*certificate signed by unknown authority/,
    );
    expect(conditionOf(rollout(world), 'Progressing')).toMatchObject(said);
    expect(conditionOf(deployment(world), 'SluiceReady')).toMatchObject(said);
    for (const kind of ['Release', 'Rollout', 'Deployment'])
      expect(events(world, kind).filter((reason) => reason === 'RoutesRefused')).toHaveLength(1);
    expect(messages(world).filter((text) => text.includes('weight 0 cannot be written'))).toHaveLength(1);
    expect(world.status()).toMatchObject({ phase: 'Aborting', reason: 'AbortRequested' });
  });

  it('tries again within two seconds for as long as the canary has traffic, and not more often', async () => {
    const { world, witness } = await started();
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    world.refusers.stand('istiod', FOR_GOOD);
    happen('abort', world, witness);
    await world.run(120);
    expect(Math.max(...gaps(world))).toBeLessThanOrEqual(2_000);
    expect(world.refusers.refused.length).toBeLessThanOrEqual(125);
    expect(weights(world)).toEqual([90, 10]);
    world.refusers.leave();
    await world.run(2);
    expect(routes(world)).toMatchObject({
      http: [{ route: [{ destination: { subset: 'sluice-stable' } }] }],
    });
    await reach(world, witness, 'Aborted');
    expect(conditionOf(rollout(world), 'Progressing')).toBeUndefined();
    expect(conditionOf(deployment(world), 'SluiceReady')?.reason).not.toBe('RoutesRefused');
  });

  it('still says so after a restart, without repeating it', async () => {
    const { world, witness } = await started();
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    world.refusers.stand('istiod', FOR_GOOD);
    happen('abort', world, witness);
    await world.run(5);
    const before = world.cluster.writes.length;
    world.restart();
    await world.run(5);
    expect(world.cluster.writes.slice(before).filter(({ patch }) => (patch?.length ?? 0) > 1)).toEqual([]);
    expect(messages(world).filter((text) => text.includes('cannot be written'))).toHaveLength(1);
  });
});

describe('routes that are refused while nothing is at risk', () => {
  it('are tried less and less often', async () => {
    const { world, witness } = await started({ policy: { deadlines: { start: '10m' } } });
    world.refusers.stand('istiod', FOR_GOOD);
    world.push('v2');
    await world.run(120);
    expect(world.place()).toBe('Starting.Preparing');
    expect(conditionOf(world.release() ?? null, 'Progressing')).toMatchObject({
      status: 'False',
      reason: 'RoutesRefused',
    });
    expect(world.refusers.refused.length).toBeLessThan(12);
    world.refusers.leave();
    await reach(world, witness, 'Promoted', 200);
  });
});

describe('a canary that a policy or a quota refuses', () => {
  it.each([
    ['quota', /exceeded quota: objects, requested: count\/replicasets\.apps=1/],
    ['policy', /ValidatingAdmissionPolicy 'frozen'.* no change before Monday/],
  ] as const)('has the cause in the condition, and in the reason of the end: %s', async (by, cause) => {
    const { world } = await started({
      policy: { deadlines: { start: '20s', step: '30s', promotion: '60s' } },
    });
    world.refusers.stand(by, FOR_GOOD);
    world.push('v2');
    await world.run(10);
    const progressing = conditionOf(world.release() ?? null, 'Progressing');
    expect(progressing).toMatchObject({ status: 'False', reason: 'ReplicaSetRefused' });
    expect(progressing?.message).toMatch(cause);
    expect(conditionOf(deployment(world), 'SluiceReady')?.message).toMatch(cause);
    await world.run(40);
    expect(world.status()).toMatchObject({ phase: 'Aborted', reason: 'StartDeadlineExceeded' });
    expect(world.status().message).toMatch(cause);
  });
});

describe('a Deployment that a policy refuses to change', () => {
  it('is named when the native update cannot begin', async () => {
    const { world, witness } = await started();
    world.push('v2');
    await reach(world, witness, 'Promoting');
    world.refusers.stand('deploymentPolicy', world.now + 40_000);
    await reach(world, witness, 'Promoting.Updating');
    await world.run(2);
    expect(conditionOf(world.release() ?? null, 'Progressing')).toMatchObject({
      status: 'False',
      reason: 'DeploymentRefused',
    });
    await reach(world, witness, 'Promoted');
  });
});

describe('a Deployment whose Rollout was torn away while a policy refuses to change it', () => {
  it('says so, and is released once that is allowed', async () => {
    const { world } = await started();
    world.refusers.stand('deploymentPolicy', world.now + 20_000);
    world.asSomebody(() => {
      world.cluster.update('Rollout', NAMESPACE, NAME, ({ metadata }) => {
        metadata.finalizers = [];
      });
      world.cluster.delete('Rollout', NAMESPACE, NAME);
    });
    await world.run(10);
    expect(deployment(world)?.metadata.annotations?.[GATE]).toBe(NAME);
    expect(events(world, 'Deployment')).toContain('WriteRefused');
    await world.run(30);
    expect(deployment(world)?.metadata.annotations?.[GATE]).toBeUndefined();
  });
});

describe('pods that a quota refuses', () => {
  const cause = /exceeded quota: pods, requested: pods=1.*; raise the quota/;

  it('are the cause of a native update that does not continue, and of its end', async () => {
    const { world, witness } = await started({ replicas: 4, policy: { deadlines: { promotion: '20s' } } });
    world.push('v2');
    await reach(world, witness, 'Promoting.Updating', 300);
    world.pods.quota = world.pods.all.filter(({ stoppedAt }) => stoppedAt === null).length - 1;
    for (const pod of world.pods.all.slice(0, 1)) pod.stoppedAt = world.now;
    await world.run(14);
    const progressing = conditionOf(world.release() ?? null, 'Progressing');
    expect(progressing).toMatchObject({ status: 'False', reason: 'PodsRefused' });
    expect(progressing?.message).toMatch(cause);
    expect(progressing?.message).toMatch(/^\d of 4 pods of the new version are available/);
    expect(conditionOf(deployment(world), 'SluiceReady')?.message).toMatch(cause);
    expect(events(world, 'Deployment')).toContain('PodsRefused');
    world.pods.quota = Number.POSITIVE_INFINITY;
    await reach(world, witness, 'Promoted');
  });

  it('are the cause of the end of a canary that never starts', async () => {
    const { world } = await started({ policy: { deadlines: { start: '20s' } } });
    world.pods.quota = 3;
    world.push('v2');
    await world.run(17);
    expect(world.place()).toBe('Starting.Loading');
    expect(conditionOf(deployment(world), 'SluiceReady')?.message).toMatch(cause);
    await world.run(30);
    expect(world.status()).toMatchObject({ phase: 'Aborted', reason: 'StartDeadlineExceeded' });
    expect(world.status().message).toMatch(cause);
  });
});
