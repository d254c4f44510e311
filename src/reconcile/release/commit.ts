import type { ReleaseStatus } from '../../api/release/release.ts';
import { desiredOf, goalKey, routeGoal, routeStateOf } from '../../release/desired.ts';
import type { DecisionContext, Observation, Part } from '../../release/observed.ts';
import { longestPause } from '../../release/status/contest.ts';
import { isAtStake, partGoal } from '../../release/status/refused-writes.ts';
import type { RouteGoal } from '../../traffic/goal.ts';
import { routerOf } from '../../traffic/routers.ts';
import type { CommitDeps, DesiredDeps } from '../pass-deps.ts';
import { FenceError, fenced } from '../write/fence.ts';
import { commitWrites } from '../write/routes.ts';
import { commitCanary } from './commit-canary.ts';
import { commitDeployment } from './commit-deployment.ts';
import { recordedPlan } from './observe.ts';

async function commitRoute(
  { routers, writer }: CommitDeps,
  { routes, release }: Observation,
  status: ReleaseStatus,
  goal: RouteGoal | null,
): Promise<void> {
  const plan = recordedPlan(status);
  if (goal === null || plan === null || routes === null) return;
  const { router } = routerOf(routers, release.spec.policy.traffic);
  await commitWrites(writer, router.writes({ ...routes, plan }, goal));
}

interface Attempt {
  readonly part: Part;
  readonly goal: string;
  readonly act: () => Promise<void>;
}

function attemptsOf(deps: DesiredDeps, observation: Observation, status: ReleaseStatus): Attempt[] {
  const desired = desiredOf(observation.release, status);
  const acts: Readonly<Record<Part, () => Promise<void>>> = {
    routes: () => commitRoute(deps, observation, status, desired.route),
    replicaSet: () => commitCanary(deps.writer, observation, desired.canary),
    deployment: () => commitDeployment(deps.writer, observation, desired.deployment),
  };
  const parts: readonly Part[] = ['routes', 'replicaSet', 'deployment'];
  return parts.flatMap((part) => {
    const goal = partGoal(part, desired);
    return goal === undefined ? [] : [{ part, goal, act: acts[part] }];
  });
}

/** When routes that somebody else has changed may be written again. */
function contestedUntil({ contests }: DesiredDeps, context: DecisionContext, status: ReleaseStatus): number {
  const { release, now } = context;
  const [state, goal] = [routeStateOf(context, status), goalKey(routeGoal(status))];
  if (state?.kind !== 'differs' || state.written === undefined || goal === undefined) return 0;
  return contests.differ(release, {
    goal,
    written: state.written,
    now,
    longestMs: longestPause(context, status),
  });
}

/**
 * Applies the desired state of the stored status. Routes come first, and a failure in one part does not stop the
 * others. Refused writes are remembered and retried at the returned time, so that the next pass can report them; any
 * other error is thrown at the end, for another try. If this pass has not just written the status, another process may
 * have: then nothing is written before that is ruled out.
 */
export async function commitDesired(
  deps: DesiredDeps,
  observation: Observation,
  persisted: { readonly status: ReleaseStatus; readonly written: boolean },
): Promise<number | undefined> {
  const { status } = persisted;
  const { tries, routers } = deps;
  const { router } = routerOf(routers, observation.release.spec.policy.traffic);
  const context: DecisionContext = { ...observation, router };
  const { release, now } = observation;
  const writer = persisted.written ? deps.writer : fenced(deps.writer, release);
  const errors: unknown[] = [];
  const times: number[] = [];
  for (const { part, goal, act } of attemptsOf({ ...deps, writer }, observation, status)) {
    const dueAt = Math.max(
      tries.dueAt(release, part, goal),
      part === 'routes' ? contestedUntil(deps, context, status) : 0,
    );
    if (dueAt > now) {
      times.push(dueAt);
      continue;
    }
    try {
      await act();
      tries.accepted(release, part);
      if (part === 'routes') deps.contests.reached(release, goal);
    } catch (error) {
      const atStake = isAtStake(context, status, part);
      const againAt = tries.failed(release, { part, goal, error, now, atStake });
      if (againAt === null) errors.push(error instanceof FenceError ? error.cause : error);
      else times.push(againAt);
    }
  }
  if (errors.length > 0) throw errors[0];
  return times.length === 0 ? undefined : Math.min(...times);
}
