import { expect, it } from 'vitest';
import { NAME, NAMESPACE, SECRET } from '../../../test/simulation/fixtures.ts';
import { reach, started } from '../../../test/simulation/scene.ts';
import { replayPass } from '../../release/pass-record.ts';
import { ROUTERS } from '../../traffic/registry.ts';
import { type PassNow, passNow } from './pass-now.ts';

const settings = { rootNamespace: 'istio-system', istiodDebounceMax: 1_000 };

it.each(['Starting.Loading', 'Stepping.Analysing', 'Aborted'])(
  'a pass in %s is recorded as it would be decided, without secrets, and nothing is written',
  async (place) => {
    const { world, witness } = await started({ loadMs: 20_000 });
    world.push('v2');
    if (place === 'Aborted') world.failures.set('v2', 0.2);
    await reach(world, witness, place);
    // Pods that load are listed only once that takes long.
    if (place === 'Starting.Loading') await world.run(8);
    world.cluster.writes.length = 0;
    const podsOf = async (_namespace: string, hash: string) => world.pods.raw(hash, world.now);
    const name = world.release()?.metadata.name ?? '';
    const deps = { store: world.cluster.store, settings, podsOf };
    const text = JSON.stringify(await passNow(deps, { namespace: NAMESPACE, name }, world.now));
    const record = JSON.parse(text) as PassNow;
    expect(replayPass(record, ROUTERS)).toEqual(record.decision);
    expect(record.observation.deployment?.name).toBe(NAME);
    expect(record.observation.pods === undefined).toBe(place !== 'Starting.Loading');
    expect(`${record.decision.status.phase}.${record.decision.status.stage ?? ''}`).toContain(place);
    expect(text).not.toContain(SECRET);
    expect(world.cluster.writes).toEqual([]);
  },
);

it('a Release that is gone has no pass', async () => {
  const { world } = await started();
  const deps = { store: world.cluster.store, settings, podsOf: async () => [] };
  await expect(passNow(deps, { namespace: NAMESPACE, name: 'none' }, world.now)).rejects.toThrow(
    'Release none is gone',
  );
});
