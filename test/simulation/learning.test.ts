import { describe, expect, it } from 'vitest';
import type { Rollout } from '../../src/api/rollout/rollout.ts';
import type { PastSeries, Span } from '../../src/ports/past.ts';
import { reach, rollout, started } from './scene.ts';
import type { World } from './world.ts';

const HOURS = 3_600_000;

/** A past in which a pod had 600 requests in half a minute, of which 6 failed; remembers when it was asked. */
function store(world: World): number[] {
  const asked: number[] = [];
  world.outside.past = {
    past: async (promql, { count }: Span) => {
      asked.push(world.now);
      const each = promql.includes('failures') || promql.includes('5') ? 6 : 600;
      const values = Array.from({ length: count }, (_, at) => at * each);
      const series: PastSeries[] = ['aaaaa', 'bbbbb'].map((name) => ({
        labels: { pod: `model-v1-${name}` },
        values,
      }));
      return { kind: 'series', series };
    },
  };
  return asked;
}

const learntOf = (world: World) => (rollout(world) as unknown as Rollout).status?.learnt;

describe('learning from the past', () => {
  it('happens in idle times, and the next release begins with it', async () => {
    const { world, witness } = await started();
    await world.run(20);
    const asked = store(world);
    world.now += 7 * HOURS;
    await world.run(20);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.length).toBeLessThanOrEqual(24);
    expect(learntOf(world)).toMatchObject({
      queries: asked.length,
      metrics: [{ base: 0.01, variation: 0, days: 7 }],
    });
    const before = asked.length;
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    expect(world.release()?.spec.calibration).toEqual(learntOf(world)?.metrics);
    await world.run(20);
    expect(asked).toHaveLength(before);
  });

  it('happens once a day, also after a restart of the controller', async () => {
    const { world } = await started();
    await world.run(20);
    const asked = store(world);
    world.now += 7 * HOURS;
    await world.run(20);
    const once = asked.length;
    for (let hour = 0; hour < 23; hour++) {
      world.now += HOURS;
      world.restart();
      await world.run(20);
    }
    expect(asked).toHaveLength(once);
    world.now += 2 * HOURS;
    await world.run(20);
    expect(asked).toHaveLength(2 * once);
  });
});
