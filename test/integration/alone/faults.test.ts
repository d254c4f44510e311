import { describe, expect, inject, it } from 'vitest';
import { actOn } from '../../../hack/testbed/remote.ts';
import { type Ground, playCase } from '../../faults/case.ts';
import { caseOf } from '../../faults/matrix.ts';
import { repeatOf } from '../../faults/run.ts';
import { createClient } from '../kubectl.ts';
import { grantLeases } from '../lease-rights.ts';

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

const [beside, alone] = [false, true].map((isAlone) =>
  SAMPLE.filter((id) => (caseOf(id).fault.alone === 'cluster') === isAlone),
);

describe('a release under traffic, with a fault', () => {
  grantLeases(createClient(access));
  it.concurrent.each(beside ?? [])('%s', expectHeld);
  it.each(alone ?? [])('of the whole cluster: %s', expectHeld);
});
