import { describe, expect, it } from 'vitest';
import { ago, canvas, NOW, release, rollout, stepping } from '../../../../test/fixtures/cli.ts';
import { Metric } from '../../../api/analysis/analysis-template.ts';
import type { KubeObject } from '../../../api/meta.ts';
import type { Release } from '../../../api/release/release.ts';
import { templateChanges } from '../../../release/status/template-diff.ts';
import { viewOf } from '../../../view/view-of.ts';
import { revisionOf } from '../../../workload/revision.ts';
import { observeDeployment } from '../../../workload/workload.ts';
import * as diff from './diff.ts';
import * as explain from './explain.ts';
import * as get from './get.ts';
import * as history from './history.ts';
import * as notifications from './notifications.ts';
import { lineView } from './status.ts';
import { view as answer, goalOf, momentOf, timeoutOf } from './wait.ts';
import * as watch from './watch.ts';

const shown = (lines: readonly string[]): string => `\n${lines.join('\n')}\n`;

const idle = rollout(
  {
    phase: 'Idle',
    last: { release: 'x', revision: 's', outcome: 'Aborted', reason: 'AnalysisFailed', at: ago(600) },
  },
  'embedder',
);
const faulty = rollout(
  {
    phase: 'Invalid',
    conditions: [
      {
        type: 'Ready',
        status: 'False',
        reason: 'DeploymentNotFound',
        message: 'there is no Deployment reranker',
        lastTransitionTime: ago(1),
      },
    ],
  },
  'reranker',
);

describe('get', () => {
  const rows = [
    get.rowOf(idle, null, NOW),
    get.rowOf(rollout({ phase: 'Stepping' }), release({ ...stepping(), waitingFor: '50' }), NOW),
    get.rowOf(faulty, null, NOW),
  ];

  it('in 80 columns', () => {
    expect(shown(get.view(rows, canvas(80)))).toMatchInlineSnapshot(`
      "
      NAME       PHASE      STEP         WEIGHT   VERDICT        STATUS
      embedder   Idle       -            -        -              last: Aborted 10m ag…
      ranker     Stepping   2/3 (25 %)   25 %     inconclusive   waits for approval o…
      reranker   Invalid    -            -        -              DeploymentNotFound: …
      "
    `);
  });

  it('in 160 columns, wide and of all namespaces', () => {
    expect(shown(get.view(rows, canvas(160), { everywhere: true, wide: true }))).toMatchInlineSnapshot(`
      "
      NAMESPACE   NAME       DEPLOYMENT   PHASE      STEP         WEIGHT   VERDICT        RELEASE             STABLE   CANARY PODS   AGE      STATUS
      models      embedder   embedder     Idle       -            -        -              x                   -        -             24h00m   last: Aborted 10m ago (…
      models      ranker     ranker       Stepping   2/3 (25 %)   25 %     inconclusive   ranker-s222222222   -        1/1           24h00m   waits for approval of "…
      models      reranker   reranker     Invalid    -            -        -              -                   -        -             24h00m   DeploymentNotFound: the…
      "
    `);
  });
});

describe('history', () => {
  const releases = [
    release(
      {
        phase: 'Promoted',
        stepText: 'promotion',
        finishedAt: ago(4_000),
        startedAt: ago(4_200),
        reason: 'Promoted',
        message: 'every step passed',
      },
      { approvals: [{ gate: 'promotion', by: 'ann', onBehalfOf: '' }] },
      'ranker-s111111111',
    ),
    release(stepping()),
  ];

  it('in 80 columns, newest first', () => {
    expect(shown(history.view(releases, canvas(80)))).toMatchInlineSnapshot(`
      "
      RELEASE             BEGAN       TOOK    OUTCOME    STEP
      ranker-s222222222   3m20s ago   3m10s   Stepping   2/3 (25 %)
          WeightRaised: the canary gets 25 % of the traffic
      ranker-s111111111   3m20s ago   3m20s   Promoted   promotion
          every step passed
      "
    `);
  });

  it('in 160 columns, with people', () => {
    expect(shown(history.view(releases, canvas(160), true))).toMatchInlineSnapshot(`
      "
      RELEASE             BEGAN       TOOK    OUTCOME    STEP         REVISION     PLACE
      ranker-s222222222   3m20s ago   3m10s   Stepping   2/3 (25 %)   s222222222   Stepping (Analysing)
          WeightRaised: the canary gets 25 % of the traffic
      ranker-s111111111   3m20s ago   3m20s   Promoted   promotion    s222222222   Promoted
          every step passed
          promotion by ann
      "
    `);
  });
});

