import { describe, expect, it } from 'vitest';
import {
  ago,
  deployment,
  metricState,
  NOW,
  PLAN,
  release,
  replicaSet,
  routesAre,
  seen,
  statusOf,
  template,
} from '../../../test/fixtures/release.ts';
import type { Phase, Stage } from '../../api/release/places.ts';
import type { ReleaseStatus } from '../../api/release/release.ts';
import type { DecisionContext } from '../observed.ts';
import { progressOf } from './stages.ts';

type Row = [
  what: string,
  place: string,
  status: Partial<ReleaseStatus>,
  over: Partial<DecisionContext>,
  expected: string,
];

const confirmed = (seconds: number): Partial<ReleaseStatus> => ({ routeConfirmedAt: ago(seconds) });
const passed = { analysis: { windows: 3, metrics: [metricState('pass')] } };
const two = { replicas: 2 };
const whole = { replicas: 1, weight: 100 };
const approval = (at: string[], approvals: object[] = []) =>
  release(undefined, { approvals }, { approval: { at } });
const ours = replicaSet({ ownerUid: 'u-deployment' });
const short = replicaSet({ replicas: 2, ready: 1, available: 1 });
const down = replicaSet({ ready: 0, available: 0 });
const updated = { paused: false, held: false, complete: true };
const complete = { deployment: deployment(updated) };
const undrained = { canary: null, release: release(undefined, {}, { drain: '0s' }) };
const named = routesAre({ kind: 'differs', part: 'routes', what: 'w' });
const quick = { canary: null, gatherMs: 1_000 };
const stableAgain = deployment({ revision: 'v1' });

