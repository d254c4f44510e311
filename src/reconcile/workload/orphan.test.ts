import { describe, expect, it } from 'vitest';
import { createMemoryCluster } from '../../../test/fakes/memory-cluster.ts';
import { deployment, release, statusOf } from '../../../test/fixtures/release.ts';
import type { KubeObject } from '../../api/meta.ts';
import { ROUTERS } from '../../traffic/registry.ts';
import { detachedReplicaSet } from '../../workload/handover.ts';
import { removeOrphans } from './orphan.ts';

const rule = (hash: string): KubeObject => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'DestinationRule',
  metadata: { name: 'model-sluice', namespace: 'shop' },
  spec: { host: 'model', subsets: [{ name: 'sluice-canary', labels: { 'pod-template-hash': hash } }] },
});

/** Desired pods of the canary afterwards; null if there is no canary any longer. */
async function after(there: readonly KubeObject[], replicas: number): Promise<number | null> {
  const cluster = createMemoryCluster({ now: () => 0 });
  const seen = deployment();
  const workload = cluster.create(seen.object);
  const uid = workload.metadata.uid ?? '';
  const canary = detachedReplicaSet(release(), { ...seen, uid }, replicas);
  cluster.create(canary);
  for (const object of there) cluster.create(object);
  await removeOrphans({ ...cluster, routers: ROUTERS }, { ...seen, uid, object: workload });
  const left = cluster.get('ReplicaSet', 'shop', canary.metadata.name);
  return left === null ? null : (left['spec'] as { replicas: number }).replicas;
}

describe('a canary without a Release', () => {
  it('loses its pods first', async () => {
    expect(await after([], 2)).toBe(0);
  });

  it('stays while a subset selects its pods', async () => {
    expect(await after([rule('h2')], 2)).toBe(2);
    expect(await after([rule('other')], 2)).toBe(0);
  });

  it('is left alone where its Release continues', async () => {
    expect(await after([release()], 2)).toBe(2);
    expect(await after([{ ...release(), status: statusOf({ phase: 'Aborting' }) }], 2)).toBe(2);
  });

  it('goes where its Release has ended without it', async () => {
    expect(await after([{ ...release(), status: statusOf({ phase: 'Aborted' }) }], 2)).toBe(0);
  });
});
