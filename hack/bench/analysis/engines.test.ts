import { describe, expect, it } from 'vitest';
import { allEngines } from './engines.ts';
import { runOnce } from './run.ts';
import type { World } from './world.ts';

const HEALTHY: World = {
  name: 'healthy',
  truth: 'same',
  kind: 'errors',
  rps: 100,
  stable: 0.002,
  canary: 0.002,
};

/** How many of 20 runs each engine rolls back. */
function aborts(world: World): Record<string, number> {
  const engines = allEngines();
  const runs = Array.from({ length: 20 }, (_, seed) => runOnce(engines, world, seed));
  return Object.fromEntries(
    engines.map(({ name }, index) => [name, runs.filter((run) => run[index]?.seconds !== null).length]),
  );
}

describe('engines', () => {
  it('all find a version that fails in half of its requests', () => {
    expect(Object.values(aborts({ ...HEALTHY, truth: 'worse', canary: 0.5 }))).toEqual(
      allEngines().map(() => 20),
    );
  });

  it('that are made for sequences of looks leave a healthy version with even noise alone', () => {
    const { sluice, 'mixture-sprt': sprt, 'argo-docs': argo, 'flagger-docs': flagger } = aborts(HEALTHY);
    expect({ sluice, sprt, argo, flagger }).toEqual({ sluice: 0, sprt: 0, argo: 0, flagger: 0 });
  });

  it('roll back for want of data where their documentation says so', () => {
    const { sluice, 'flagger-docs': flagger } = aborts({ ...HEALTHY, rps: 0.05 });
    expect(flagger).toBeGreaterThan(10);
    expect(sluice).toBe(0);
  });
});