describe('history of people', () => {
  it.each([
    [{ skips: [{ step: 0, by: 'ann', reason: 'measured' }] }, 'step 1 skipped by ann'],
    [{ promote: { by: 'bob' } }, 'promoted in full by bob'],
    [
      { skips: [{ step: 1, by: 'ann' }], promote: { by: 'bob' }, abort: { by: 'cy' } },
      'step 2 skipped by ann, promoted in full by bob, aborted by cy',
    ],
  ])('names who took a short cut: %o', (spec, text) => {
    expect(shown(history.view([release(stepping(), spec)], canvas(400), true))).toContain(` ${text} `);
  });
});

describe('explain', () => {
  it('has every number that the verdicts were made from', () => {
    expect(shown(explain.view(release(stepping()), canvas(80)))).toMatchInlineSnapshot(`
      "
      ranker-s222222222 is Stepping (Analysing): judging the canary
        the canary gets 25 % of the traffic
        Next: 50 % when every metric has passed; in 55m at the latest a person must
        decide

      ✓ pass  errors
          failed requests at most 1%; without data: wait
          error rate 0.2 % against 1 % bound and 0.3 % stable, 1,204 requests, 4
          windows
          VERSION   REQUESTS   BAD
          canary    1,204      2 (0.17 %)
          stable    3,600      11 (0.31 %)

      · inconclusive  latency
          p95 at most 300ms; without data: wait
          p95 312 ms against 300 ms bound and 287 ms stable, 5.4 % over 300 ms (5 %
          allowed), 1,204 requests, 4 windows: beyond the bound, but that may be
          chance
          VERSION   REQUESTS   BAD           OVER THE BOUND   LAST WINDOW
          canary    1,204      70 (5.8 %)    65 (5.4 %)       312 ms
          stable    3,600      160 (4.4 %)   -                287 ms

      Transitions
        11:56:50  Starting.Preparing   PreflightPassed
        11:58:56  Stepping.Analysing   WeightRaised
      "
    `);
  });

  it('says so before the first window', () => {
    expect(explain.view(release(), canvas(80))).toContain('No window has been judged yet.');
  });

  it('counts measurements of the canary alone, and nothing of a Job', () => {
    const metrics = [
      Metric.parse({ name: 'load', max: '1', value: { query: 'q', count: 3, failureLimit: 1 } }),
      Metric.parse({ name: 'eval', job: { template: { spec: { containers: [{}] } } } }),
    ];
    const state = { verdict: 'pass', message: 'fine', windows: 3, misses: 0 } as const;
    const [none, some] = [
      { events: 0, bad: 0 },
      { events: 3, bad: 1 },
    ];
    const states = [
      { ...state, name: 'load', canary: some, stable: none },
      { ...state, name: 'eval', canary: none, stable: none },
    ];
    const one = release({ ...stepping(), analysis: { windows: 3, metrics: states } });
    const text = explain.view({ ...one, spec: { ...one.spec, metrics } }, canvas(120)).join('\n');
    expect(text).toContain('value at most 1, 3 of a step, failureLimit 1; without data: wait');
    expect(text).toMatch(/VERSION +MEASUREMENTS +BAD\s+canary +3 +1 \(33 %\)\s+✓ pass {2}eval/);
    expect(text).toContain('exit code of a Job at each step');
    expect(text).not.toContain('REQUESTS');
  });
});

