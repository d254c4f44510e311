import { describe, expect, it } from 'vitest';
import { ago, deployment, release, statusOf } from '../../../test/fixtures/release.ts';
import type { ReleaseStatus } from '../../api/release/release.ts';
import { type Claim, overBudget } from './budget.ts';
import { requestOf } from './pod-resources.ts';

const gpu = (count: string): object => ({ resources: { limits: { 'nvidia.com/gpu': count } } });
const GPU = 'nvidia.com/gpu';

describe('what a pod asks for', () => {
  it.each([
    ['nothing', {}, 'cpu', 0],
    ['limits where no requests are', { containers: [gpu('2')] }, GPU, 2],
    ['the sum of its containers', { containers: [gpu('2'), gpu('1')] }, GPU, 3],
    [
      'requests before limits',
      { containers: [{ resources: { requests: { cpu: '500m' }, limits: { cpu: '2' } } }] },
      'cpu',
      0.5,
    ],
    ['the greatest of its init containers', { containers: [gpu('1')], initContainers: [gpu('4')] }, GPU, 4],
    [
      'sidecars as well',
      { containers: [gpu('1')], initContainers: [{ ...gpu('1'), restartPolicy: 'Always' }] },
      GPU,
      2,
    ],
    ['overhead as well', { containers: [], overhead: { memory: '1Gi' } }, 'memory', 2 ** 30],
    ['one, where pods are counted', {}, 'pods', 1],
  ])('is %s', (_what, spec, resource, wanted) => {
    expect(requestOf({ spec }, resource)).toBe(wanted);
  });
});

/** A release of four pods with one GPU each; at 50 percent its canary has two. */
function claim(name: string, status: Partial<ReleaseStatus> | null, createdAgo: number, max = '2'): Claim {
  const canary = { mode: 'surge', budget: [{ resource: GPU, max }] };
  const one = release(undefined, {}, { canary, steps: [{ weight: 25 }, { weight: 50 }] });
  const metadata = { ...one.metadata, name, creationTimestamp: ago(createdAgo) };
  return {
    release: { ...one, metadata, ...(status === null ? {} : { status: statusOf(status) }) },
    deployment: deployment({ template: { spec: { containers: [gpu('1')] } } }),
  };
}

const stuckFor = (reason: string): Partial<ReleaseStatus> => ({
  phase: 'Pending',
  reason,
  conditions: [{ type: 'Progressing', status: 'False', reason, message: '', lastTransitionTime: ago(1) }],
});
const mine = claim('mine', { phase: 'Pending' }, 10);

describe('the budget', () => {
  it.each<[string, Claim, Claim[], string | undefined]>([
    ['is free', mine, [], undefined],
    ['is taken by one under way', mine, [claim('a', { phase: 'Stepping' }, 5)], 'WaitingForBudget'],
    [
      'is used by a release that rolls back',
      mine,
      [claim('a', { phase: 'Aborting' }, 5)],
      'WaitingForBudget',
    ],
    ['is free again', mine, [claim('a', { phase: 'Promoted' }, 50)], undefined],
    ['is for a release that came first', mine, [claim('a', { phase: 'Pending' }, 20)], 'WaitingForBudget'],
    ['is for a release before its first pass', mine, [claim('a', null, 20)], 'WaitingForBudget'],
    [
      'is for a release that waits in line',
      mine,
      [claim('a', stuckFor('WaitingForBudget'), 20)],
      'WaitingForBudget',
    ],
    [
      'is not for a release that waits for a person',
      mine,
      [claim('a', stuckFor('WaitingForApproval'), 20)],
      undefined,
    ],
    ['is not for a release that came later', mine, [claim('a', { phase: 'Pending' }, 5)], undefined],
    ['is for the name that comes first', mine, [claim('a', { phase: 'Pending' }, 10)], 'WaitingForBudget'],
    ['has room for both', claim('mine', null, 10, '4'), [claim('a', { phase: 'Stepping' }, 20)], undefined],
    ['is less than the canary needs', claim('mine', null, 10, '1'), [], 'BudgetTooSmall'],
    [
      'was taken in the same moment by a release that began first',
      claim('mine', { phase: 'Starting', stage: 'Routing', startedAt: ago(1) }, 10),
      [claim('a', { phase: 'Starting', stage: 'Routing', startedAt: ago(2) }, 5)],
      'WaitingForBudget',
    ],
    [
      'was taken in the same moment by a release that began later',
      claim('mine', { phase: 'Starting', stage: 'Routing', startedAt: ago(2) }, 10),
      [claim('a', { phase: 'Starting', stage: 'Routing', startedAt: ago(1) }, 50)],
      undefined,
    ],
  ])('%s', (_what, own, others, reason) => {
    expect(overBudget(own, others)?.reason).toBe(reason);
  });

  it('says who has it, in numbers', () => {
    expect(overBudget(mine, [claim('ranker-v2', { phase: 'Stepping' }, 5)])?.message).toBe(
      'the canary needs 2 nvidia.com/gpu; 2 of 2 (canary.budget) are taken by ranker-v2',
    );
  });
});
