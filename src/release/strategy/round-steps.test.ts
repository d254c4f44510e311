import { array, assert, integer, property, uniqueArray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deployment } from '../../../test/fixtures/release.ts';
import { Policy } from '../../api/rollout/rollout.ts';
import { canaryPodsAt } from '../canary/size.ts';
import { roundedByPods } from './round-steps.ts';

const policyOf = (policy: object = {}): Policy =>
  Policy.parse({ traffic: { service: {} }, analysis: { templates: [{ name: 'errors' }] }, ...policy });
const steps = (...weights: number[]) => ({ steps: weights.map((weight) => ({ weight })) });

const rounded = (policy: object, replicas: number, surge: number) =>
  roundedByPods(policyOf(policy), deployment({ replicas, surge }));
const weightsOf = (found: ReturnType<typeof rounded>): number[] =>
  found.policy.steps?.flatMap(({ weight }) => weight ?? []) ?? [];

describe('steps by pods', () => {
  it.each<[string, object, number, number, number[], string]>([
    ['as written', steps(25), 3, 1, [25], 'as written'],
    ['one of four', steps(10), 3, 1, [25], '10 % is 25 % (1 of 4 pods)'],
    [
      'the default, with three pods',
      {},
      3,
      1,
      [25],
      '10 %, 25 % and 50 % are one step of 25 % (1 of 4 pods; maxSurge 1 allows no more)',
    ],
    [
      'ten pods',
      {},
      10,
      3,
      [9, 23],
      '10 % is 9 % (1 of 11 pods); 25 % and 50 % are one step of 23 % (3 of 13 pods; maxSurge 3 allows no more)',
    ],
    ['room for all', {}, 9, 9, [10, 25, 50], 'as written'],
    ['no surge', {}, 4, 0, [20], '1 of 5 pods; maxSurge 0 allows no more'],
    ['a borrowed pod', { canary: { mode: 'borrow' } }, 4, 1, [25], 'one step of 25 % (1 of 4 pods)'],
    ['a number of its own', { canary: { replicas: 2 } }, 4, 1, [33], 'one step of 33 % (2 of 6 pods)'],
    ['one pod', {}, 1, 1, [50], '1 of 2 pods'],
  ])('%s', (_what, policy, replicas, surge, weights, text) => {
    const found = rounded(policy, replicas, surge);
    expect(weightsOf(found)).toEqual(weights);
    expect(found.rounding ?? 'as written').toContain(text);
  });

  it('keep the longest bake of those that are one', () => {
    const given = [{ weight: 10, bake: '5m', maxBake: '9m' }, { weight: 20, bake: '2m' }, { weight: 25 }];
    expect(rounded({ steps: given }, 3, 1).policy.steps).toEqual([{ weight: 25, bake: '5m', maxBake: '9m' }]);
  });

  it('have their gates called by the new weights', () => {
    const approval = { at: ['start', '10', '50', 'promotion'] };
    expect(rounded({ approval }, 10, 3).policy.approval?.at).toEqual(['start', '9', '23', 'promotion']);
    expect(rounded({ approval }, 3, 1).policy.approval?.at).toEqual(['start', '25', 'promotion']);
  });

  it('are a valid policy of ascending weights, of ever more pods within the surge', () => {
    const weights = uniqueArray(integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 20 });
    const sizes = array(integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 2 });
    assert(
      property(weights, sizes, (given, [replicas = 1, surge = 1]) => {
        const { policy, rounding = '' } = rounded(steps(...given.toSorted((a, b) => a - b)), replicas, surge);
        expect(Policy.safeParse(policy).success).toBe(true);
        expect(rounding.length).toBeLessThanOrEqual(1_024);
        const pods = (policy.steps ?? []).map(({ weight = 0 }) =>
          canaryPodsAt({ policy, shares: 'pods' }, { replicas, surge, template: {} }, weight),
        );
        expect(pods).toEqual([...new Set(pods)].toSorted((a, b) => a - b));
        expect(Math.max(...pods)).toBeLessThanOrEqual(Math.max(1, Math.min(surge, replicas)));
      }),
    );
  });
});
