import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/api/meta.ts';
import type { Phase } from '../../src/api/release/places.ts';
import type { Release } from '../../src/api/release/release.ts';
import { isFinal, MACHINE_VERSION } from '../../src/release/machine.ts';
import { PLAYS, type Play } from '../upgrade/plays.ts';
import { readRecording, type Take } from '../upgrade/recording.ts';
import { NAME, NAMESPACE } from './fixtures.ts';
import { happen } from './happenings.ts';
import { Witness } from './invariants.ts';
import { conditionOf, events, images, rollout, watch } from './scene.ts';
import { World } from './world.ts';

const playOf = ({ play }: Take): Play => PLAYS.find(({ name }) => name === play) as Play;

/** The world of a take, in which the present controller starts. */
async function taken(take: Take): Promise<{ world: World; witness: Witness; release: Release }> {
  const { options, failures } = playOf(take);
  const world = new World(await options(), take.past);
  world.failures.set('v2', failures);
  const release = world.releases.at(-1) as Release;
  return { world, witness: new Witness(world), release };
}

/** The Release that was under way, as it is now. */
const now = (world: World, { metadata }: Release): Release =>
  world.releases.find((one) => one.metadata.name === metadata.name) as Release;

const phaseOf = ({ status }: Release): Phase => status?.phase ?? 'Pending';

const timesOf = ({ status }: Release): string[] => status?.trail?.map(({ at }) => at) ?? [];

const hasEnded = (world: World, release: Release): boolean => isFinal(phaseOf(now(world, release)));

async function toItsEnd(world: World, witness: Witness, release: Release): Promise<void> {
  await world.until('the release has ended', () => (witness.look(), hasEnded(world, release)), 300);
}

const recorded = Array.from({ length: MACHINE_VERSION }, (_none, at) => readRecording(at + 1));
const takes = recorded.flatMap(({ machine, takes: all }) =>
  all.map((take) => [machine, take.play, take.place, take] as const),
);

const isUnderWay = ([, , place]: (typeof takes)[number]): boolean => !isFinal(place as Phase);
/** Enough for what hardly depends on the play. */
const SOME = ['good', 'blue/green'];
const unfinished = takes.filter(isUnderWay);
const newest = unfinished.flatMap(([machine, play, place, take]) =>
  machine === MACHINE_VERSION ? [[play, place, take] as const] : [],
);

describe('a release that an earlier controller has begun', () => {
  it('is recorded of each version of the state machine, and the newest has every play', () => {
    expect(recorded.map(({ machine }) => machine)).toEqual([1, 2, 3].slice(0, MACHINE_VERSION));
    const plays = new Set(recorded.at(-1)?.takes.map(({ play }) => play));
    expect([...plays]).toEqual(PLAYS.map(({ name }) => name));
  });

  it.each(takes)('of version %i, %s, %s, is finished', async (machine, _play, _place, take) => {
    const { world, witness, release } = await taken(take);
    await toItsEnd(world, witness, release);
    await watch(world, witness, 60);
    witness.end();
    const { ends, serves } = playOf(take);
    const { spec, status } = now(world, release);
    const machineVersion = isFinal(phaseOf(release)) ? machine : MACHINE_VERSION;
    expect(status).toMatchObject({ phase: ends, machineVersion });
    expect(new Set(images(world))).toEqual(new Set([serves]));
    expect([witness.violations, world.lostSeconds]).toEqual([[], 0]);
    expect(spec).toEqual(release.spec);
    expect(status?.startedAt).toBe(release.status?.startedAt ?? status?.startedAt);
    expect(timesOf(now(world, release))).toEqual(expect.arrayContaining(timesOf(release)));
  });

  it.each(unfinished.filter(([, play]) => SOME.includes(play)))(
    'of version %i, %s, %s, is rolled back where a person says so',
    async (...[, , , take]) => {
      const { world, witness, release } = await taken(take);
      await watch(world, witness, 0.5);
      happen('abort', world, witness);
      await toItsEnd(world, witness, release);
      await watch(world, witness, 30);
      witness.end();
      expect([witness.violations, world.lostSeconds]).toEqual([[], 0]);
    },
  );
});

/** An object with a status of the next version of the state machine, which has more in it. */
function newer(object: KubeObject): KubeObject {
  const status = object['status'] as object;
  if (object.kind === 'Rollout') return { ...object, status: { ...status, plans: { next: 'v3' } } };
  if (object.kind !== 'Release') return object;
  return { ...object, status: { ...status, machineVersion: MACHINE_VERSION + 1, mood: 'fine' } };
}

const takenByNewer = ({ past, ...take }: Take): ReturnType<typeof taken> =>
  taken({ ...take, past: { ...past, objects: past.objects.map(newer) } });

const written = (world: World): unknown[] => [
  ...world.cluster.all('Release'),
  ...(['VirtualService', 'DestinationRule', 'HTTPRoute', 'Service'] as const).flatMap((kind) =>
    world.cluster.all(kind).map(({ spec }) => spec),
  ),
];

describe('a release that a newer controller has begun', () => {
  it.each(newest)('%s, %s, is left alone, and said to be', async (_play, _place, take) => {
    const { world } = await takenByNewer(take);
    const before = written(world);
    await world.run(20);
    world.push('v3');
    await world.run(20);
    expect(written(world)).toEqual(before);
    const kinds = world.cluster.writes.map(({ object, subresource }) => `${object.kind} ${subresource}`);
    expect(new Set(kinds)).toEqual(new Set(['Rollout status', 'Deployment status']));
    for (const condition of [
      conditionOf(rollout(world), 'Ready'),
      conditionOf(world.deployment, 'SluiceReady'),
    ])
      expect(condition).toMatchObject({
        status: 'False',
        reason: 'UnknownPhase',
        message: expect.stringContaining('upgrade this one'),
      });
    expect(events(world, 'Rollout')).toEqual(['UnknownPhase']);
    expect(rollout(world)).toHaveProperty('status.plans', { next: 'v3' });
  });

  it.each(newest.filter(([play]) => play === 'good'))(
    '%s, %s, keeps a deleted Rollout until it has ended',
    async (_play, _place, take) => {
      const { world, release } = await takenByNewer(take);
      world.cluster.delete('Rollout', NAMESPACE, NAME);
      await world.run(20);
      expect(rollout(world)).toHaveProperty('metadata.deletionTimestamp');
      expect(now(world, release)).toHaveProperty('status.mood', 'fine');
    },
  );

  it('does not keep an older controller from the next release once it has ended', async () => {
    const take = takes.findLast(([, play, place]) => play === 'good' && place === 'Promoted')?.[3] as Take;
    const { world, witness, release } = await takenByNewer(take);
    await watch(world, witness, 10);
    world.push('v3');
    await watch(world, witness, 60);
    expect(world.status()).toMatchObject({ phase: 'Promoted', machineVersion: MACHINE_VERSION });
    expect(new Set(images(world))).toEqual(new Set(['v3']));
    expect(now(world, release).status).toEqual({ ...release.status, mood: 'fine' });
    expect(rollout(world)).toHaveProperty('status.plans', { next: 'v3' });
    expect(witness.violations).toEqual([]);
  });
});
