import { describe, expect, it } from 'vitest';
import type { MetricState, PodLoad } from '../../api/release/analysis-state.ts';
import { loadOf, loadText } from './load.ts';
import { freshState } from './state.ts';

function counted(name: string, canary: number, stable: number): MetricState {
  return { ...freshState(name), canary: { events: canary, bad: 0 }, stable: { events: stable, bad: 0 } };
}

const load = (canary: number, stable: number, pods: [number, number], before?: PodLoad) =>
  loadOf([counted('errors', canary, stable)], { canary: pods[0], stable: pods[1] }, before);

describe('the load of the pods', () => {
  it.each<[string, number, number, [number, number], object | null]>([
    ['a tenth on one of five pods', 100, 900, [1, 4], { canary: 100, stable: 225, told: true }],
    ['a fifth on one of five pods', 200, 800, [1, 4], { canary: 200, stable: 200, told: false }],
    ['just twice as much', 100, 800, [1, 4], { told: false }],
    ['half on one of five pods', 500, 500, [1, 4], { canary: 500, stable: 125, told: true }],
    ['too few requests to tell', 49, 900, [1, 4], null],
    ['no stable to compare with', 100, 0, [1, 4], null],
    ['no ready canary pod', 100, 900, [0, 4], null],
    ['no ready stable pod', 100, 900, [1, 0], null],
  ])('is compared: %s', (_what, canary, stable, pods, expected) => {
    const found = load(canary, stable, pods);
    expect([found]).toMatchObject([expected]);
  });

  it('is that of the metric that counts most', () => {
    const states = [counted('tokens', 60, 60), counted('errors', 100, 900)];
    expect(loadOf(states, { canary: 1, stable: 4 })).toMatchObject({ canary: 100, stable: 225 });
    expect(loadOf([], { canary: 1, stable: 4 })).toBeNull();
  });

  it('remembers that it was reported', () => {
    const told = load(100, 900, [1, 4]) ?? undefined;
    expect(load(200, 800, [1, 4], told)).toMatchObject({ told: true });
  });

  it('is said in a sentence with what it means', () => {
    const texts = [load(100, 900, [1, 4]), load(500, 500, [1, 4]), load(200, 800, [1, 4])];
    expect(texts.map((one) => (one === null ? '' : loadText(one)))).toMatchInlineSnapshot(`
      [
        "each canary pod answers 0.44 times as many requests as a stable one (100 requests against 225 requests, on 1 and 4 pods), so the canary may look better than it is; the loads are alike at a weight of 20 %",
        "each canary pod answers 4 times as many requests as a stable one (500 requests against 125 requests, on 1 and 4 pods), so the canary may look worse than it is; the loads are alike at a weight of 20 %",
        "each canary pod answers 1 times as many requests as a stable one (200 requests against 200 requests, on 1 and 4 pods)",
      ]
    `);
  });
});
