import { assert, constantFrom, integer, option, property, record, uniqueArray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Policy } from '../../api/rollout/rollout.ts';
import { expectedLoad, loadRemark, loadRemarks } from './pod-load.ts';
import { canaryPodsAt } from './size.ts';

const GPU = 'nvidia.com/gpu';
const gpus = (each: string): object => ({
  spec: { containers: [{ resources: { limits: { [GPU]: each } } }] },
});
const policyOf = (fields: object): Policy =>
  Policy.parse({
    traffic: { istio: { virtualService: 'ranker' } },
    analysis: { templates: [{ name: 'http-generic' }] },
    ...fields,
  });
const sized = (replicas: number, template = gpus('1')) => ({ replicas, surge: 1, template: { ...template } });

describe('the load of canary pods', () => {
  it.each<[what: string, replicas: number, canary: object, weight: number, remark: string | null]>([
    ['is even by default', 10, {}, 10, null],
    ['is up to twice that of stable pods', 10, {}, 60, null],
    [
      'is greater where all pods are not enough',
      10,
      {},
      75,
      'canary pods carry 3 times the load of a stable pod (10 and 10 pods), so the canary may look slower than it is; the canary has as many pods as the Deployment, and those of stable idle; the loads are alike at a weight of 50 %',
    ],
    [
      'is greater where a number is fixed',
      10,
      { replicas: 1 },
      25,
      'canary pods carry 3.3 times the load of a stable pod (1 and 10 pods), so the canary may look slower than it is; set canary.replicas to 3; the loads are alike at a weight of 9 %',
    ],
    [
      'is greater where one pod is borrowed',
      4,
      { mode: 'borrow' },
      50,
      'canary pods carry 3 times the load of a stable pod (1 and 3 pods), so the canary may look slower than it is; canary.mode: borrow has one pod; the loads are alike at a weight of 25 %',
    ],
    [
      'is greater where the budget has no room',
      10,
      { budget: [{ resource: GPU, max: '6' }] },
      60,
      'canary pods carry 2.5 times the load of a stable pod (6 and 10 pods), so the canary may look slower than it is; canary.budget has no room for the 8 pods that it would take; raise it; the loads are alike at a weight of 38 %',
    ],
    ['is even where the budget has room', 10, { budget: [{ resource: GPU, max: '8' }] }, 60, null],
    [
      'is less where one pod is more than the share',
      3,
      {},
      10,
      'canary pods carry 0.33 times the load of a stable pod (1 and 3 pods), so the canary may look faster than it is; the loads are alike at a weight of 25 %',
    ],
    ['is nothing to compare at all traffic', 10, {}, 100, null],
  ])('%s', (_what, replicas, canary, weight, remark) => {
    expect(loadRemark({ policy: policyOf({ canary }) }, sized(replicas), weight)).toBe(remark);
  });

  it('is that of any pod where pods divide the traffic', () => {
    expect(
      expectedLoad({ policy: policyOf({ canary: { replicas: 1 } }), shares: 'pods' }, sized(9), 50),
    ).toBeNull();
  });

  it('is known for each step, and for the bounds of steps that the evidence chooses', () => {
    const canary = { replicas: 1 };
    const said = (fields: object): string[] =>
      loadRemarks({ policy: policyOf({ canary, ...fields }) }, sized(6)).map((text) => text.slice(0, 38));
    expect(said({ steps: [{ weight: 10 }, { weight: 25 }, { weight: 50 }] })).toEqual([
      'at 50 % canary pods carry 6 times the ',
    ]);
    expect(said({ autoSteps: { min: 5, max: 50 } })).toEqual([
      'at 5 % canary pods carry 0.32 times th',
      'at 50 % canary pods carry 6 times the ',
    ]);
  });

  const some = {
    replicas: integer({ min: 1, max: 200 }),
    weight: integer({ min: 1, max: 99 }),
    each: integer({ min: 1, max: 8 }),
    max: option(integer({ min: 1, max: 400 }), { nil: undefined }),
    mode: constantFrom('surge', 'borrow'),
    fixed: option(integer({ min: 1, max: 50 }), { nil: undefined }),
    later: uniqueArray(integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 }),
  };

  it('is within a factor of two at every size of the Deployment, or a remark says what prevents it', () => {
    assert(
      property(record(some), ({ replicas, weight, each, max, mode, fixed, later }) => {
        const budget = max === undefined ? {} : { budget: [{ resource: GPU, max: String(max) }] };
        const canary = { mode, ...budget, ...(fixed === undefined ? {} : { replicas: fixed }) };
        const sizing = { policy: policyOf({ canary }) };
        // An autoscaler changes the size in mid-release.
        for (const size of [replicas, ...later]) {
          const deployment = sized(size, gpus(String(each)));
          const load = expectedLoad(sizing, deployment, weight);
          if (load === null) continue;
          const isEven = load.times <= 2 && load.times >= 0.5;
          expect(loadRemark(sizing, deployment, weight) === null).toBe(isEven);
          const isFree = mode === 'surge' && fixed === undefined && max === undefined;
          const isAllThereIs = load.canaryPods === (load.times > 2 ? size : 1);
          expect(isEven || !isFree || isAllThereIs).toBe(true);
        }
      }),
    );
  });

  it('takes no more than the budget has room for, unless the share itself does', () => {
    assert(
      property(record(some), ({ replicas, weight, each, max = 5 }) => {
        const policy = policyOf({ canary: { budget: [{ resource: GPU, max: String(max) }] } });
        const pods = canaryPodsAt({ policy }, sized(replicas, gpus(String(each))), weight);
        const share = Math.max(1, Math.ceil((replicas * weight) / 100));
        expect(pods).toBeGreaterThanOrEqual(share);
        expect(pods).toBeLessThanOrEqual(Math.max(share, Math.floor(max / each)));
      }),
    );
  });
});
