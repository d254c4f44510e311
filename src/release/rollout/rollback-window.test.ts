import { describe, expect, it } from 'vitest';
import { ago, release, replicaSet, statusOf } from '../../../test/fixtures/release.ts';
import type { Release, ReleaseStatus } from '../../api/release/release.ts';
import { Policy } from '../../api/rollout/rollout.ts';
import { rollbackOf, withoutSteps } from './rollback-window.ts';

const past = (revision: string, phase: ReleaseStatus['phase'], before = 'h0'): Release => ({
  ...release(undefined, {
    revision,
    stable: { podTemplateHash: before, replicaSet: `model-${before}`, template: {} },
  }),
  status: statusOf({ phase, finishedAt: ago(60) }),
});
/** v1 came first, then v2, v3 and v4, which serves. */
const HISTORY = [past('v2', 'Promoted', 'h1'), past('v3', 'Promoted'), past('v4', 'Promoted')];
const first = replicaSet({ name: 'model-h1', replicas: 0, revision: 'v1' });

describe('coming back without steps', () => {
  it.each<[string, number, string, Release[], boolean]>([
    ['is off by default', 0, 'v3', HISTORY, false],
    ['is for the one before', 1, 'v3', HISTORY, true],
    ['is not for one further back', 1, 'v2', HISTORY, false],
    ['is for one within the window', 2, 'v2', HISTORY, true],
    ['is for what served before the first release', 3, 'v1', HISTORY, true],
    ['is not for what never served', 10, 'v9', HISTORY, false],
    ['is not for a revision that was rolled back since', 3, 'v3', [...HISTORY, past('v3', 'Aborted')], false],
    [
      'is for a revision that was cancelled undecided since',
      3,
      'v3',
      [...HISTORY, past('v3', 'Cancelled')],
      true,
    ],
    ['is not for a revision that was never promoted', 3, 'v5', [...HISTORY, past('v5', 'Superseded')], false],
  ])('%s: %i revisions, %s', (_what, revisions, revision, releases, skips) => {
    const found = rollbackOf({ rollbackWindow: { revisions } }, revision, releases, [first]);
    const why = `revision ${revision} served until ${ago(60)}: no steps (rollbackWindow.revisions ${revisions})`;
    expect(found).toBe(skips ? why : null);
  });

  it('keeps the gates that are still met', () => {
    const policy = Policy.parse({
      traffic: { istio: { virtualService: 'model' } },
      analysis: { templates: [{ name: 'errors' }] },
      approval: { at: ['10', '50', 'promotion'] },
    });
    const short = withoutSteps(policy);
    expect(short.steps).toEqual([{ weight: 50 }]);
    expect(short.approval?.at).toEqual(['50', 'promotion']);
    expect(Policy.safeParse(short).success).toBe(true);
  });
});
