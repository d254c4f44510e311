import { beforeAll, describe, expect, inject, it } from 'vitest';
import { actOn } from '../../../hack/testbed/remote.ts';
import { type Ground, playCase } from '../../faults/case.ts';
import { LEASE_RIGHTS } from '../../faults/lease-rights.ts';
import { caseOf } from '../../faults/matrix.ts';
import { repeatOf } from '../../faults/run.ts';
import { createClient } from '../kubectl.ts';

const access = inject('access');
const components = inject('components');
const SEED = 1;
const ground: Ground = { access, seed: SEED, act: (name, action) => actOn(components, name, action) };

/** One of each kind; `npm run test:faults -- --all` plays them at every point. */
const SAMPLE = [
  'kill/write-10/good',
  'kill/write-21/good',
  'kill/write-14/bad',
  'watch-stale/Stepping.Analysing/bad',
  'metrics-nan/Stepping.Analysing/good',
  'redis-down/Stepping.Analysing/good',
  'canary-crash/Stepping.Analysing/good',
  'rollout-deleted/Stepping.Analysing/good',
  'abort/Promoting.Updating/good',
  'apiserver-restart/Stepping.Analysing/bad',
  'istiod-down/Aborting.Draining/bad',
];

async function expectHeld(id: string): Promise<void> {
  const { result, cleared } = await playCase(ground, caseOf(id));
  await cleared;
  expect(result.problems, `again: ${repeatOf(id, SEED)}`).toEqual([]);
  expect(result.reached).toBe(true);
}

beforeAll(async () => {
  await createClient(access).ok(['apply', '--filename=-'], LEASE_RIGHTS);
});

describe('a release under traffic, with a fault', () => {
  it.each(SAMPLE)('%s', expectHeld);
});
