import { describe, expect, it } from 'vitest';
import { release, stepping } from '../../../test/fixtures/cli.ts';
import { watchedMetric } from '../../../test/fixtures/windows.ts';
import type { MetricState } from '../../api/release/analysis-state.ts';
import type { Release } from '../../api/release/release.ts';
import { pictureOf } from './picture.ts';
import { ticksTo, topOf } from './scale.ts';

const watched = (metrics: readonly MetricState[], spec: Partial<Release['spec']> = {}): Release => {
  const { spec: before, ...one } = release({
    ...stepping(),
    analysis: { windows: 6, metrics: [...metrics] },
  });
  return { ...one, spec: { ...before, ...spec } };
};
const RATES = { canary: 0.02, stable: 0.001 };
const errors = (windows = 6) => watchedMetric('errors', windows, RATES);

/** A small parser: each tag is closed, and nothing stands outside of the root. */
function tagsOf(svg: string): readonly string[] {
  const open: string[] = [];
  const names: string[] = [];
  for (const [, end, name = '', own] of svg.matchAll(/<(\/?)([a-z]+)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (end === '/' && open.pop() !== name) throw new Error(`${name} is closed, but not open`);
    if (end !== '/') names.push(name);
    if (end !== '/' && own !== '/') open.push(name);
  }
  expect(open).toEqual([]);
  return names;
}

describe('the picture of a release', () => {
  it('has a plot for each limit, with the words of its newest window', () => {
    const picture = pictureOf(watched([errors(), watchedMetric('latency', 6, RATES)]));
    expect(tagsOf(picture?.svg ?? '').filter((name) => name === 'g')).toHaveLength(2);
    expect(picture?.svg).toContain('height="322"');
    expect(picture?.words).toMatch(/^errors: canary 2 %, between .* %, allowed 1 %; latency: canary 2 %/);
  });

  it.each<[string, Release]>([
    ['no window', release(stepping())],
    ['no course yet', watched([errors(1)])],
    ['nothing but checks', watched([watchedMetric('unknown', 6, RATES)])],
  ])('is none with %s', (_what, one) => {
    expect(pictureOf(one)).toBeNull();
  });

  it('is bounded, whatever the policy has', () => {
    const names = Array.from({ length: 30 }, (_, index) => `errors-${index}`);
    const [metric] = release(stepping()).spec.metrics;
    const metrics = names.map((name) => ({ ...metric, name })) as Release['spec']['metrics'];
    const picture = pictureOf(
      watched(
        names.map((name) => watchedMetric(name, 20, RATES)),
        { metrics },
      ),
    );
    expect(tagsOf(picture?.svg ?? '').filter((name) => name === 'g')).toHaveLength(4);
    expect(picture?.svg).toContain('26 more');
    expect(picture?.svg.length).toBeLessThan(20_000);
    expect(picture?.words.length).toBeLessThanOrEqual(1_000);
  });

  it('has hostile names as text', () => {
    const name = '"/><script>alert(1)</script>&\u0000\u202e日本';
    const [metric] = release(stepping()).spec.metrics;
    const metrics = [{ ...metric, name }] as Release['spec']['metrics'];
    const svg = pictureOf(watched([watchedMetric(name, 6, RATES)], { metrics }))?.svg ?? '';
    expect(tagsOf(svg)).not.toContain('script');
    expect(svg).toContain('&quot;/&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;????');
  });

  it('has no number that is none, even where all rates are 0', () => {
    const svg = pictureOf(watched([watchedMetric('errors', 6, { canary: 0, stable: 0 })]))?.svg ?? '';
    expect(svg).not.toMatch(/NaN|Infinity/);
  });

  it.each([0.000_11, 0.01, 0.055, 0.3, 1.1])('has three to six round ticks up to %d', (top) => {
    const ticks = ticksTo(top);
    expect(ticks[0]).toBe(0);
    expect(ticks.length).toBeGreaterThanOrEqual(3);
    expect(ticks.length).toBeLessThanOrEqual(8);
    expect(ticks.at(-1)).toBeLessThanOrEqual(top);
    expect(topOf([0, Number.NaN])).toBeGreaterThan(0);
  });
});
