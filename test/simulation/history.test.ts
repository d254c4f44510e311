import { describe, expect, it } from 'vitest';
import { tracksOf } from '../../src/analysis/verdict/track.ts';
import { MetricState } from '../../src/api/release/analysis-state.ts';
import { type Release } from '../../src/api/release/release.ts';
import { view } from '../../src/cli/commands/show/explain.ts';
import { badShares } from '../../src/reconcile/gauges/bad-shares.ts';
import { canvas } from '../fixtures/cli.ts';
import { NAMESPACE } from './fixtures.ts';
import { reach, started } from './scene.ts';
import type { World } from './world.ts';

function newest(world: World): Release {
  const found = world.releases.at(-1);
  if (found === undefined) throw new Error('there is no Release');
  return found;
}

function stateOf({ status }: Release): MetricState {
  const found = status?.analysis?.metrics[0];
  if (found === undefined) throw new Error('nothing was judged');
  return found;
}

describe('the windows of a release', () => {
  it('are kept over its steps and to its end, bounded, and explain it', async () => {
    const policy = {
      steps: [
        { weight: 10, bake: '30s' },
        { weight: 50, bake: '30s' },
      ],
      deadlines: {},
    };
    const { world, witness } = await started({ policy });
    world.push('v2');
    await reach(world, witness, 'Promoted', 400);
    const ended = newest(world);
    const state = stateOf(ended);
    expect(MetricState.safeParse(state).error).toBeUndefined();
    expect(state.history).toHaveLength(20);
    expect(new Set(state.history?.map(({ step }) => step))).toEqual(new Set([0, 1]));
    const times = state.history?.map(({ at }) => at) ?? [];
    expect(times).toEqual(times.toSorted());
    const lines = view(ended, canvas(100));
    expect(lines.join('\n')).toContain('Share of requests over the bound');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(badShares(world.cluster.store, [NAMESPACE])).toEqual([]);
  });

  it('survive a restart, and end with the window that failed', async () => {
    const { world, witness } = await started();
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    await world.run(12);
    const before = stateOf(newest(world)).history?.length ?? 0;
    world.restart();
    world.failures.set('v2', 0.5);
    await world.run(3);
    expect(badShares(world.cluster.store, [NAMESPACE])[0]?.shares).toHaveProperty('allowed', 0.05);
    await reach(world, witness, 'Aborted');
    const { spec, ...rest } = newest(world);
    const state = stateOf({ spec, ...rest });
    expect(state.history?.length).toBeGreaterThan(before);
    const metric = spec.metrics[0];
    const point = metric && tracksOf(metric, state, spec)[0]?.points.at(-1);
    expect(point).toMatchObject({ verdict: 'fail', limit: 0.05 });
    expect(state.history?.at(-1)?.message).toContain('beyond the bound');
  });
});
