import { describe, expect, it } from 'vitest';
import { deployment } from '../../../test/fixtures/release.ts';
import type { ObservedDeployment } from '../../workload/workload.ts';
import { leftGoal, leftProblem } from './left.ts';

const left = (over: Partial<ObservedDeployment> = {}): ObservedDeployment =>
  deployment({ gate: undefined, left: 'v1', ...over });

describe('a Deployment that lost its Rollout while it was held', () => {
  it.each<[string, ObservedDeployment, ReturnType<typeof leftGoal>]>([
    ['stays paused with another template than stable', left(), 'tell'],
    ['stays paused where stable is not known', left({ left: '', revision: 'v1' }), 'tell'],
    ['continues with the template of stable', left({ revision: 'v1' }), 'resume'],
    ['is anybody’s once somebody resumed it', left({ paused: false }), 'unmark'],
    ['is a Rollout’s that gates it', left({ gate: 'model' }), 'none'],
    ['was never left', deployment({ gate: undefined }), 'none'],
  ])('%s', (_what, one, goal) => {
    expect(leftGoal(one)).toBe(goal);
  });

  it('says what keeps it and the command, again for each version that is pushed', () => {
    const { reason, message } = leftProblem(left()) ?? {};
    expect(reason).toBe('LeftPaused');
    expect(message).toContain('kubectl rollout resume deployment/model -n shop');
    expect(leftProblem(left({ revision: 'v3' }))?.message).not.toBe(message);
    expect(leftProblem(left({ paused: false }))).toBeNull();
  });
});
