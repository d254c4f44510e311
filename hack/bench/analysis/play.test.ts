import { describe, expect, it } from 'vitest';
import { FAMILIES } from './families.ts';
import { type Arm, LOOKS, type Look } from './look.ts';
import { play } from './play.ts';
import { healthyWorld, isPromised } from './promise.ts';
import type { World } from './world.ts';

const PLAIN: World = { name: 'plain', truth: 'same', kind: 'errors', rps: 1_000, stable: 0.02, canary: 0.02 };
const RUNS = 60;

function runs(world: Partial<World>): Look[][] {
  return Array.from({ length: RUNS }, (_, seed) => [...play({ ...PLAIN, ...world }, seed)]);
}

const share = ({ events, bad }: Arm): number => bad / events;
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Correlation of the stable rate from look to look, over all runs. */
function correlation(all: readonly (readonly Look[])[]): number {
  const rates = all.map((looks) => looks.map(({ stable }) => share(stable)));
  const middle = mean(rates.flat());
  const off = rates.map((run) => run.map((rate) => rate - middle));
  const pairs = off.flatMap((run) => run.slice(1).map((rate, index) => rate * (run[index] ?? 0)));
  return mean(pairs) / mean(off.flat().map((one) => one ** 2));
}

describe('play', () => {
  it('plays the same looks for the same seed, and others for another', () => {
    for (const { worlds } of FAMILIES)
      for (const world of worlds.slice(0, 2)) {
        const [one, again, other] = [3, 3, 4].map((seed) => [...play(world, seed)]);
        expect(one).toEqual(again);
        expect(one).not.toEqual(other);
        expect(one).toHaveLength(LOOKS);
      }
  });

  it.each(FAMILIES)('gives no more bad requests than requests, by version and by pod: $name', (family) => {
    const random = isPromised(family) ? [1, 2, 3].map((seed) => healthyWorld(family, seed)) : [];
    for (const world of [...family.worlds, ...random])
      for (const { canary, stable } of play(world, 1))
        for (const arm of [canary, stable]) {
          expect(arm.bad).toBeLessThanOrEqual(arm.events);
          expect(arm.pods.reduce((sum, { events }) => sum + events, 0)).toBe(arm.events);
          expect(arm.pods.reduce((sum, { bad }) => sum + bad, 0)).toBe(arm.bad);
        }
  });

  it('gives each version its rate and the canary its weight', () => {
    const all = runs({ canary: 0.05 }).flat();
    expect(mean(all.map(({ stable }) => share(stable)))).toBeCloseTo(0.02, 3);
    expect(mean(all.map(({ canary }) => share(canary)))).toBeCloseTo(0.05, 3);
    expect(
      mean(all.map(({ canary, stable }) => canary.events / (canary.events + stable.events))),
    ).toBeCloseTo(0.1, 3);
  });

  it.each([
    { cv: 0.5, correlated: 0.8 },
    { cv: 1, correlated: 0.9 },
    { cv: 0.5, correlated: 0 },
  ])('lets noise of cv $cv last as asked ($correlated), with the same mean', ({ cv, correlated }) => {
    const all = runs({ noise: { cv, correlation: correlated } });
    expect(mean(all.flat().map(({ stable }) => share(stable)))).toBeCloseTo(0.02, 2);
    expect(Math.abs(correlation(all) - correlated)).toBeLessThan(0.15);
  });

  it('lets an outage hit both versions in the same looks', () => {
    for (const looks of runs({ outage: { seconds: 180, extra: 0.3 } })) {
      expect(Math.max(...looks.map((one) => Math.abs(share(one.canary) - share(one.stable))))).toBeLessThan(
        0.06,
      );
      const hit = looks.filter(({ canary }) => share(canary) > 0.25);
      expect(hit.length).toBeGreaterThanOrEqual(5);
      expect(hit.length).toBeLessThanOrEqual(7);
    }
  });

  it('gives new pods of the canary more bad requests, until they are old enough', () => {
    const all = runs({ cold: { extra: 0.2, seconds: 120 } });
    const young = (from: number, to: number): number[] =>
      all
        .flat()
        .flatMap(({ canary }) =>
          canary.pods.filter(({ age }) => age > from && age <= to).map((pod) => share(pod)),
        );
    expect(mean(young(0, 30))).toBeGreaterThan(0.15);
    expect(mean(young(120, 1_800))).toBeCloseTo(0.02, 2);
    expect(all[0]?.[0]?.canary.pods).toHaveLength(1);
    expect(all[0]?.[LOOKS - 1]?.canary.pods).toHaveLength(2);
  });

  it('sends what fails again, on one version or on both', () => {
    const retries = { poison: 0.001, attempts: 50 };
    const spread = (sticky: boolean): number =>
      mean(
        runs({ retries: { ...retries, sticky } })
          .flat()
          .map(({ canary }) => (share(canary) - 0.068) ** 2),
      );
    expect(spread(true)).toBeGreaterThan(2 * spread(false));
  });
});
