import { expect, inject } from 'vitest';
import { MODEL, quickRollout } from '../../hack/testbed/model.ts';
import type { Road } from '../../hack/testbed/roads/road.ts';
import { onSite, type Site } from '../../hack/testbed/site.ts';
import { until } from '../../hack/testbed/until.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import { ownsFields } from '../../src/api/owned-fields.ts';

/** A quick policy for the routes of a road. */
export function policyOn({ traffic }: Road, over: object = {}): KubeObject {
  return quickRollout('policy', { traffic, ...over });
}

/** The route of the model. */
export async function routeOf({ api }: Site, { route }: Road): Promise<KubeObject> {
  const found = await api.get(route.kind, route.name);
  if (found === null) throw new Error('the route is gone');
  return found;
}

/** Names of the Services of a site. */
export const servicesOf = async ({ api }: Site): Promise<string[]> =>
  (await api.list('Service')).map(({ metadata }) => metadata.name);

/** Plays on a road on which requests come through, and checks that nothing of a release is left in the end. */
export async function onRoad(road: Road, play: (site: Site) => Promise<void>): Promise<void> {
  await onSite(inject('access'), { replicas: 2, road, rate: 60 }, async (site) => {
    await site.untilOnly('v1');
    const { spec: before } = await routeOf(site, road);
    await play(site);
    const after = await routeOf(site, road);
    expect(after['spec']).toStrictEqual(before);
    expect(await servicesOf(site)).toEqual([MODEL]);
    await until('the fields are given back', async () => !ownsFields(await routeOf(site, road)));
  });
}
