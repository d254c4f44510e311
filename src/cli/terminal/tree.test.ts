import { describe, expect, it } from 'vitest';
import {
  ago,
  canvas,
  loadingFor,
  NOW,
  pod,
  readyFor,
  release,
  replicaSet,
  rollout,
  stepping,
  template,
} from '../../../test/fixtures/cli.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { ReleaseView } from '../../view/release-view.ts';
import type { ViewInput } from '../../view/view-input.ts';
import { viewOf } from '../../view/view-of.ts';
import { widthOf } from './paint.ts';
import { treeLines } from './tree.ts';

const PODS = [
  pod('ranker-aaa-11111', 'aaa', readyFor(7_300)),
  pod('ranker-aaa-22222', 'aaa', readyFor(7_300)),
  pod('ranker-s222222222-33333', 's222222222', loadingFor(12)),
];

/** A ReplicaSet that tries another image and sets a variable. */
function tried(wanted: number, ready: number): KubeObject {
  const set = replicaSet('ranker-s222222222', wanted, ready);
  return { ...set, spec: { replicas: wanted, template: template('registry/ranker:v2', { THREADS: '4' }) } };
}

function seen(change: Partial<ViewInput> = {}): ReleaseView {
  return viewOf({
    rollout: rollout(),
    release: release(stepping()),
    replicaSets: [replicaSet('ranker-aaa', 2, 2), tried(1, 0)],
    pods: PODS,
    now: NOW,
    ...change,
  });
}

const draw = (width: number, change: Partial<ViewInput> = {}): string =>
  `\n${treeLines(seen(change), canvas(width)).join('\n')}\n`;

const windowAt = (at: string, verdict: 'pass' | 'providerError') => ({
  at,
  step: 1,
  verdict,
  canary: { events: 9, bad: 0 },
  stable: { events: 9, bad: 0 },
});

