import { describe, expect, it } from 'vitest';
import { canvas } from '../../../../test/fixtures/cli.ts';
import { periodWith, policyOf } from '../../../../test/fixtures/replay.ts';
import { planOf } from '../../../replay/plan.ts';
import { replay } from '../../../replay/replay.ts';
import * as plan from './plan.ts';
import * as replayed from './replay.ts';

const shown = (lines: readonly string[]): string => `\n${lines.join('\n')}\n`;
const ofPods = periodWith({ pods: 4, perSecond: 20, bad: () => 0.01 });

describe('plan', () => {
  const input = {
    policy: { ...policyOf(), approval: { at: ['promotion'], onTimeout: 'hold', quorum: 1 } as never },
    metrics: ofPods.metrics.map(({ metric }) => metric),
    traffic: [
      { metric: 'errors', perSecond: 12.345, badShare: 0.01 },
      { metric: 'latency', perSecond: 12.345 },
    ],
    replicas: 4,
    loadMs: 95_000,
    promotionMs: 60_000,
  };

  it('shows each step with what its length follows from', () => {
    expect(shown(plan.view(planOf(input), canvas(100)))).toMatchInlineSnapshot(`
      "
      Traffic now: errors: 12.3 requests/s, latency: 12.3 requests/s

      STEP   PODS   LOAD    SETTLE   EVIDENCE   BAKE   TAKES   BECAUSE OF
      10 %   1      1m35s   2s       56s        -      58s     minRequests (errors)
      25 %   1      -       2s       36s        -      38s     minWindows 3
      50 %   2      1m35s   2s       36s        -      38s     minWindows 3

      Promotion: 1m
      All in all: about 6m23s, if the new version is as good as stable
      Not counted: people, who are waited for at promotion.
      Step 10 %: canary pods carry 0.44 times the load of a stable pod (1 and 4 pods), so the canary may
      look faster than it is; the loads are alike at a weight of 20 %.
      "
    `);
  });

  it('shows the time in which connections are opened', () => {
    const canary = { ...input.policy.canary, connect: { weight: 1, for: '10s' } };
    const lines = plan.view(planOf({ ...input, policy: { ...input.policy, canary } }), canvas(100));
    expect(lines).toContain('Before the first step: 12s at 1 % (canary.connect)');
    expect(lines.join('\n')).toContain('All in all: about 6m35s');
  });

  it('says what is not known, and what never ends', () => {
    const young = { ...input, traffic: [{ metric: 'errors', perSecond: null }] };
    expect(shown(plan.view(planOf(young), canvas(200)))).toContain(
      'The traffic of errors is not known: pods that are younger than the time over which it is counted (--over) have no counts',
    );
    const quiet = {
      ...input,
      traffic: [{ metric: 'errors', perSecond: 0 }],
      loadMs: null,
      promotionMs: null,
    };
    expect(shown(plan.view(planOf(quiet), canvas(80)))).toMatchInlineSnapshot(`
      "
      Traffic now: errors: 0 requests/s

      STEP   PODS   LOAD   SETTLE   EVIDENCE   BAKE   TAKES   BECAUSE OF
      10 %   1      ?      2s       ?          -      ?       minRequests (errors)
      25 %   1      -      2s       ?          -      ?       minRequests (errors)
      50 %   2      ?      2s       ?          -      ?       minRequests (errors)

      Promotion: not known
      All in all: not known, if the new version is as good as stable
      How long the pods take to load is not known: no release has shown it yet.
      How long the promotion takes is not known: no release was promoted yet.
      Not counted: people, who are waited for at promotion.
      Step 10 %: never enough evidence at this traffic; after deadlines.step 1h: hold.
      Step 25 %: never enough evidence at this traffic; after deadlines.step 1h: hold.
      Step 50 %: never enough evidence at this traffic; after deadlines.step 1h: hold.
      Step 10 %: canary pods carry 0.44 times the load of a stable pod (1 and 4 pods),
      so the canary may look faster than it is; the loads are alike at a weight of
      20 %.
      "
    `);
  });
});

describe('replay', () => {
  const report = replay({
    rollout: 'ranker',
    namespace: 'ml',
    fromMs: 0,
    toMs: 7 * 86_400_000,
    seed: 1,
    leftOut: [{ metric: 'lag', why: 'it is no share of requests' }],
    empty: 3,
    policy: policyOf(),
    periods: [ofPods, periodWith({ pods: 1, perSecond: 20, bad: () => 0.01, seed: 2 })],
    runs: 20,
    faultRuns: 4,
  });

  it('shows false aborts of the policy, how long it takes, and what it finds', () => {
    const lines = replayed.view(report, canvas(80));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(shown(lines)).toMatchInlineSnapshot(`
      "
      The policy of Rollout ranker over the last 7d: releases of a version that is as
      good as stable, since it is stable

      Past                    2 periods of 20m, windows of 10s, 80.3 requests/s in the
                              median, split by pods and requests, seed 1; 3 more had
                              no version that served all along, or no requests
      False aborts            0 of 20 releases: 0 % (95 % sure: 0 % to 66 %); the
                              policy allows 1 %
      Time to promotion       median 2m, 9 of 10 within 2m10s (20 promoted, 0 rolled
                              back, 0 undecided)
      Smallest fault found    errors: +5 pp of its requests going bad (in 8 of 10
                              releases)
                              latency: +10 pp of its requests going bad (in 8 of 10
                              releases)

      MORE BAD   ERRORS           LATENCY
      +0.5 pp    0 %              0 %
      +1 pp      0 %              0 %
      +2 pp      0 %              0 %
      +3 pp      25 % in 11m20s   0 %
      +5 pp      100 % in 4m40s   0 %
      +10 pp     100 % in 50s     100 % in 2m20s
      +20 pp     100 % in 20s     100 % in 30s
      +50 pp     100 % in 20s     100 % in 20s
      Left out: lag: it is no share of requests
      Where there was one pod, requests were shared out one by one, so that noise
      between pods is not in it.
      No release was rolled back: the upper end says how sure that is; more --periods
      narrow it.
      "
    `);
  });

  it('says how far the counts go back where that is less than was asked for', () => {
    const young = { ...report, countsFromMs: report.toMs - 2 * 3_600_000 };
    expect(replayed.view(young, canvas(400)).join('\n')).toContain(
      'or no requests (the counts go back only 2h00m)',
    );
  });

  it('says what to change where it rolls back too often, ends too late or sees nothing', () => {
    const falseAborts = { hits: 9, trials: 20, share: 0.45, low: 0.2, high: 0.7 };
    const falseAbortsBy = [{ metric: 'errors', count: 9, example: 'error rate 9 %' }];
    const sensitivity = report.sensitivity.map((one) => ({ ...one, smallest: null }));
    const text = replayed
      .view({ ...report, falseAborts, falseAbortsBy, undecided: 8, sensitivity }, canvas(200))
      .join('\n');
    expect(text).toContain('errors: 9, such as: error rate 9 %');
    expect(text).toContain('take longer windows (analysis.interval) or wider bounds');
    expect(text).toContain('Take a longer --for');
    expect(text).toContain('Not even half of all requests going bad is found by errors, latency');
  });

  it.each([
    ['7d', 7 * 86_400_000],
    ['90m', 5_400_000],
  ])('reads --since %s', (text, ms) => {
    expect(replayed.sinceMs(text)).toBe(ms);
  });

  it.each(['', '7', '0d', 'week'])('refuses --since %s with how to write it', (text) => {
    expect(() => replayed.sinceMs(text)).toThrow('is no time');
  });
});
