import { describe, expect, it } from 'vitest';
import { type Plan, play } from './play.ts';

const PLAN: Plan = {
  replicas: 1,
  weights: [10, 50],
  maxSurge: 1,
  maxUnavailable: 0,
  onAbort: 'hold',
  onNewRevision: 'supersede',
  failures: 0.001,
  warmUp: false,
  unreadable: 0,
  eager: false,
  happenings: [],
  fates: [],
};

/** A happening at a tick. */
const at = (tick: number, what: Plan['happenings'][number]['what']) => ({ what, at: tick, inPass: false });
/** A happening right before a write of the controller. */
const before = (write: number, what: Plan['happenings'][number]['what']) => ({
  what,
  at: write,
  inPass: true,
});

/** Found by `sequences.test.ts`, each a cause of its own. */
const PLAYS: readonly (readonly [string, Partial<Plan>])[] = [
  [
    'the labels of our DestinationRule go before its uid is recorded',
    { happenings: [before(3, 'relabelRule'), before(10, 'pushV3')] },
  ],
  [
    'our DestinationRule is given to another Rollout before its uid is recorded',
    { happenings: [before(3, 'takeOverRule'), before(10, 'pushV3')] },
  ],
  [
    'the strategy removes all pods when an update is reverted, and is corrected at once',
    {
      replicas: 2,
      maxSurge: 0,
      failures: 0.5,
      eager: true,
      happenings: [at(15, 'toAllUnavailable'), before(27, 'strategyBack'), before(1, 'promote')],
    },
  ],
  [
    'a node is drained while the routes are contested in an abort',
    { maxSurge: 0, happenings: [before(8, 'gitOpsFight'), before(28, 'canaryDrained')] },
  ],
  [
    'our DestinationRule is replaced, and the routes are refused',
    {
      replicas: 3,
      failures: 0.5,
      happenings: [at(2, 'deleteStable'), before(27, 'routesRefused'), before(25, 'replaceRule')],
      fates: [
        { fate: 'crashBefore', at: 12 },
        { fate: 'lost', at: 24 },
        { fate: 'crashBefore', at: 17 },
      ],
    },
  ],
  [
    'the routes are refused for longer than deadlines.drain',
    { replicas: 6, happenings: [at(17, 'routesRefused'), at(38, 'deleteRollout'), at(47, 'routesRefused')] },
  ],
  [
    'our DestinationRule is replaced, and no ReplicaSet can be changed',
    {
      replicas: 3,
      happenings: [at(5, 'replaceRule'), before(13, 'replicaSetsFrozen')],
      fates: [
        { fate: 'crashAfter', at: 7 },
        { fate: 'crashAfter', at: 6 },
        { fate: 'conflict', at: 5 },
      ],
    },
  ],
  [
    'a stale copy of the split comes while the routes are contested',
    {
      replicas: 2,
      happenings: [before(5, 'gitOpsFight'), at(40, 'staleSplit')],
      fates: [{ fate: 'conflict', at: 2 }],
    },
  ],
  [
    'somebody lets a Deployment go while the routes are refused',
    {
      replicas: 6,
      warmUp: true,
      unreadable: 8,
      eager: true,
      happenings: [before(9, 'routesRefused'), at(36, 'optOutAndResume')],
    },
  ],
  [
    'a process dies between the routes of a plan and those that came later',
    {
      eager: true,
      happenings: [at(37, 'addVirtualService'), before(21, 'deleteRollout')],
      fates: [
        { fate: 'crashBefore', at: 37 },
        { fate: 'crashBefore', at: 10 },
        { fate: 'crashBefore', at: 19 },
      ],
    },
  ],
  [
    'a stale copy of the split comes when the Deployment is gone',
    {
      replicas: 6,
      happenings: [before(30, 'staleSplit'), at(32, 'deleteDeployment')],
      fates: [
        { fate: 'lost', at: 12 },
        { fate: 'lost', at: 15 },
      ],
    },
  ],
  [
    'the only pod of a version that has just been promoted crashes',
    {
      maxSurge: 0,
      onNewRevision: 'queue',
      happenings: [at(11, 'pushV3'), at(15, 'deploymentsFrozen'), before(37, 'canaryCrashes')],
    },
  ],
  [
    'the routes are contested while a canary that was deleted drains',
    {
      replicas: 6,
      happenings: [before(14, 'optOut'), at(18, 'gitOpsFight'), before(32, 'deleteCanary')],
      fates: [
        { fate: 'crashBefore', at: 31 },
        { fate: 'crashBefore', at: 16 },
      ],
    },
  ],
  [
    'the Deployment cannot be changed after its Release was deleted',
    { happenings: [before(21, 'replaceRule'), before(16, 'deleteRelease'), before(25, 'deploymentsFrozen')] },
  ],
];

describe('a play that went wrong once', () => {
  it.each(PLAYS)('%s', async (_what, plan) => {
    expect(await play({ ...PLAN, ...plan })).toEqual([]);
  });
});
