import { describe, expect, it } from 'vitest';
import {
  ago,
  deployment,
  metricState,
  release,
  routesAre,
  seen,
  statusOf,
} from '../../../test/fixtures/release.ts';
import type { ReleaseStatus } from '../../api/release/release.ts';
import type { RouteState } from '../../traffic/goal.ts';
import type { DecisionContext } from '../observed.ts';
import type { Reason } from '../reasons/catalogue.ts';
import { abandonment, expiry, isLate } from './abort-rules.ts';
import { wait } from './progress.ts';

const analysing: Partial<ReleaseStatus> = { phase: 'Stepping', stage: 'Analysing', weight: 10 };
const handed: Partial<ReleaseStatus> = { phase: 'Promoting', stage: 'Updating', handedOver: true };
const broken: RouteState = { kind: 'broken', reason: 'RouteNotFound', message: 'spec.http: no route' };
const asked = release(undefined, { abort: { by: 'ana', reason: 'slow' } });

function why(status: Partial<ReleaseStatus>, over: Partial<DecisionContext>): string | null {
  const found = abandonment(seen(over), statusOf(status));
  return found === null ? null : `${found.outcome} ${found.reason}`;
}

type Row = [what: string, status: Partial<ReleaseStatus>, over: Partial<DecisionContext>, why: string | null];

const rows: Row[] = [
  ['all is well', analysing, {}, null],
  ['a person asks', analysing, { release: asked }, 'Aborted AbortRequested'],
  ['the workload is gone', analysing, { deployment: null }, 'Cancelled WorkloadDeleted'],
  [
    'the workload is going',
    analysing,
    { deployment: deployment({ deleting: true }) },
    'Cancelled WorkloadDeleted',
  ],
  [
    'the template is stable again',
    analysing,
    { deployment: deployment({ revision: 'v1' }) },
    'Cancelled TemplateReverted',
  ],
  ['a newer template', analysing, { deployment: deployment({ revision: 'v3' }) }, 'Superseded NewerRevision'],
  ['a newer template after the handover', handed, { deployment: deployment({ revision: 'v3' }) }, null],
  [
    'the template is stable again after the handover',
    handed,
    { deployment: deployment({ revision: 'v1' }) },
    'Cancelled TemplateReverted',
  ],
  ['somebody resumed', analysing, { deployment: deployment({ paused: false }) }, 'Cancelled HoldLifted'],
  ['we resumed', handed, { deployment: deployment({ paused: false }) }, null],
  ['the routes are broken', analysing, routesAre(broken), 'Aborted RouteNotFound'],
  ['the routes are broken after the handover', handed, routesAre(broken), null],
  ['the analysis fails', { ...analysing, verdict: 'fail' }, {}, 'Aborted AnalysisFailed'],
  ['the analysis fails during the update', { ...handed, verdict: 'fail' }, {}, 'Aborted AnalysisFailed'],
  [
    'it has been down too long',
    { phase: 'Stepping', stage: 'Recovering', unhealthySince: ago(15) },
    {},
    'Aborted CanaryUnhealthy',
  ],
  [
    'it has been down for a while',
    { phase: 'Stepping', stage: 'Recovering', unhealthySince: ago(14) },
    {},
    null,
  ],
  [
    'the policy is gone',
    analysing,
    { policyGone: { reason: 'RolloutDeleted', message: 'x' } },
    'Cancelled RolloutDeleted',
  ],
  [
    'the policy is gone after the handover',
    handed,
    { policyGone: { reason: 'RolloutDeleted', message: 'x' } },
    'Cancelled RolloutDeleted',
  ],
  ['opted out', analysing, { policyGone: { reason: 'OptedOut', message: 'x' } }, 'Cancelled OptedOut'],
  [
    'opted out after the handover: it is released',
    handed,
    { policyGone: { reason: 'OptedOut', message: 'x' } },
    null,
  ],
  ['a person asks while it is ending', { phase: 'Aborting', stage: 'Draining' }, { release: asked }, null],
  [
    'a person asks when it is complete',
    { phase: 'Promoting', stage: 'CleaningUp' },
    { release: asked },
    null,
  ],
  ['a person asks at the end', { phase: 'Promoted' }, { release: asked }, null],
];

