import { expect } from 'vitest';
import { isFailed } from '../../hack/load/record.ts';
import { MODEL } from '../../hack/testbed/model.ts';
import type { Pushed, Site } from '../../hack/testbed/site.ts';
import { until } from '../../hack/testbed/until.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import type { Release } from '../../src/api/release/release.ts';

/** The replicas that a Deployment or a ReplicaSet asks for; -1 where there is none. */
export const replicasOf = (object: KubeObject | null): number =>
  (object?.['spec'] as { replicas?: number } | undefined)?.replicas ?? -1;

/** The replicas that the Deployment of a site asks for. */
export const sizeOf = async ({ api }: Site): Promise<number> =>
  replicasOf(await api.get('Deployment', MODEL));

/** Waits until so many pods of a version serve, and no others. */
export async function untilServing(site: Site, version: string, pods: number): Promise<void> {
  await until(`${pods} pods of ${version} serve`, async () => {
    const { object, version: template, paused } = await site.deployment();
    const { readyReplicas = 0, replicas = 0 } = object['status'] as Record<string, number>;
    return template === version && !paused && readyReplicas === pods && replicas === pods;
  });
}

/** The versions of pods, in order. */
export const versionsOf = (pods: readonly KubeObject[]): string[] =>
  pods
    .map(
      (pod) => (pod['spec'] as { containers: { image: string }[] }).containers[0]?.image.split(':')[1] ?? '',
    )
    .toSorted();

/** Promoted, and nobody lost a request on the way. */
export async function untilPromoted(site: Site, pushed: Pushed): Promise<Release> {
  const ended = await site.untilEnded(pushed);
  expect(ended.status).toMatchObject({ phase: 'Promoted' });
  expect((await site.recordsNow()).filter(isFailed)).toEqual([]);
  return ended;
}
