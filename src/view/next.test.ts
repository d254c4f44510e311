import { describe, expect, it } from 'vitest';
import { ago, NOW, release, stepping } from '../../test/fixtures/cli.ts';
import type { Release } from '../api/release/release.ts';

import { stepViews } from './steps.ts';
import { viewOf } from './view-of.ts';

const nextOf = (one: Release) => viewOf({ release: one, now: NOW }).next;

const stuck = (message: string): object => ({
  conditions: [{ type: 'Progressing', status: 'False', reason: 'X', message, lastTransitionTime: ago(1) }],
});

describe('what comes next', () => {
  it.each<[string, Release, string]>([
    ['before anybody looked', release(), 'canary pods, once the preflight checks pass'],
    [
      'while the pods load',
      release({ phase: 'Starting', stage: 'Loading', replicas: 2, deadline: ago(-90) }),
      '10 % of the traffic when 2 canary pods are available; in 1m30s at the latest it is rolled back',
    ],
    [
      'while its checks run',
      release({ phase: 'Starting', stage: 'Loading', replicas: 2, readyReplicas: 2, deadline: ago(-90) }),
      '10 % of the traffic when the canary is warm and its checks have passed; in 1m30s at the latest',
    ],
    [
      'before the switch of blue/green',
      release(
        { phase: 'Starting', stage: 'Loading', replicas: 2, readyReplicas: 2, deadline: ago(-90) },
        { policy: { steps: undefined, blueGreen: {} } },
      ),
      '100 % of the traffic when stable has been counted, to compare the canary with it afterwards; in 1m30s',
    ],
    [
      'before it connects',
      release(
        { phase: 'Starting', stage: 'Loading', replicas: 2, deadline: ago(-90) },
        { policy: { canary: { connect: {} } } },
      ),
      '1 % for 10s and then 10 % of the traffic when 2 canary pods are available',
    ],
    [
      'while it connects',
      release(
        { ...stepping(), stage: 'Connecting', weight: 1, routeConfirmedAt: ago(4) },
        { policy: { canary: { connect: {} } } },
      ),
      '25 % of the traffic in 8s; until then 1 %, so that connections are opened (canary.connect); in 55m',
    ],
    ['while weight shifts', release({ ...stepping(), stage: 'Shifting' }), '25 % of the traffic; in 55m'],
    [
      'while it is judged',
      release(stepping()),
      '50 % when every metric has passed; in 55m at the latest a person must',
    ],
    [
      'in an A/B test',
      release(
        { ...stepping(), step: 0 },
        { policy: { steps: undefined, abTest: { weight: 50, for: '30m' } } },
      ),
      'promotion if the new version is better, an end if stable is; if neither is, a person must decide, in ',
    ],
    [
      'after the switch of blue/green',
      release({ ...stepping(), step: 0, weight: 100 }, { policy: { steps: undefined, blueGreen: {} } }),
      'promotion when every metric has passed; until then the old version keeps its pods, and an abort brings it back',
    ],
    ['at the last step', release({ ...stepping(), step: 2 }), 'promotion when every metric has passed'],
    [
      'where time leads to a roll-back',
      release(stepping(), { policy: { analysis: { templates: [{ name: 'a' }], onTimeout: 'abort' } } }),
      'in 55m at the latest it is rolled back',
    ],
    [
      'right before a weight is in force',
      release({ ...stepping(), routeConfirmedAt: ago(1.5) }),
      '50 % when every metric has passed; in 55m',
    ],
    [
      'at the end of a promotion',
      release({ phase: 'Promoting', stage: 'CleaningUp', handedOver: true, deadline: ago(-90) }),
      'the end: every pod is of the new version',
    ],
    [
      'while it bakes',
      release(
        { ...stepping(), routeConfirmedAt: ago(10) },
        { policy: { steps: [{ weight: 10 }, { weight: 25, bake: '1m' }, { weight: 50 }] } },
      ),
      '50 % when every metric has passed and 52s of bake time are over',
    ],
    [
      'before maxBake',
      release(
        { ...stepping(), routeConfirmedAt: ago(10) },
        { policy: { analysis: { templates: [{ name: 'a' }], maxBake: '5m', onInconclusive: 'abort' } } },
      ),
      '50 % when every metric has passed; if nothing is decided in 4m52s, it is rolled back; in 55m',
    ],
    [
      'where the evidence chooses',
      release({ ...stepping(), weights: [10, 30] }, { policy: { steps: undefined, autoSteps: {} } }),
      'a greater weight when every metric has passed',
    ],
    [
      'at the greatest weight',
      release({ ...stepping(), weights: [10, 50] }, { policy: { steps: undefined, autoSteps: {} } }),
      'promotion when every metric has passed',
    ],
    ['late', release({ ...stepping(), deadline: ago(70) }), '; overdue for 1m10s'],
    [
      'without ready pods',
      release({ ...stepping(), stage: 'Recovering' }),
      'stable has all traffic until a canary pod is ready again (rolled back after 15s)',
    ],
    ['at a gate', release({ ...stepping(), waitingFor: '50' }), 'a person must approve "50"'],
    [
      'at a gate for two people, with a time limit',
      release(
        { ...stepping(), waitingFor: '50', waitingSince: ago(600) },
        {
          policy: { approval: { at: ['50'], quorum: 2, timeout: '1h', onTimeout: 'abort' } },
          approvals: [{ gate: '50', by: 'ann', onBehalfOf: '' }],
        },
      ),
      'a person must approve "50" (1 of 2: ann) within 50m, then it is rolled back; analysis continues meanwhile',
    ],
    ['paused', release({ ...stepping(), reason: 'Paused' }, { paused: true }), 'nothing until it is resumed'],
    ['during the promotion', release({ phase: 'Promoting' }), 'the Deployment takes over the canary pods'],
    ['during a roll-back', release({ phase: 'Aborting' }), 'stable has all traffic'],
    [
      'after it',
      release({ phase: 'Aborted', finishedAt: ago(1) }),
      'nothing by itself: push another version',
    ],
    ['after a promotion', release({ phase: 'Promoted', finishedAt: ago(1) }), 'nothing: the next change'],
  ])('%s', (_what, one, text) => {
    expect(nextOf(one).what).toContain(text);
  });

  it('says what keeps it, and what a person can do', () => {
    const next = nextOf(release({ ...stepping(), ...stuck('the step has not passed within 1h') }));
    expect(next.why).toBe('the step has not passed within 1h');
    expect(next.commands).toEqual([
      'sluice skip release/ranker-s222222222 -n models',
      'sluice abort release/ranker-s222222222 -n models',
    ]);
  });
});

