import { describe, expect, it } from 'vitest';
import { decideOn, deployment, release, replicaSet, seen, statusOf } from '../../../test/fixtures/release.ts';
import type { StageOf } from '../../api/release/places.ts';
import type { ObservedDeployment } from '../../workload/workload.ts';
import { updateProblem, workloadProblem } from './preflight.ts';

describe('why the native update is unsafe', () => {
  it.each<[string, Partial<ObservedDeployment>, object, string | undefined]>([
    ['nothing', {}, {}, undefined],
    ['Recreate', { strategy: 'Recreate' }, {}, 'RecreateStrategy'],
    ['all pods at once', { unavailable: 4 }, {}, 'AllUnavailable'],
    ['all but one', { unavailable: 3 }, {}, undefined],
    ['all at once, where as many are handed over', { unavailable: 4, surge: 4 }, {}, undefined],
    ['all at once, after a step of 100 %', { unavailable: 4 }, { steps: [{ weight: 100 }] }, undefined],
    ['the only pod', { replicas: 1, unavailable: 1, surge: 0 }, {}, undefined],
    [
      'a surge that a borrowed pod does not fit',
      { surge: 2 },
      { canary: { mode: 'borrow' } },
      'BorrowNeedsSurgeOfOne',
    ],
  ])('%s', (_what, over, policy, reason) => {
    expect(updateProblem(deployment(over), release({}, {}, policy).spec)?.reason).toBe(reason);
  });

  it('counts at the start, too, beside the number of pods', () => {
    expect(workloadProblem(deployment({ unavailable: 4 }))?.reason).toBe('AllUnavailable');
    expect(workloadProblem(deployment({ replicas: 0, strategy: 'Recreate' }))?.reason).toBe('NoReplicas');
  });
});

const promotingIn = (stage: StageOf<'Promoting'>) =>
  statusOf({ phase: 'Promoting', stage, replicas: 1, routeGoal: 'whole' });

describe('a strategy that is changed in mid-release', () => {
  const changed = deployment({ strategy: 'Recreate' });
  it.each([
    ['Sizing', 'Sizing'],
    ['RestoringRoutes', 'Sizing'],
    ['HandingOver', 'Sizing'],
  ] as const)('in Promoting.%s leads to %s', (stage, expected) => {
    const one = { ...release(), status: promotingIn(stage) };
    const { status: next } = decideOn(seen({ release: one, deployment: changed }));
    expect(next).toMatchObject({ phase: 'Promoting', stage: expected, reason: 'RecreateStrategy' });
    expect(next.conditions?.find(({ type }) => type === 'Progressing')?.status).toBe('False');
  });

  it('after the handover is waited for', () => {
    const one = { ...release(), status: { ...promotingIn('Updating'), handedOver: true } };
    const canary = replicaSet({ ownerUid: 'u-deployment' });
    const { status: next } = decideOn(seen({ release: one, canary, deployment: changed }));
    expect(next).toMatchObject({ stage: 'Updating', reason: 'RecreateStrategy' });
  });

  it('in a step is reported once, and cleared in the condition', () => {
    const one = { ...release(), status: statusOf({ phase: 'Stepping', stage: 'Analysing', weight: 10 }) };
    const first = decideOn(seen({ release: one, deployment: changed }));
    expect(first.notices.map(({ reason }) => reason)).toEqual(['RecreateStrategy']);
    const then = { ...one, status: first.status };
    expect(decideOn(seen({ release: then, deployment: changed })).notices).toEqual([]);
    const mended = decideOn(seen({ release: then })).status.conditions;
    expect(mended?.find(({ type }) => type === 'Promotable')?.status).toBe('True');
  });
});

describe('stable in a release', () => {
  const one = { ...release(), status: statusOf({ phase: 'Stepping', stage: 'Analysing', weight: 10 }) };
  const shown = (over: object) =>
    decideOn(seen({ release: one, ...over })).status.conditions?.find(({ type }) => type === 'StableServing');

  it.each([
    ['is gone', { stable: null }, 'StableGone'],
    ['has no ready pod', { stable: replicaSet({ name: 'model-h1', ready: 0 }) }, 'StableNotReady'],
    ['serves', {}, undefined],
    ['is scaled to nothing', { stable: null, deployment: deployment({ replicas: 0 }) }, undefined],
  ])('%s', (_what, over, reason) => {
    expect(shown(over)?.reason).toBe(reason);
  });
});