describe('the tree of a release', () => {
  it('has everything that a person asks for, in 80 columns', () => {
    expect(draw(80)).toMatchInlineSnapshot(`
      "
      models/ranker                                      Stepping (Analysing) for 1m4s
      Release     ranker-s222222222, began 3m10s ago
      Change      server: registry/ranker:v1 → v2, 1 other field
      Steps       ✓ 10 %  ● 25 %  ○ 50 %  ○ promotion
      Traffic     █████████░░░░░░░░░░░░░░░░░░░░░░░░░  canary 25 %, stable 75 %

      stable      ranker-aaa  2/2 ready
      ├─ ranker-aaa-11111   ready for 2h01m
      └─ ranker-aaa-22222   ready for 2h01m
      canary      ranker-s222222222  0/1 ready
      └─ ranker-s222222222-33333   loading for 12s

      Verdict     inconclusive after 4 windows at this step
        ✓ errors   error rate 0.2 % against 1 % bound and 0.3 % stable, 1,204
                   requests, 4 windows
        · latency  p95 312 ms against 300 ms bound and 287 ms stable, 5.4 % over
                   300 ms (5 % allowed), 1,204 requests, 4 windows: beyond the bound,
                   but that may be chance

      Next        50 % when every metric has passed; in 55m at the latest a person
                  must decide
      "
    `);
  });

  it('uses the room of 160 columns', () => {
    expect(draw(160)).toMatchInlineSnapshot(`
      "
      models/ranker                                                          Stepping (Analysing) for 1m4s
      Release     ranker-s222222222, began 3m10s ago
      Change      server: registry/ranker:v1 → v2, 1 other field
      Steps       ✓ 10 %  ● 25 %  ○ 50 %  ○ promotion
      Traffic     ██████████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░  canary 25 %, stable 75 %

      stable      ranker-aaa  2/2 ready
      ├─ ranker-aaa-11111   ready for 2h01m
      └─ ranker-aaa-22222   ready for 2h01m
      canary      ranker-s222222222  0/1 ready
      └─ ranker-s222222222-33333   loading for 12s

      Verdict     inconclusive after 4 windows at this step
        ✓ errors   error rate 0.2 % against 1 % bound and 0.3 % stable, 1,204 requests, 4 windows
        · latency  p95 312 ms against 300 ms bound and 287 ms stable, 5.4 % over 300 ms (5 % allowed), 1,204 requests, 4 windows: beyond the bound, but that may be
                   chance

      Next        50 % when every metric has passed; in 55m at the latest a person must decide
      "
    `);
  });

  it('names the gate that waits, and the commands that open it', () => {
    const status = { ...stepping(), waitingFor: 'promotion', reason: 'WaitingForApproval' };
    expect(draw(80, { release: release(status), replicaSets: [], pods: [] })).toMatchInlineSnapshot(`
      "
      models/ranker                                      Stepping (Analysing) for 1m4s
      Release     ranker-s222222222, began 3m10s ago
      Steps       ✓ 10 %  ● 25 %  ○ 50 %  ○ promotion
      Traffic     █████████░░░░░░░░░░░░░░░░░░░░░░░░░  canary 25 %, stable 75 %

      stable      ranker-aaa  no ReplicaSet
      canary      ranker-s222222222  no ReplicaSet

      Verdict     inconclusive after 4 windows at this step
        ✓ errors   error rate 0.2 % against 1 % bound and 0.3 % stable, 1,204
                   requests, 4 windows
        · latency  p95 312 ms against 300 ms bound and 287 ms stable, 5.4 % over
                   300 ms (5 % allowed), 1,204 requests, 4 windows: beyond the bound,
                   but that may be chance

      Next        a person must approve "promotion"; analysis continues meanwhile
                  sluice approve release/ranker-s222222222 -n models --gate promotion
                  sluice reject release/ranker-s222222222 -n models --gate promotion
      "
    `);
  });

  it('tells why a release was rolled back, and by whom', () => {
    const status = {
      ...stepping(),
      phase: 'Aborted' as const,
      outcome: 'Aborted' as const,
      finishedAt: ago(20),
      weight: 0,
      reason: 'AbortRequested',
      message: 'abort was requested by ann@example.com: too many complaints',
    };
    const { stage: _stage, ...ended } = status;
    const aborted = release(ended, { abort: { by: 'ann@example.com', reason: 'too many complaints' } });
    expect(
      draw(80, { release: aborted, replicaSets: [replicaSet('ranker-aaa', 2, 2)] }),
    ).toMatchInlineSnapshot(`
      "
      models/ranker                                                            Aborted
      Release     ranker-s222222222, ended 20s ago, took 2m50s
      Steps       ✓ 10 %  ✗ 25 %  ○ 50 %  ○ promotion
      Traffic     stable has all of it
      Why         AbortRequested: abort was requested by ann@example.com: too many
                  complaints
      Aborted     by ann@example.com: too many complaints

      stable      ranker-aaa  2/2 ready
      ├─ ranker-aaa-11111   ready for 2h01m
      └─ ranker-aaa-22222   ready for 2h01m
      canary      ranker-s222222222  removed
      └─ ranker-s222222222-33333   loading for 12s

      Verdict     inconclusive after 4 windows at the last step
        ✓ errors   error rate 0.2 % against 1 % bound and 0.3 % stable, 1,204
                   requests, 4 windows
        · latency  p95 312 ms against 300 ms bound and 287 ms stable, 5.4 % over
                   300 ms (5 % allowed), 1,204 requests, 4 windows: beyond the bound,
                   but that may be chance

      Next        nothing by itself: push another version, or try this one again
                  sluice retry release/ranker-s222222222 -n models
      "
    `);
  });

  it('says of which step the verdict is, and how many windows had no data', () => {
    const shifting = draw(80, { release: release({ ...stepping(), stage: 'Shifting' }) });
    expect(shifting).toContain('Verdict     inconclusive after 4 windows at the step before\n');
    const connecting = draw(80, { release: release({ ...stepping(), stage: 'Connecting', weight: 1 }) });
    expect(connecting).toContain('Verdict     inconclusive after 4 windows at the step before\n');
    expect(connecting).toContain('canary 1 %, stable 99 %');
    const { analysis } = stepping();
    const gaps = release({ ...stepping(), analysis: { metrics: [], ...analysis, windows: 6 } });
    expect(draw(80, { release: gaps })).toContain('after 6 windows at this step, 2 of them without data\n');
  });

  it.each([
    ['for 3m20s', [ago(210), ago(200)]],
    ['for longer than its windows are kept', []],
  ])('says that Prometheus has not answered %s', (span, answered) => {
    const { analysis, ...status } = stepping();
    const metrics = (analysis?.metrics ?? []).map((metric) => ({
      ...metric,
      verdict: 'providerError' as const,
      history: [...answered.map((at) => windowAt(at, 'pass')), windowAt(ago(2), 'providerError')],
    }));
    const blind = { ...status, verdict: 'providerError' as const, analysis: { windows: 4, metrics } };
    const text = `the source of errors, latency has not answered ${span}`;
    expect(draw(160, { release: release(blind) })).toContain(text);
    // A release that is over waits for no answer.
    const over = { ...blind, phase: 'Aborted' as const, finishedAt: ago(1) };
    expect(draw(160, { release: release(over) })).not.toContain('has not answered');
  });

  it('shows what was skipped, by whom and why', () => {
    const skips = [{ step: 0, by: 'ann', reason: 'measured by hand' }];
    const taken = [{ step: 0, who: 'ann', via: 'kubernetes', at: ago(60) }];
    const text = draw(80, { release: release({ ...stepping(), skips: taken }, { skips }) });
    expect(text).toContain('Steps       » 10 %  ● 25 %  ○ 50 %  ○ promotion\n');
    expect(text).toContain('Skipped     step 1/3 (10 %) by ann: measured by hand\n');
  });

  it('shows a full promotion, what it left out, by whom and why', () => {
    const spec = { promote: { by: 'bob', reason: 'the old one crashes' } };
    const before = draw(80, { release: release({ phase: 'Starting', stage: 'Loading' }, spec) });
    expect(before.replaceAll(/\s+/g, ' ')).toContain(
      'Next 10 % of the traffic when the canary pods are available; after that the promotion, without the steps that remain',
    );
    const promoting = {
      ...stepping(),
      phase: 'Promoting' as const,
      stage: 'Updating' as const,
      handedOver: true,
    };
    const text = draw(80, { release: release({ ...promoting, step: 0 }, spec) });
    expect(text).toContain('Steps       ✓ 10 %  » 25 %  » 50 %  ● promotion\n');
    expect(text).toContain('Promotion   in full, by bob: the old one crashes\n');
  });

  it('shows a Rollout without a release by what serves', () => {
    const idle = rollout({
      phase: 'Idle',
      stable: { podTemplateHash: 'aaa', replicaSet: 'ranker-aaa' },
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'Gated',
          message: 'the next change of the pod template is released step by step',
          lastTransitionTime: ago(5),
        },
      ],
    });
    expect(draw(80, { rollout: idle, release: null })).toMatchInlineSnapshot(`
      "
      models/ranker                                                               Idle

      stable      ranker-aaa  2/2 ready
      ├─ ranker-aaa-11111   ready for 2h01m
      └─ ranker-aaa-22222   ready for 2h01m

      Next        the next change of the pod template is released step by step
      "
    `);
  });

  it('shows what the Release tells of to those who may read nothing else', () => {
    const drawn = draw(80, { replicaSets: [], pods: [], hidden: ['ReplicaSet', 'Pod'] });
    expect(drawn).toContain('stable      ranker-aaa\ncanary      ranker-s222222222  1/1 ready\n');
    expect(drawn).toContain(
      '(ReplicaSets and Pods are not shown, since you may not read them; the ClusterRole view',
    );
  });

  it('shows the pods that are not ready first, and how many more there are', () => {
    const many = Array.from({ length: 30 }, (_, at) => pod(`ranker-aaa-${at}`, 'aaa', readyFor(60)));
    const bad = pod('ranker-aaa-bad', 'aaa', loadingFor(200, 3));
    const drawn = draw(80, { pods: [...many, bad] });
    expect(drawn).toContain('├─ ranker-aaa-bad   loading for 3m20s, 3 restarts');
    expect(drawn).toContain('└─ and 25 more');
  });

  it('leaves pods out where the terminal is low, and never the verdict', () => {
    const many = Array.from({ length: 30 }, (_, at) => pod(`ranker-aaa-${at}`, 'aaa', readyFor(60)));
    const height = (most: number): number => treeLines(seen({ pods: many }), canvas(80), most).length;
    expect([50, 26, 24, 20].map(height)).toEqual([25, 25, 22, 20]);
    expect(treeLines(seen({ pods: many }), canvas(80), 5).join()).toContain('Verdict');
  });

  it.each([[80], [100], [160]])('stays within %i columns', (width) => {
    const long = 'a reason that is long '.repeat(40);
    const status = { ...stepping(), message: long, waitingFor: 'promotion', phase: 'Aborting' as const };
    const widest = treeLines(seen({ release: release(status) }), canvas(width)).map(widthOf);
    expect(Math.max(...widest)).toBeLessThanOrEqual(width);
  });
});
