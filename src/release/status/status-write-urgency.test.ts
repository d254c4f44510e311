import { describe, expect, it } from 'vitest';
import { ago, metricState, release, statusOf, template } from '../../../test/fixtures/release.ts';
import type { ReleaseStatus } from '../../api/release/release.ts';
import { canonical } from '../../api/values/canonical.ts';
import { patienceMs, urgency } from './status-write-urgency.ts';

const stored = statusOf({
  phase: 'Stepping',
  stage: 'Shifting',
  weight: 10,
  replicas: 1,
  reason: 'StepPassed',
});

const warning = (message: string): NonNullable<ReleaseStatus['conditions']>[number] => ({
  type: 'UnsplitTraffic',
  status: 'True',
  reason: 'UnsplitTraffic',
  message,
  lastTransitionTime: ago(0),
});

describe('urgency', () => {
  it.each<[string, Partial<ReleaseStatus>, string]>([
    ['nothing new', {}, 'never'],
    ['only the count of ready pods', { readyReplicas: 3 }, 'never'],
    ['another phase', { phase: 'Aborting', stage: 'Draining', weight: 0 }, 'now'],
    ['another weight', { weight: 25 }, 'now'],
    ['another size', { replicas: 2 }, 'now'],
    [
      'a stage that asks for the same',
      { stage: 'Analysing', stageStartedAt: ago(0), reason: 'WeightRaised' },
      'later',
    ],
    ['a stage that asks for something else', { stage: 'Recovering', weight: 0 }, 'now'],
    ['evidence', { analysis: { windows: 1, metrics: [metricState('pass')] }, verdict: 'pass' }, 'later'],
    ['routes in force', { routeConfirmedAt: ago(0) }, 'later'],
    ['another goal of the routes', { routeGoal: 'whole' }, 'now'],
    ['a gate that waits for a person', { waitingFor: '25' }, 'now'],
    ['a template that is kept', { next: template('v3') }, 'now'],
    [
      'a condition that turns',
      {
        conditions: [
          { type: 'Progressing', status: 'False', reason: 'R', message: 'm', lastTransitionTime: ago(0) },
        ],
      },
      'now',
    ],
    ['another text of a warning', { conditions: [warning('by another route')] }, 'now'],
    ['the same warning', { conditions: [warning('by a route')] }, 'never'],
  ])('%s: %s', (what, over, expected) => {
    const before = what.includes('warning') ? { ...stored, conditions: [warning('by a route')] } : stored;
    expect(urgency({ ...release(), status: before }, { ...before, ...over })).toBe(expected);
  });

  it('writes the first status at once', () => {
    expect(urgency(release(), stored)).toBe('now');
  });

  it('takes no notice of the order of fields', () => {
    const reordered = Object.fromEntries(Object.entries(stored).toReversed()) as ReleaseStatus;
    expect(urgency({ ...release(), status: stored }, reordered)).toBe('never');
    expect(canonical({ b: [{ d: 1, c: 2 }], a: 0 })).toBe('{"a":0,"b":[{"c":2,"d":1}]}');
  });
});

describe('patienceMs', () => {
  it.each([
    ['10s', 50_000],
    ['2s', 10_000],
    ['20s', 60_000],
    ['5m', 60_000],
  ])('with windows of %s is %i', (interval, ms) => {
    expect(patienceMs(release(undefined, {}, { analysis: { templates: [{ name: 'e' }], interval } }))).toBe(
      ms,
    );
  });
});
