import { expect, it } from 'vitest';
import { observe } from '../../src/reconcile/observe-release.ts';
import type { RouteDeps } from '../../src/reconcile/route-request.ts';
import { decide } from '../../src/release/decide.ts';
import type { Observation } from '../../src/release/observed.ts';
import { istioRouter } from '../../src/traffic/istio/istio.ts';
import { ROUTERS } from '../../src/traffic/registry.ts';
import { NAME, NAMESPACE } from './fixtures.ts';
import { happen } from './happenings.ts';
import { started } from './scene.ts';
import type { World } from './world.ts';

function observed(world: World): Observation[] {
  const { store } = world.cluster;
  const settings = { rootNamespace: 'istio-system', istiodDebounceMax: 1_000 };
  const deps: RouteDeps = { store, routers: ROUTERS, settings };
  const rollout = store.get('Rollout', NAMESPACE, NAME);
  return world.releases.map((release) => observe(deps, rollout, release, world.now).seen);
}

it.each(['Promoted', 'Aborted'])('an observation is data, from the push to %s', async (end) => {
  const { world, witness } = await started();
  world.push('v2');
  const phases = new Set<string | undefined>();
  for (let tick = 0; tick < 240 && world.status()?.phase !== end; tick++) {
    // oxlint-disable-next-line no-await-in-loop -- one tick after the other
    await world.step();
    if (tick === 30 && end === 'Aborted') happen('abort', world, witness);
    for (const one of observed(world)) {
      const read = JSON.parse(JSON.stringify(one)) as Observation;
      expect(decide(read, istioRouter)).toEqual(decide(one, istioRouter));
      phases.add(one.release.status?.phase);
    }
  }
  expect([...phases]).toEqual(expect.arrayContaining(['Starting', 'Stepping', end]));
});
