import { describe, expect, it } from 'vitest';
import { ago, NOW, release, statusOf } from '../../../test/fixtures/release.ts';
import type { Condition } from '../../api/meta.ts';
import type { RolloutStatus } from '../../api/rollout/rollout.ts';
import { statusDueAt } from './rollout-status-throttle.ts';

function progressing(reason: string, status: Condition['status'] = 'True'): Condition[] {
  return [{ type: 'Progressing', status, reason, message: 'm', lastTransitionTime: ago(60) }];
}

const before: RolloutStatus = {
  phase: 'Stepping',
  release: 'model-x',
  weight: 25,
  conditions: progressing('Stepping'),
};
const current = { ...release(), status: statusOf({ phase: 'Stepping', stageStartedAt: ago(4) }) };
const STANDS = NOW - 4_000 + 60_000;

describe('mirrorAt', () => {
  it.each<[string, Partial<RolloutStatus>, number | null]>([
    ['nothing new', {}, null],
    ['a weight that rises', { weight: 50 }, STANDS],
    ['another phase', { phase: 'Promoting', conditions: progressing('Promoting') }, STANDS],
    ['a weight that falls', { weight: 0 }, 0],
    ['an abort', { phase: 'Aborting' }, 0],
    ['a release that is stuck', { conditions: progressing('WaitingForApproval', 'False') }, 0],
    ['another release', { release: 'model-y' }, 0],
    ['a revision that was tried', { tried: 'abc' }, 0],
  ])('%s: %o', (_what, over, expected) => {
    expect(statusDueAt(before, { ...before, ...over }, current)).toBe(expected);
  });

  it('tells the first status and the end at once', () => {
    const { release: _name, weight: _weight, ...idle } = { ...before, phase: 'Idle' };
    expect(statusDueAt(undefined, before, current)).toBe(0);
    expect(statusDueAt(before, idle, null)).toBe(0);
  });
});