const marks = (one: Release): string =>
  stepViews(one)
    .map(({ state }) => ({ done: '✓', skipped: '»', current: '●', ahead: '○', failed: '✗' })[state])
    .join('');

describe('the way of a release', () => {
  it.each<[string, Release, string]>([
    ['new', release(), '○○○○'],
    ['starting', release({ phase: 'Starting' }), '○○○○'],
    ['at step 2', release(stepping()), '✓●○○'],
    ['promoting', release({ ...stepping(), phase: 'Promoting', step: 2 }), '✓✓✓●'],
    ['promoted', release({ phase: 'Promoted', step: 2, finishedAt: ago(1) }), '✓✓✓✓'],
    [
      'promoted in full from step 1',
      release({ phase: 'Promoted', step: 0, finishedAt: ago(1) }, { promote: {} }),
      '✓»»✓',
    ],
    ['rolled back at step 2', release({ ...stepping(), phase: 'Aborted', outcome: 'Aborted' }), '✓✗○○'],
    ['rolled back before traffic', release({ phase: 'Aborted', outcome: 'Aborted' }), '○○○○'],
    [
      'rolled back during the promotion',
      release({ ...stepping(), phase: 'Aborting', outcome: 'Aborted', handedOver: true, step: 2 }),
      '✓✓✓✗',
    ],
  ])('%s', (_what, one, expected) => {
    expect(marks(one)).toBe(expected);
  });
});

const names = (weights: number[] | undefined) =>
  stepViews(
    release(weights === undefined ? {} : { ...stepping(), step: weights.length - 1, weights }, {
      policy: { steps: undefined, autoSteps: {} },
    }),
  ).map(({ name, state }) => `${name} ${state}`);

describe('the way of a release whose weights the evidence chooses', () => {
  it.each([
    [undefined, ['10 % ahead', '… ahead', 'promotion ahead']],
    [
      [10, 30],
      ['10 % done', '30 % current', '… ahead', 'promotion ahead'],
    ],
    [
      [10, 30, 50],
      ['10 % done', '30 % done', '50 % current', 'promotion ahead'],
    ],
  ])('%j', (weights, expected) => {
    expect(names(weights)).toEqual(expected);
  });
});
