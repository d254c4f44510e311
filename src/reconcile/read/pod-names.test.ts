import { describe, expect, it } from 'vitest';
import type { Metric } from '../../api/analysis/analysis-template.ts';
import { podNamesAlike } from './pod-names.ts';

const metric = (selector: string): Metric => ({
  name: 'errors',
  onNoData: 'wait',
  dryRun: false,
  errors: { requests: `r{${selector}}`, failures: `f{${selector}}` },
});
const byName = metric('pod=~"{{pods}}"');
const LONG = 'a'.repeat(60);
const set = (name: string, ownerUid: string, pods = 1) => ({ name, ownerUid, pods });
const stable = set(`${LONG}-blue-5d59d67564`, 'blue');

describe('pods of stable', () => {
  it.each([
    ['another workload whose pods are named alike', [set(`${LONG}-green-7c9f8b6d55`, 'green')], byName, true],
    ['one whose pods are gone', [set(`${LONG}-green-7c9f8b6d55`, 'green', 0)], byName, false],
    ['an older ReplicaSet of the same workload', [set(`${LONG}-blue-7c9f8b6d55`, 'blue')], byName, false],
    ['a canary of Sluice', [set(`${'a'.repeat(42)}-sbcdfghjkl`, 'release')], byName, false],
    [
      'metrics that select by hash',
      [set(`${LONG}-green-7c9f8b6d55`, 'green')],
      metric('h="{{hash}}"'),
      false,
    ],
  ])('beside %s', (_what, others, asked, alike) => {
    expect(podNamesAlike([stable, ...others], stable.name, [asked])?.reason).toBe(
      alike ? 'PodNamesAlike' : undefined,
    );
  });

  it('with a short name are distinguished', () => {
    const short = set('model-5d59d67564', 'blue');
    expect(podNamesAlike([short, set('model-5d59d67565', 'green')], short.name, [byName])).toBeNull();
  });
});
