import { expect, it } from 'vitest';
import type { Store } from '../../ports/cluster.ts';
import { supersededRuns } from './superseded.ts';

const rollout = (name: string, status?: object) => ({
  apiVersion: 'sluice.dev/v1alpha1',
  kind: 'Rollout',
  metadata: { name },
  ...(status === undefined ? {} : { status }),
});

it('tells of every Rollout how many releases in a row were superseded', () => {
  const store: Store = {
    get: () => null,
    list: (kind) => (kind === 'Rollout' ? [rollout('busy', { superseded: 6 }), rollout('new')] : []),
  };
  expect(supersededRuns(store, ['shop'])).toEqual([
    { namespace: 'shop', rollout: 'busy', count: 6 },
    { namespace: 'shop', rollout: 'new', count: 0 },
  ]);
});
