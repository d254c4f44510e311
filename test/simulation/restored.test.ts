import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/api/meta.ts';
import { MACHINE_VERSION } from '../../src/release/machine.ts';
import { GATE } from '../../src/workload/workload.ts';
import { readRecording, type Take } from '../upgrade/recording.ts';
import { conditionOf, images, rollout, routes } from './scene.ts';
import { World } from './world.ts';

/** What the book says to leave out: it is made again, or must not come again. */
const LEFT_OUT = ['Release', 'ReplicaSet', 'DestinationRule'];

/** An object as a restore from a backup creates it: without what the API server fills in, and status only where asked for. */
function restored(object: KubeObject, withStatus: boolean): KubeObject {
  const { status, metadata, ...rest } = structuredClone(object) as KubeObject & { status?: object };
  const { name, namespace, labels, annotations = {}, uid, resourceVersion, creationTimestamp } = metadata;
  // The policies take the gate off a Deployment that somebody creates.
  const { [GATE]: _gate, ...kept } = annotations;
  const given = { name, namespace, labels, annotations: kept, uid, resourceVersion, creationTimestamp };
  const known = object.kind === 'Rollout' && withStatus ? { status } : {};
  return { ...rest, metadata: given as KubeObject['metadata'], ...known };
}

async function restoredWorld({ past }: Take, withStatus: boolean): Promise<World> {
  const objects = past.objects.filter(({ kind }) => !LEFT_OUT.includes(kind));
  const world = new World(
    {},
    { ...past, objects: objects.map((one) => restored(one, withStatus)), pods: [] },
  );
  await world.run(40);
  return world;
}

const takes = readRecording(MACHINE_VERSION).takes.filter(({ play }) => play === 'good');
const at = (place: string): Take => takes.find((take) => take.place === place) as Take;
const rows = takes.map((take) => [take.place, take] as const);

describe('a backup that is restored into an empty cluster', () => {
  it.each(rows)(
    'of %s, with the status of Rollouts, serves stable and releases again',
    async (place, take) => {
      const world = await restoredWorld(take, true);
      expect(world.flow.lost).toEqual([]);
      expect(conditionOf(rollout(world), 'Ready')).toMatchObject({ reason: 'Gated' });
      expect(JSON.stringify(routes(world))).not.toContain('subset');
      // Until the end of its promotion v2 is not known to be good.
      const wasStable = ['Promoting.CleaningUp', 'Promoted'].includes(place);
      expect(world.releases.map(({ status }) => status?.phase)).toEqual(wasStable ? [] : ['Promoted']);
      expect(world.pods.loads.get('v1') ?? 0).toBe(wasStable ? 0 : 3);
      expect(images(world)).toEqual(['v2', 'v2', 'v2']);
    },
  );

  it.each([
    ['Promoted', 'Gated', 3],
    ['Stepping.Analysing', 'StableLost', 0],
  ])('of %s, without any status, says %s', async (place, reason, pods) => {
    const world = await restoredWorld(at(place), false);
    expect(conditionOf(rollout(world), 'Ready')).toMatchObject({ reason });
    expect(images(world)).toHaveLength(pods);
  });
});