const rows: Row[] = [
  ['before preflight', 'Pending', {}, {}, 'wait Preflight +1'],
  [
    'with a problem',
    'Pending',
    {},
    { preflight: { problem: { reason: 'RouteNotFound', message: 'm' } } },
    'wait RouteNotFound +10',
  ],
  [
    'with a plan',
    'Pending',
    {},
    { preflight: { plan: { service: 's', data: PLAN.data } } },
    'proceed PreflightPassed',
  ],
  [
    'before approval',
    'Pending',
    {},
    { preflight: { plan: { service: 's', data: PLAN.data } }, release: approval(['start']) },
    'wait WaitingForApproval',
  ],
  [
    'after approval',
    'Pending',
    {},
    {
      preflight: { plan: { service: 's', data: PLAN.data } },
      release: approval(['start'], [{ gate: 'start', by: '', onBehalfOf: '' }]),
    },
    'proceed PreflightPassed',
  ],
  ['subsets not there', 'Starting.Preparing', {}, {}, 'wait RoutesPending'],
  ['subsets in force', 'Starting.Preparing', confirmed(2), {}, 'proceed SubsetsReady'],
  ['routes not there', 'Starting.Routing', {}, {}, 'wait RoutesPending'],
  ['routes settling', 'Starting.Routing', confirmed(1), {}, 'wait RoutesSettling +1'],
  ['routes in force', 'Starting.Routing', confirmed(2), {}, 'proceed RoutesReady'],
  ['no pods yet', 'Starting.Loading', two, { canary: null }, 'wait CanaryLoading'],
  ['too few pods', 'Starting.Loading', two, { canary: short }, 'wait CanaryLoading'],
  ['all pods', 'Starting.Loading', { replicas: 1 }, {}, 'proceed CanaryReady'],
  [
    'all pods, paused',
    'Starting.Loading',
    { replicas: 1 },
    { release: release(undefined, { paused: true }) },
    'wait Paused',
  ],
  [
    'all pods, first weight not approved',
    'Starting.Loading',
    { replicas: 1 },
    { release: approval(['10']) },
    'wait WaitingForApproval',
  ],
  ['a fall', 'Stepping.Scaling', two, { canary: down }, 'unhealthy CanaryUnhealthy'],
  ['a canary that is gone', 'Stepping.Analysing', {}, { canary: null }, 'unhealthy CanaryUnhealthy'],
  ['too few pods', 'Stepping.Scaling', two, { canary: short }, 'wait CanaryLoading'],
  ['all pods', 'Stepping.Scaling', { replicas: 1 }, {}, 'proceed CanaryReady'],
  [
    'all pods, paused',
    'Stepping.Scaling',
    { replicas: 1 },
    { release: release(undefined, { paused: true }) },
    'wait Paused',
  ],
  ['a weight to be raised', 'Stepping.Shifting', {}, {}, 'proceed WeightRaised'],
  ['no evidence', 'Stepping.Analysing', {}, {}, 'wait Analysing'],
  ['enough evidence', 'Stepping.Analysing', passed, {}, 'proceed StepPassed'],
  [
    'evidence, but a gate',
    'Stepping.Analysing',
    passed,
    { release: approval(['25']) },
    'wait WaitingForApproval',
  ],
  [
    'evidence, but the last gate',
    'Stepping.Analysing',
    { ...passed, step: 2 },
    { release: approval(['promotion']) },
    'wait WaitingForApproval',
  ],
  [
    'evidence, but paused',
    'Stepping.Analysing',
    passed,
    { release: release(undefined, { paused: true }) },
    'wait Paused',
  ],
  [
    'evidence, but not baked',
    'Stepping.Analysing',
    { ...passed, ...confirmed(10) },
    { release: release(undefined, {}, { steps: [{ weight: 10, bake: '60s' }] }) },
    'wait Baking +52',
  ],
  [
    'skipped',
    'Stepping.Analysing',
    {},
    { release: release(undefined, { skipStep: 0 }) },
    'proceed StepSkipped',
  ],
  [
    'another step skipped',
    'Stepping.Analysing',
    {},
    { release: release(undefined, { skipStep: 1 }) },
    'wait Analysing',
  ],
  [
    'still down',
    'Stepping.Recovering',
    { unhealthySince: ago(5) },
    { canary: down },
    'wait CanaryUnhealthy +10',
  ],
  ['up again', 'Stepping.Recovering', { unhealthySince: ago(5) }, {}, 'recovered CanaryRecovered'],
  ['too few pods', 'Promoting.Sizing', two, { canary: short }, 'wait CanaryLoading'],
  [
    'too many pods',
    'Promoting.Sizing',
    { replicas: 1 },
    { canary: replicaSet({ replicas: 3, available: 3 }) },
    'wait CanaryLoading',
  ],
  ['a fall', 'Promoting.Sizing', two, { canary: down }, 'unhealthy CanaryUnhealthy'],
  ['all pods', 'Promoting.Sizing', { replicas: 1 }, {}, 'proceed CanarySized'],
  [
    'all pods, paused',
    'Promoting.Sizing',
    { replicas: 1 },
    { release: release(undefined, { paused: true }) },
    'wait Paused',
  ],
  ['all traffic, not in force', 'Promoting.Sizing', whole, {}, 'wait RoutesPending'],
  ['all traffic in force', 'Promoting.Sizing', { ...whole, ...confirmed(9) }, {}, 'proceed CanarySized'],
  ['routes not whole', 'Promoting.RestoringRoutes', { replicas: 1 }, {}, 'wait RoutesPending'],
  [
    'routes whole, pod lost',
    'Promoting.RestoringRoutes',
    { ...two, ...confirmed(9) },
    { canary: short },
    'wait CanaryLoading',
  ],
  [
    'routes whole',
    'Promoting.RestoringRoutes',
    { replicas: 1, ...confirmed(9) },
    {},
    'proceed RoutesRestored',
  ],
  ['not ours yet', 'Promoting.HandingOver', { replicas: 1 }, {}, 'wait HandingOver'],
  ['a pod lost before it', 'Promoting.HandingOver', two, { canary: short }, 'resize CanaryShort'],
  [
    'all pods lost before it',
    'Promoting.HandingOver',
    { replicas: 1 },
    { canary: down },
    'unhealthy CanaryUnhealthy',
  ],
  [
    'a twin',
    'Promoting.HandingOver',
    { replicas: 1 },
    { canary: ours, twins: [replicaSet()] },
    'wait HandingOver',
  ],
  ['handed over', 'Promoting.HandingOver', { replicas: 1 }, { canary: ours }, 'proceed HandedOver'],
  [
    'handed over, pods lost',
    'Promoting.HandingOver',
    { replicas: 1 },
    { canary: { ...ours, ready: 0 } },
    'proceed HandedOver',
  ],
  ['held still', 'Promoting.Updating', {}, {}, 'wait Updating'],
  [
    'paused by its owner',
    'Promoting.Updating',
    {},
    { deployment: deployment({ held: false }) },
    'wait PausedByOwner',
  ],
  [
    'incomplete',
    'Promoting.Updating',
    {},
    { deployment: deployment({ ...updated, complete: false }) },
    'wait Updating',
  ],
  [
    'complete with another template',
    'Promoting.Updating',
    {},
    { deployment: deployment({ ...updated, revision: 'v3' }) },
    'wait Updating',
  ],
  ['complete, a route differs', 'Promoting.Updating', {}, complete, 'wait RoutesPending'],
  ['subset known', 'Promoting.Updating', confirmed(11), complete, 'wait RoutesSettling +1'],
  ['subset not known', 'Promoting.Updating', confirmed(12), complete, 'proceed UpdateComplete'],
  ['complete with all traffic', 'Promoting.Updating', { weight: 100 }, complete, 'wait RoutesSettling +2'],
  ['routes still split', 'Promoting.Unsplitting', { weight: 100 }, {}, 'wait RoutesPending'],
  ['subset still known', 'Promoting.Unsplitting', confirmed(11), {}, 'wait RoutesSettling +1'],
  ['subset unknown', 'Promoting.Unsplitting', confirmed(12), {}, 'proceed RoutesRestored'],
  ['rule still there', 'Promoting.CleaningUp', {}, {}, 'wait RoutesPending'],
  ['rule gone', 'Promoting.CleaningUp', confirmed(0), {}, 'proceed Promoted'],
  ['subsets named again', 'Promoting.CleaningUp', {}, named, 'named RoutesNamed'],
  ['next not written', 'Promoting.RestoringNewerTemplate', {}, {}, 'wait RestoringNewerTemplate'],
  [
    'next written',
    'Promoting.RestoringNewerTemplate',
    {},
    { deployment: deployment({ revision: 'v3' }) },
    'proceed Promoted',
  ],
  ['never had traffic', 'Aborting.Draining', {}, {}, 'proceed Drained'],
  ['weight 0 not there', 'Aborting.Draining', { exposedAt: ago(60) }, {}, 'wait RoutesPending'],
  ['draining', 'Aborting.Draining', { exposedAt: ago(60), ...confirmed(4) }, {}, 'wait Draining +6'],
  ['drained', 'Aborting.Draining', { exposedAt: ago(60), ...confirmed(10) }, {}, 'wait Draining +2.5'],
  [
    'drained, and seen to be',
    'Aborting.Draining',
    { exposedAt: ago(60), ...confirmed(13) },
    { residual: { kind: 'still' } },
    'proceed Drained',
  ],
  [
    'whole and drained',
    'Aborting.BypassingSubsets',
    { exposedAt: ago(60), ...confirmed(10) },
    { deployment: deployment({ paused: false }) },
    'proceed Drained',
  ],
  ['it was handed over', 'Aborting.Draining', {}, { canary: ours }, 'handedOver HandedOver'],
  [
    'somebody resumed',
    'Aborting.Draining',
    {},
    { deployment: deployment({ paused: false }) },
    'resumed HoldLifted',
  ],
  [
    'somebody resumed and deletes',
    'Aborting.Draining',
    {},
    { deployment: deployment({ paused: false, deleting: true }) },
    'proceed Drained',
  ],
  [
    'whole and draining',
    'Aborting.BypassingSubsets',
    { exposedAt: ago(60), ...confirmed(4) },
    { deployment: deployment({ paused: false }) },
    'wait Draining +6',
  ],
  ['pods left', 'Aborting.Removing', {}, {}, 'wait Removing'],
  ['pods gone', 'Aborting.Removing', {}, { canary: null }, 'proceed CanaryRemoved'],
  [
    'somebody resumed',
    'Aborting.Removing',
    {},
    { deployment: deployment({ paused: false }) },
    'resumed HoldLifted',
  ],
  ['not back', 'Aborting.ReturningToStable', {}, {}, 'wait ReturningToStable'],
  [
    'back',
    'Aborting.ReturningToStable',
    {},
    { deployment: deployment({ ...updated, revision: 'v1' }) },
    'wait RoutesSettling +2',
  ],
  [
    'paused by its owner',
    'Aborting.ReturningToStable',
    {},
    { deployment: deployment({ held: false }) },
    'wait PausedByOwner',
  ],
  ['workload gone', 'Aborting.ReturningToStable', {}, { deployment: null }, 'proceed Retreated'],
  [
    'workload going',
    'Aborting.ReturningToStable',
    {},
    { deployment: deployment({ deleting: true }) },
    'proceed Retreated',
  ],
  ['canary left', 'Aborting.RestoringRoutes', confirmed(9), {}, 'wait Removing'],
  [
    'canary handed over',
    'Aborting.RestoringRoutes',
    { handedOver: true, ...confirmed(12) },
    { canary: ours },
    'proceed RoutesRestored',
  ],
  [
    'subset still known',
    'Aborting.RestoringRoutes',
    confirmed(11),
    { canary: null },
    'wait RoutesSettling +1',
  ],
  ['known, no drain', 'Aborting.RestoringRoutes', confirmed(11), undrained, 'wait RoutesSettling +1'],
  ['quick istiod', 'Aborting.RestoringRoutes', confirmed(3), quick, 'proceed RoutesRestored'],
  ['routes settling', 'Aborting.RestoringRoutes', confirmed(1), { canary: null }, 'wait RoutesSettling +1'],
  ['no routes', 'Aborting.RestoringRoutes', {}, { routes: null, canary: null }, 'proceed RoutesGone'],
  ['subsets named again', 'Aborting.CleaningUp', { plan: PLAN }, named, 'named RoutesNamed'],
  ['rule left', 'Aborting.CleaningUp', { reason: 'Why' }, { canary: null }, 'wait RoutesPending'],
  ['rule gone', 'Aborting.CleaningUp', { reason: 'Why', ...confirmed(0) }, { canary: null }, 'proceed Why'],
  [
    'to be resumed',
    'Aborting.CleaningUp',
    { reason: 'TemplateReverted', ...confirmed(0) },
    { canary: null, deployment: stableAgain },
    'wait Resuming',
  ],
  [
    'a push on top is not resumed',
    'Aborting.CleaningUp',
    { reason: 'TemplateReverted', ...confirmed(0) },
    { canary: null },
    'proceed TemplateReverted',
  ],
  [
    'next to be put back',
    'Aborting.CleaningUp',
    { handedOver: true, next: template('v3'), ...confirmed(0) },
    { canary: null, deployment: stableAgain },
    'wait RestoringNewerTemplate',
  ],
  [
    'next is back',
    'Aborting.CleaningUp',
    { handedOver: true, next: template('v3'), reason: 'Why', ...confirmed(0) },
    { canary: null, deployment: deployment({ revision: 'v3' }) },
    'proceed Why',
  ],
  ['the end', 'Aborted', { reason: 'Why' }, {}, 'wait Why'],
];

function progress(place: string, over: Partial<ReleaseStatus>, seenOver: Partial<DecisionContext>): string {
  const [phase = '', stage] = place.split('.');
  const at = { phase: phase as Phase, ...(stage === undefined ? {} : { stage: stage as Stage }) };
  const found = progressOf(seen(seenOver), statusOf({ ...at, ...over }));
  if (found.kind === 'event') return `${found.event.type} ${found.reason}`;
  const until = found.until === undefined ? '' : ` +${(found.until - NOW) / 1_000}`;
  return `wait ${found.reason}${until}`;
}

describe('progressOf', () => {
  it.each(rows)('%s (%s)', (_what, place, status, over, expected) => {
    expect(progress(place, status, over)).toBe(expected);
  });
});
