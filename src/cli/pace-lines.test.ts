import { describe, expect, it } from 'vitest';
import { canvas, NOW, release, stepping } from '../../test/fixtures/cli.ts';
import { skip } from '../acts/skip.ts';
import type { PodLoad } from '../api/release/analysis-state.ts';
import type { Release } from '../api/release/release.ts';
import { viewOf } from '../view/view-of.ts';
import { view } from './commands/show/explain.ts';
import { lineView } from './commands/show/status.ts';
import { treeLines } from './terminal/tree.ts';

/** A release whose weights the evidence chooses, and whose pods have different loads. */
function chosen(load?: Partial<PodLoad>): Release {
  const { analysis = { windows: 0, metrics: [] }, ...status } = stepping();
  const full = { canary: 100, stable: 225, canaryPods: 1, stablePods: 4, told: true, ...load };
  return release(
    { ...status, stepText: '2/? (25 %)', weights: [10, 25], analysis: { ...analysis, load: full } },
    { policy: { steps: undefined, autoSteps: {} } },
  );
}

const seen = (of: Release) => viewOf({ release: of, now: NOW });
const tree = (of: Release): string => treeLines(seen(of), canvas(160)).join('\n');
const explained = (of: Release): string => view(of, canvas(160)).join('\n');

describe('weights that the evidence chooses', () => {
  it('are shown as far as they are known', () => {
    expect(tree(chosen())).toMatch(/Steps +.*10 %.*25 %.*….*promotion/);
    expect(lineView(seen(chosen()))).toContain('at 2/? (25 %)  25 %');
    const act = skip(chosen(), {}, NOW);
    expect('said' in act ? act.said(chosen()) : '').toContain('next is a greater weight');
  });
});

describe('the load of the pods', () => {
  it('is said where it differs, in status and explain', () => {
    for (const text of [tree(chosen()), explained(chosen())].map((one) => one.replaceAll(/\s+/g, ' ')))
      expect(text).toContain('alike at a weight of 20 %');
  });

  it('is in explain alone where it does not', () => {
    const even = chosen({ canary: 200, told: false });
    expect(tree(even)).not.toContain('each canary pod');
    expect(explained(even)).toContain('Load: each canary pod answers 0.89 times as many requests');
  });
});
