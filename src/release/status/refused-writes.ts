import type { ReleaseStatus } from '../../api/release/release.ts';
import type { RouteState } from '../../traffic/goal.ts';
import { type Desired, desiredOf, goalKey, goalText, routeGoal, routeStateOf } from '../desired.ts';
import type { DecisionContext, Observation, Part } from '../observed.ts';
import type { Problem, Reason } from '../reasons/catalogue.ts';
import type { Progress } from '../stages/progress.ts';
import { stageOf } from '../stages/table.ts';
import { remedyFor } from './remedy.ts';

const REASONS: Readonly<Record<Part, Reason>> = {
  routes: 'RoutesRefused',
  replicaSet: 'ReplicaSetRefused',
  deployment: 'DeploymentRefused',
};

/** The goal of a part as one word; undefined if nothing is to write. */
export function partGoal(part: Part, { route, canary, deployment }: Desired): string | undefined {
  if (part === 'routes') return goalKey(route);
  const { kind } = part === 'replicaSet' ? canary : deployment;
  return kind === 'leave' ? undefined : kind;
}

/** What the canary is to get by the routes, for people; null where they do not name versions. */
function shareWanted(status: ReleaseStatus): string | null {
  const goal = routeGoal(status);
  return goal === null ? null : goalText(goal);
}

/** Pods of a rolled-back version that the routes do not protect from requests. */
function areExposed({ canary }: Observation, status: ReleaseStatus, state: RouteState | null): boolean {
  const keptOff = state === null || (state.kind === 'asDesired' && state.open !== true);
  return status.phase === 'Aborting' && !keptOff && (canary?.pods ?? 0) > 0;
}

/**
 * Whether requests go to the wrong pods until the part is written: the routes of a canary that has or had traffic, or
 * has pods that could get some; the size of a canary that the routes do not exclude; and the revert of a Deployment
 * that rolls out a bad version.
 */
export function isAtStake(observation: DecisionContext, status: ReleaseStatus, part: Part): boolean {
  if (part === 'deployment') return stageOf(status).workload === 'stable';
  const state = routeStateOf(observation, status);
  if (part === 'replicaSet') return areExposed(observation, status, state);
  if (state?.kind !== 'differs') return false;
  const isReachable = status.exposedAt !== undefined || (observation.canary?.pods ?? 0) > 0;
  return isReachable && (state.part === 'routes' || shareWanted(status) !== null);
}

function what(observation: DecisionContext, status: ReleaseStatus, part: Part): string {
  if (part === 'deployment') return `Deployment ${observation.release.spec.workload.name} cannot be changed`;
  if (part === 'replicaSet')
    return `the canary ReplicaSet cannot be ${observation.canary === null ? 'created' : 'changed'}`;
  const share = shareWanted(status);
  if (share !== null) return `${share} cannot be written`;
  const state = routeStateOf(observation, status);
  const isBeside = state?.kind === 'differs' && state.part === 'subsets';
  return isBeside
    ? 'what a split needs beside the routes cannot be written'
    : 'the routes cannot be put back';
}

/** A new process has tried nothing yet: another's report about the same routes stays. */
function saidBefore({ release: { status } }: Observation, part: Part, goal: string): Problem | null {
  if (part !== 'routes' || status?.routeGoal !== goal) return null;
  const found = status.conditions?.find(
    ({ type, status: held, reason }) =>
      type === 'Progressing' && held === 'False' && reason === REASONS.routes,
  );
  return found === undefined ? null : { reason: REASONS.routes, message: found.message };
}

function hindranceBy(
  observation: DecisionContext,
  status: ReleaseStatus,
  part: Part,
  desired: Desired,
): Problem | null {
  const goal = partGoal(part, desired);
  if (goal === undefined) return null;
  if (part === 'routes' && routeStateOf(observation, status)?.kind !== 'differs') return null;
  const refusal = observation.refusals?.[part];
  if (refusal === undefined) return saidBefore(observation, part, goal);
  if (refusal.goal !== goal) return null;
  const { why } = refusal;
  const again = isAtStake(observation, status, part)
    ? 'tried again each second; until then requests go where they go now'
    : 'tried again by itself';
  const message = `${what(observation, status, part)}: ${why.slice(0, 1_024)}; ${remedyFor(why)} (${again})`;
  return { reason: REASONS[part], message };
}

/** Refused writes of the release, the routes first. */
export function hindrance(observation: DecisionContext, status: ReleaseStatus): Problem | null {
  const desired = desiredOf(observation.release, status);
  const parts: readonly Part[] = ['routes', 'replicaSet', 'deployment'];
  for (const part of parts) {
    const found = hindranceBy(observation, status, part, desired);
    if (found !== null) return found;
  }
  return null;
}

/** A wait, with what prevents its end as its reason. */
export function hindered(observation: DecisionContext, status: ReleaseStatus, waiting: Progress): Progress {
  if (waiting.kind !== 'wait') return waiting;
  const found = hindrance(observation, status);
  return found === null ? waiting : { ...waiting, reason: found.reason, message: found.message };
}
