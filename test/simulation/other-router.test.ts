import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/api/meta.ts';
import { ownsFields } from '../../src/api/owned-fields.ts';
import { createRouters } from '../../src/traffic/routers.ts';
import { revisionOf } from '../../src/workload/revision.ts';
import { observeReplicaSet } from '../../src/workload/workload.ts';
import { WEIGHTS } from '../conformance/weights/declaration.ts';
import { weightsOf } from '../conformance/weights/object.ts';
import { weightsRouter } from '../conformance/weights/router.ts';
import type { MemoryCluster } from '../fakes/memory-cluster.ts';
import { NAME, NAMESPACE } from './fixtures.ts';
import type { Routing } from './routing.ts';
import { World } from './world.ts';

const SPEC = { service: NAME };

/** Versions that the data plane knows by their pods, whether or not a weight names them. */
const hashesOf = (cluster: MemoryCluster): string[] =>
  cluster.all('ReplicaSet').flatMap((set) => observeReplicaSet(set, revisionOf).hash);

/** A data plane that knows nothing but weights by version: the name of a version is its hash. */
const ROUTING: Routing = {
  routers: createRouters([weightsRouter]),
  traffic: { weights: { object: NAME } },
  object: {
    apiVersion: 'example.dev/v1',
    kind: WEIGHTS.kind,
    metadata: { name: NAME, namespace: NAMESPACE },
    spec: SPEC,
  },
  read: (cluster) => {
    const [object] = cluster.all(WEIGHTS.kind);
    const weights = Object.entries((object && weightsOf(object)) ?? {});
    const routes = weights.map(([hash, weight]) => ({ destination: { host: NAME, subset: hash }, weight }));
    return {
      routes: routes.length === 0 ? [{ destination: { host: NAME } }] : routes,
      others: new Map(),
      subsets: new Map(hashesOf(cluster).map((hash) => [hash, hash])),
    };
  },
};

const objectOf = (world: World): KubeObject | null => world.cluster.get(WEIGHTS.kind, NAMESPACE, NAME);

/** Percent that the canary gets, each value once, as it was in force. */
async function released(world: World, end: string): Promise<number[]> {
  const seen: number[] = [];
  world.push('v2');
  await world.until(end, () => {
    const hash = world.release('v2')?.spec.canary.podTemplateHash ?? '';
    const percent = Math.round((world.flow.shares.get(hash) ?? 0) * 100);
    if (seen.at(-1) !== percent) seen.push(percent);
    return world.place() === end;
  });
  await world.run(4);
  return seen;
}

describe('a router that is handed in', () => {
  it('leads a release to its end, and leaves what the user wrote', async () => {
    const world = new World({ routing: ROUTING });
    await world.begin();
    const seen = await released(world, 'Promoted');
    expect(seen).toEqual(expect.arrayContaining([0, 10, 25, 50]));
    const object = objectOf(world);
    expect(object?.['spec']).toEqual(SPEC);
    expect(object?.metadata.annotations).toBeUndefined();
    expect(object !== null && ownsFields(object)).toBe(false);
    expect(world.lostSeconds).toBe(0);
  });

  it('takes a bad version back, without a request lost', async () => {
    const world = new World({ routing: ROUTING });
    await world.begin();
    world.failures.set('v2', 0.9);
    expect((await released(world, 'Aborted')).at(-1)).toBe(0);
    expect(objectOf(world)?.['spec']).toEqual(SPEC);
    expect(world.pods.all.filter(({ image, stoppedAt }) => image === 'v2' && stoppedAt === null)).toEqual([]);
    expect(world.lostSeconds).toBe(0);
  });

  it('is woken by what somebody does to its object, and puts it right', async () => {
    const world = new World({ routing: ROUTING });
    await world.begin();
    world.push('v2');
    await world.until('25', () => world.status().weight === 25);
    world.asSomebody(() =>
      world.cluster.update(WEIGHTS.kind, NAMESPACE, NAME, (draft) => (draft['spec'] = SPEC)),
    );
    await world.settle();
    expect(Object.values(weightsOf(objectOf(world) as KubeObject) ?? {})).toEqual([75, 25]);
  });

  it('has what a policy says checked by its own schema', async () => {
    const world = new World({ routing: { ...ROUTING, traffic: { weights: { name: NAME } } } });
    world.cluster.create({
      apiVersion: 'sluice.dev/v1alpha1',
      kind: 'Rollout',
      metadata: { name: NAME, namespace: NAMESPACE },
      spec: {
        target: { name: NAME },
        traffic: { istio: { virtualService: NAME } },
        analysis: { templates: [{ name: 'errors' }] },
      },
    });
    await world.run(1);
    const status = world.cluster.get('Rollout', NAMESPACE, NAME)?.['status'];
    expect(JSON.stringify(status)).toContain('spec.traffic: must name exactly one router: write weights');
  });
});
