import { describe, expect, it } from 'vitest';
import { NOW, replicaSet, routesAre, seen, statusOf } from '../../../test/fixtures/release.ts';
import type { RouteState } from '../../traffic/goal.ts';
import { proceed, wait } from '../stages/progress.ts';
import { contested, longestPause } from './contest.ts';

const stepping = statusOf({ phase: 'Stepping', stage: 'Analysing', weight: 25 });
const contest = {
  times: 4,
  quietAt: NOW + 9_000,
  written: { kind: 'VirtualService', name: 'model', field: 'spec.http', version: '7', by: 'flux' },
};

describe('routes that somebody changes back', () => {
  it('are reported in place of what is waited for, with who does it and what to do', () => {
    const waiting = { ...wait('WaitingForApproval', 'who?', NOW + 60_000), gate: '50' };
    expect(contested(seen({ contest }), stepping, waiting)).toEqual({
      kind: 'wait',
      reason: 'RoutesContested',
      message:
        'field manager "flux" has changed the routes of VirtualService model back 4 times: let it leave spec.http alone (manifests/docs/gitops.md); until then the weights do not hold, and no window is counted',
      gate: '50',
      until: NOW + 9_000,
    });
  });

  it('keep nothing from moving, and are nobody’s where the release has no routes', () => {
    const move = proceed('StepPassed', 'it has');
    expect(contested(seen({ contest }), stepping, move)).toBe(move);
    const waiting = wait('Preflight', 'looking');
    expect(contested(seen({ contest }), statusOf({ phase: 'Pending' }), waiting)).toBe(waiting);
  });

  it.each([
    ['each second where the canary is to have nothing', { phase: 'Aborting', stage: 'Draining' }, 1, 1_000],
    ['less often where it has a weight', { phase: 'Stepping', stage: 'Analysing', weight: 25 }, 1, 5_000],
    ['within seconds where an abort waits for them', { phase: 'Aborting', stage: 'Draining' }, 0, 5_000],
    ['seldom where it has no pods', { phase: 'Starting', stage: 'Routing' }, 0, 30_000],
  ] as const)('are written again %s', (_when, status, pods, expected) => {
    expect(longestPause(seen({ canary: replicaSet({ pods }) }), statusOf(status))).toBe(expected);
  });

  it('are written again each second where they send requests to a canary without pods', () => {
    const status = statusOf({ phase: 'Starting', stage: 'Routing' });
    const state: RouteState = { kind: 'differs', part: 'routes', what: 'x', toCanary: true };
    const canary = replicaSet({ pods: 0 });
    expect(longestPause(seen({ canary, ...routesAre(state) }), status)).toBe(1_000);
  });
});
