import { describe, expect, it } from 'vitest';
import { periodWith, policyOf } from '../../test/fixtures/replay.ts';
import { replayPage } from './page.ts';
import { replay } from './replay.ts';
import { escapeText, scale, ticks } from './svg.ts';

describe('replayPage', () => {
  const report = replay({
    rollout: '<script>alert(1)</script>',
    namespace: 'ml',
    fromMs: 0,
    toMs: 7_200_000,
    seed: 7,
    leftOut: [{ metric: 'lag', why: 'a "number" & no share' }],
    empty: 1,
    policy: policyOf(),
    periods: [periodWith({ pods: 3, perSecond: 20, bad: () => 0.01 })],
    runs: 10,
    faultRuns: 5,
  });
  const page = replayPage(report);

  it('needs nothing from elsewhere, and holds no script, whatever names are given', () => {
    expect(page).not.toMatch(/<script|https?:|src=|@import|url\(/);
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page).toContain('a &quot;number&quot; &amp; no share');
  });

  it('has a plot of the power, of the times and of the past, with numbers only', () => {
    expect(page.match(/<svg /g)).toHaveLength(3);
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('says so where nothing was promoted', () => {
    expect(replayPage({ ...report, decisionSeconds: [] })).toContain('No release was promoted');
  });
});

describe('axes', () => {
  it('end at a round number that is enough, with few marks', () => {
    for (const most of [0.004, 0.9, 1, 7, 23, 88, 1_999])
      expect([(ticks(most).at(-1) ?? 0) >= most, ticks(most).length <= 7]).toEqual([true, true]);
    expect(ticks(88)).toEqual([0, 20, 40, 60, 80, 100]);
  });

  it('turn values into places', () => {
    expect([0, 5, 10].map(scale([0, 10], [100, 0]))).toEqual([100, 50, 0]);
    expect([1, 10, 100].map(scale([1, 100], [0, 2], true))).toEqual([0, 1, 2]);
    expect(escapeText(`a<b>&"'`)).toBe('a&lt;b&gt;&amp;&quot;&#39;');
  });
});
