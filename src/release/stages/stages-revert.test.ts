import { expect, it } from 'vitest';
import { ago, deployment, release, seen, statusOf } from '../../../test/fixtures/release.ts';
import type { Observation } from '../observed.ts';
import { progressOf } from './stages.ts';

const resumed = { paused: false, held: false, complete: true };

it.each<[string, Partial<Observation>, string]>([
  ['its own revision', {}, 'wait Reverting'],
  ['stable, held', { deployment: deployment({ revision: 'v1' }) }, 'wait Reverting'],
  ['stable, resumed', { deployment: deployment({ revision: 'v1', ...resumed }) }, 'event Why'],
  ['a newer one', { deployment: deployment({ revision: 'v3' }) }, 'event Why'],
  ['none', { deployment: null }, 'event Why'],
])('after an abort that reverts, with %s in the Deployment', (_what, over, expected) => {
  const status = statusOf({
    phase: 'Aborting',
    stage: 'CleaningUp',
    outcome: 'Aborted',
    reason: 'Why',
    routeConfirmedAt: ago(0),
  });
  const reverting = { canary: null, release: release(undefined, {}, { onAbort: 'revert' }), ...over };
  const { kind, reason } = progressOf(seen(reverting), status);
  expect(`${kind} ${reason}`).toBe(expected);
});