describe('diff', () => {
  it('shows fields by name, and what was added and taken away', () => {
    const before = {
      metadata: { labels: { app: 'a', 'pod-template-hash': '1' } },
      spec: {
        containers: [
          {
            name: 'server',
            image: 'r:v1',
            env: [
              { name: 'A', value: '1' },
              { name: 'B', value: '2' },
            ],
          },
        ],
      },
    };
    const after = {
      metadata: { labels: { app: 'a' }, annotations: { 'x.y/z': 'new' } },
      spec: {
        containers: [
          { name: 'server', image: 'r:v2', env: [{ name: 'B', value: '3' }] },
          { name: 'proxy', image: 'p' },
        ],
      },
    };
    expect(shown(diff.view(templateChanges(before, after), canvas(80)))).toMatchInlineSnapshot(`
      "
      metadata.annotations
        + {"x.y/z":"new"}
      spec.containers[server].image
        - r:v1
        + r:v2
      spec.containers[server].env[A]
        - {"name":"A","value":"1"}
      spec.containers[server].env[B].value
        - 2
        + 3
      spec.containers[proxy]
        + {"name":"proxy","image":"p"}
      "
    `);
  });

  it('of the same templates is none, whatever the order of their keys', () => {
    expect(templateChanges({ a: { x: 1, y: [1] } }, { a: { y: [1], x: 1 } })).toEqual([]);
    expect(diff.view([], canvas(80))).toEqual(['The pod templates are the same.']);
  });
});

const message = (seq: number) => ({
  seq,
  at: ago(30 - seq),
  severity: 'info' as const,
  reason: 'X',
  text: 'x',
});

describe('notifications', () => {
  const told = release({
    ...stepping(),
    messages: [1, 2, 3].map(message),
    deliveries: [
      { to: 'team', seq: 3, delivered: 3, failed: 0 },
      { to: 'hook', seq: 1, delivered: 1, failed: 0, attempts: 2, retryAt: ago(-40), error: 'answered 503' },
      { to: 'mail', seq: 3, delivered: 2, failed: 1, error: 'refuses the address' },
    ],
  });

  it('show pending and failed messages', () => {
    expect(shown(notifications.view(notifications.rowsOf([told]), canvas(100)))).toMatchInlineSnapshot(`
      "
      RELEASE             RECEIVER   TOLD   WAITING   FAILED   NEWEST    STATE
      ranker-s222222222   team       3      0         0        27s ago   all delivered
      ranker-s222222222   hook       1      2         0        27s ago   tried 2 times, again in 40s: ans…
      ranker-s222222222   mail       2      0         1        27s ago   failed for good: refuses the add…
      "
    `);
  });
});

const seen = (one: Release) => viewOf({ release: one, now: NOW });

describe('lines for logs', () => {
  it('of status -w', () => {
    expect(lineView(seen(release()))).toBe('ranker-s222222222  Pending  at start  0 %');
    expect(lineView(seen(release({ ...stepping(), waitingFor: '50' })))).toBe(
      'ranker-s222222222  Stepping (Analysing)  at 2/3 (25 %)  25 %  waits for approval of "50"  inconclusive',
    );
  });

  it('of watch', () => {
    expect(watch.view(seen(release(stepping())), canvas(80))).toMatchInlineSnapshot(
      `
      [
        "12:00:00  ranker-s222222222  Stepping (Analysing)  at 2/3 (25 %)  25 %  ✓",
        "          errors: error rate 0.2 % against 1 % bound and 0.3 % stable, 1,204",
        "          requests, 4 windows; · latency: p95 312 ms against 300 ms bound and",
        "          287 ms stable, 5.4 % over 300 ms (5 % allowed), 1,204 requests, 4",
        "          windows: beyond the bound, but that may be chance",
      ]
    `,
    );
    const aborting = seen(release({ ...stepping(), phase: 'Aborting', stage: 'Draining', weight: 0 }));
    expect(watch.view(aborting, canvas(160))).toEqual([
      '12:00:00  ranker-s222222222  Aborting (Draining)  at 2/3 (25 %)  0 %  the canary gets 25 % of the traffic',
    ]);
    expect(watch.view(aborting, canvas(160), watch.messageOf(aborting))).toEqual([
      '12:00:00  ranker-s222222222  Aborting (Draining)  at 2/3 (25 %)  0 %',
    ]);
    expect(watch.markOf(seen(release(stepping())))).not.toBe(
      watch.markOf(seen(release({ ...stepping(), weight: 50 }))),
    );
  });
});