describe('abandonment', () => {
  it.each(rows)('%s', (_what, status, over, expected) => {
    expect(why(status, over)).toBe(expected);
  });

  it('lets what people said win over what was measured', () => {
    const over = { release: asked, ...routesAre(broken), deployment: deployment({ revision: 'v3' }) };
    expect(why({ ...analysing, verdict: 'fail' }, over)).toBe('Aborted AbortRequested');
  });

  it('says who asked and why, and which metric failed with which numbers', () => {
    const message = (over: Partial<DecisionContext>, status: Partial<ReleaseStatus> = analysing) =>
      abandonment(seen(over), statusOf(status))?.message;
    expect(message({ release: asked })).toBe('abort was requested by ana: slow');
    const analysis = { windows: 3, metrics: [metricState('fail', '9 % against 1 %')] };
    expect(message({}, { ...analysing, verdict: 'fail', analysis })).toBe('errors: 9 % against 1 %');
  });
});

describe('deadlines', () => {
  const late = { deadline: ago(0) };
  const abort = release(undefined, {}, { analysis: { templates: [{ name: 'e' }], onTimeout: 'abort' } });
  const undecided = release(
    undefined,
    {},
    { analysis: { templates: [{ name: 'e' }], onInconclusive: 'abort' } },
  );

  it.each<[string, Partial<ReleaseStatus>, Reason, Partial<DecisionContext>, string | null]>([
    [
      'pods that do not load',
      { phase: 'Starting', stage: 'Loading' },
      'CanaryLoading',
      {},
      'StartDeadlineExceeded',
    ],
    [
      'a start that waits for approval',
      { phase: 'Starting', stage: 'Loading' },
      'WaitingForApproval',
      {},
      null,
    ],
    ['a step that is held', analysing, 'Analysing', {}, null],
    ['a step that is aborted', analysing, 'Analysing', { release: abort }, 'StepDeadlineExceeded'],
    [
      'pods of a step that do not load',
      { phase: 'Stepping', stage: 'Scaling' },
      'CanaryLoading',
      { release: abort },
      'StepDeadlineExceeded',
    ],
    ['a step that waits for approval', analysing, 'WaitingForApproval', { release: abort }, null],
    ['a step that a person has paused', analysing, 'Paused', { release: abort }, null],
    ['a step that bakes', analysing, 'Baking', { release: abort }, null],
    ['evidence that does not decide, held', analysing, 'BakeOverdue', { release: abort }, null],
    ['evidence that does not decide', analysing, 'BakeOverdue', { release: undecided }, 'BakeExceeded'],
    ['a promotion', handed, 'Updating', { release: abort }, null],
  ])('%s', (_what, status, reason, over, expected) => {
    const found = expiry(seen(over), statusOf({ ...status, ...late }), wait(reason, 'so'));
    expect(found?.reason ?? null).toBe(expected);
  });

  it.each<[Partial<ReleaseStatus>, Reason, string | null]>([
    [{ phase: 'Stepping', stage: 'Scaling' }, 'CanaryLoading', 'StartDeadlineExceeded'],
    [{ phase: 'Stepping', stage: 'Scaling' }, 'PodsRefused', 'StartDeadlineExceeded'],
    [{ phase: 'Promoting', stage: 'Sizing' }, 'CanaryWarming', 'StartDeadlineExceeded'],
    [{ phase: 'Stepping', stage: 'Recovering' }, 'CanaryReplaced', 'StartDeadlineExceeded'],
    [{ phase: 'Stepping', stage: 'Recovering' }, 'CanaryUnhealthy', null],
    [{ phase: 'Stepping', stage: 'Scaling' }, 'Paused', null],
    [{ phase: 'Promoting', stage: 'Updating' }, 'PodsRefused', null],
  ])('%o, for pods that are to come, as long as the first ones had: %s', (status, reason, expected) => {
    const waited = statusOf({ ...status, deadline: ago(-9_000), stageStartedAt: ago(8_000) });
    expect(expiry(seen(), waited, wait(reason, 'so'))?.reason ?? null).toBe(expected);
  });

  it.each([
    [ago(0), true],
    [ago(-1), false],
    [undefined, false],
  ])('with the deadline %s a wait is late: %s', (deadline, expected) => {
    const status = statusOf({ ...analysing, ...(deadline === undefined ? {} : { deadline }) });
    expect(isLate(seen(), status, wait('Analysing', 'so'))).toBe(expected);
  });
});