/** The Deployment, with or without a held change. */
const deployment = (held: boolean): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'ranker', annotations: held ? { 'sluice.dev/hold': 'newer-template' } : {} },
  spec: { paused: held, selector: {}, template: { metadata: {}, spec: {} } },
});

describe('wait', () => {
  it.each([
    ['Promoted' as const, 0],
    ['Aborted' as const, 1],
    ['Superseded' as const, 4],
    ['Cancelled' as const, 4],
  ])('answers %s with exit code %i', (phase, exit) => {
    const one = release({ phase, finishedAt: ago(1), message: 'why' });
    expect(answer(one, 'promoted')).toEqual({ exit, text: `Release ranker-s222222222: ${phase}: why` });
    expect(answer(one, 'finished')?.exit).toBe(0);
    expect(answer(one, 'approval')?.exit).toBe(1);
  });

  it('waits while the release runs', () => {
    expect(answer(release(stepping()), 'promoted')).toBeNull();
    expect(answer(release({ ...stepping(), waitingFor: 'promotion' }), 'approval')?.exit).toBe(0);
  });

  it('refuses what it cannot wait for, or how long', () => {
    expect(() => goalOf('ready')).toThrow('there is no such thing to wait for');
    expect(goalOf('Promoted')).toBe('promoted');
    expect(() => timeoutOf('30')).toThrow('--timeout=30: this is no duration');
    expect(timeoutOf('90s')).toBe(90_000);
    expect(timeoutOf('0')).toBe(Number.POSITIVE_INFINITY);
  });

  it('of a workload that serves what it holds is over at once', () => {
    expect(momentOf(rollout(), null, [], deployment(false), 'promoted').answer).toEqual({
      exit: 0,
      text: 'nothing is under way: the pod template of Deployment ranker serves already',
    });
  });

  it('of a held change continues, and says what delays it', () => {
    const held = momentOf(rollout(), null, [], deployment(true), 'promoted');
    expect(held).toEqual({ answer: null, place: 'the change is held; its release is about to begin' });
    expect(momentOf(faulty, null, [], deployment(true), 'promoted').place).toContain('DeploymentNotFound');
  });

  it('of a workload that is not gated is no success', () => {
    expect(momentOf(faulty, null, [], deployment(false), 'promoted').answer).toEqual({
      exit: 1,
      text: 'nothing is released: DeploymentNotFound: there is no Deployment reranker',
    });
  });

  it('is about the revision that the Deployment holds', () => {
    const other = release({ phase: 'Promoted', finishedAt: ago(1) });
    expect(momentOf(rollout(), null, [other], deployment(true), 'promoted').answer).toBeNull();
    const { revision } = observeDeployment(deployment(true), revisionOf);
    const same = release({ phase: 'Aborted', finishedAt: ago(1) }, { revision });
    expect(momentOf(rollout(), null, [same], deployment(true), 'promoted').answer?.exit).toBe(1);
    const again = rollout({ tried: revision });
    const retried = { ...again, metadata: { ...again.metadata, annotations: { 'sluice.dev/retry': '1' } } };
    expect(momentOf(retried, null, [same], deployment(true), 'promoted').answer).toBeNull();
  });
});
