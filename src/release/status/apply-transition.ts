import { watchesTraffic } from '../../analysis/verdict/check.ts';
import { startStep } from '../../analysis/verdict/state.ts';
import { placeOf } from '../../api/release/places.ts';
import type { Passage, Release, ReleaseStatus } from '../../api/release/release.ts';
import type { Policy } from '../../api/rollout/rollout.ts';
import { durationMs } from '../../api/values/duration.ts';
import { isFinal, MACHINE_VERSION, type Position, startPosition } from '../machine.ts';
import type { Reason } from '../reasons/catalogue.ts';
import type { StageColumns } from '../stages/columns.ts';
import { stageOf } from '../stages/table.ts';
import { weightAfter } from '../strategy/next-weight.ts';
import { PROMOTION, START, stepsAhead, stepTextOf, stepTraffic } from '../strategy/steps.ts';
import { stickyOf } from '../strategy/sticky.ts';

const iso = (ms: number): string => new Date(ms).toISOString();

/** A copy without the named fields, since a removed optional field must be absent, not undefined. */
function without<T extends object, K extends keyof T>(value: T, ...keys: K[]): Omit<T, K> {
  const copy = { ...value };
  for (const key of keys) delete copy[key];
  return copy;
}

/** The status of a release before its first pass. */
export function initialStatus(release: Pick<Release, 'spec'>): ReleaseStatus {
  const { policy } = release.spec;
  const steps = stepsAhead(policy, {}, 0);
  const context = { step: 0, steps, queued: false, whole: false, outcome: undefined, handedOver: false };
  return {
    machineVersion: MACHINE_VERSION,
    phase: startPosition(context).phase,
    step: 0,
    stepText: START,
    weight: 0,
    replicas: 0,
  };
}

/**
 * How long, `keep`, or null for none. A step keeps its deadline while the canary recovers, so that repeated failures
 * reach it.
 */
function deadlineOf({ deadlines }: Policy, from: ReleaseStatus, to: Position): string | null {
  const { deadline } = stageOf(to);
  if (deadline === null) return null;
  const isSame =
    stageOf(from).deadline === deadline && (deadline !== 'step' || from.step === to.context.step);
  return isSame ? 'keep' : deadlines[deadline];
}

type Share = Pick<ReleaseStatus, 'weight' | 'match' | 'mirror' | 'sticky'>;

function shareOf({ weight, match, mirror, sticky }: Share): Share {
  return {
    weight,
    ...(sticky === undefined ? {} : { sticky }),
    ...(match === undefined ? {} : { match }),
    ...(mirror === undefined ? {} : { mirror }),
  };
}

const SHARES: Readonly<
  Record<StageColumns['weight'], (policy: Policy, from: ReleaseStatus, to: Position) => Share | undefined>
> = {
  zero: () => ({ weight: 0 }),
  kept: () => undefined,
  connect: ({ canary: { connect } }, { match }) =>
    connect === undefined ? undefined : { weight: connect.weight, ...(match === undefined ? {} : { match }) },
  step: (policy, from, { context }) => stepTraffic(policy, from, context.step),
  all: () => ({ weight: 100 }),
};

/** What the canary is to have when a stage is entered. */
function given(policy: Policy, from: ReleaseStatus, to: Position): Share {
  const share = SHARES[stageOf(to).weight](policy, from, to);
  if (share === undefined) return from;
  const sticky = share.weight > 0 && share.weight < 100 ? stickyOf(policy) : undefined;
  return sticky === undefined
    ? share
    : { ...share, sticky: { ...sticky, thresholds: [...sticky.thresholds] } };
}

/** Whether the stage gives the canary traffic. */
function exposes(to: Position): boolean {
  const { weight } = stageOf(to);
  return weight === 'connect' || weight === 'step';
}

function trailOf(status: ReleaseStatus, passage: Passage): Passage[] {
  return [...(status.trail ?? []), passage].slice(-40);
}

/** Where a release is among its steps, for people. */
function stepNamed(policy: Policy, from: ReleaseStatus, to: Position): Pick<ReleaseStatus, 'stepText'> {
  const { step } = stageOf(to);
  if (step === 'start') return { stepText: START };
  if (step === 'promotion') return { stepText: PROMOTION };
  return step === 'weight' ? { stepText: stepTextOf(policy, from, to.context.step) } : {};
}

/** The weights chosen by the evidence, including that of a starting step. */
function chosen({ policy, metrics }: Release['spec'], from: ReleaseStatus, to: Position): number[] | null {
  const { autoSteps } = policy;
  if (autoSteps === undefined || from.phase === 'Pending') return null;
  const weights = from.weights ?? [autoSteps.min];
  if (to.context.step < weights.length) return weights;
  const states = from.analysis?.metrics ?? [];
  const next = weightAfter(policy, metrics, states, weights.at(-1) ?? autoSteps.min);
  return next === null ? weights : [...weights, next];
}

/**
 * Fields whose meaning ends with their stage. A release that ends while Pending has touched no route, so it must not
 * restore what it read of them.
 */
function carried(status: ReleaseStatus, to: Position): ReleaseStatus {
  const kept = without(
    status,
    'stage',
    'waitingFor',
    'waitingSince',
    'unhealthySince',
    'shared',
  ) as ReleaseStatus;
  const untouched = status.phase === 'Pending' && to.phase === 'Aborting';
  return untouched ? (without(kept, 'service', 'plan', 'routes', 'moreServices') as ReleaseStatus) : kept;
}

/** Longest message that the API takes. */
const MOST_MESSAGE = 2_048;

function withDeadline(status: ReleaseStatus, deadline: string | null, now: number): ReleaseStatus {
  if (deadline === 'keep') return status;
  const rest = without(status, 'deadline') as ReleaseStatus;
  return deadline === null ? rest : { ...rest, deadline: iso(now + durationMs(deadline)) };
}

/** Measurements before any traffic apply to all steps. */
function withFreshStep({ spec }: Pick<Release, 'spec'>, status: ReleaseStatus, to: Position): ReleaseStatus {
  if (stageOf(to).analysis !== 'step') return status;
  const kept = new Set(spec.metrics.filter((one) => !watchesTraffic(one)).map(({ name }) => name));
  const metrics = (status.analysis?.metrics ?? []).map((state) =>
    kept.has(state.name) ? state : startStep(state),
  );
  const { pods } = status.analysis ?? {};
  return { ...status, analysis: { windows: 0, metrics, ...(pods === undefined ? {} : { pods }) } };
}

/** The status after the transition to `to`, at `now`, for the given reason. */
export function applyTransition(
  release: Pick<Release, 'spec'>,
  from: ReleaseStatus,
  to: Position,
  why: { readonly now: number; readonly reason: Reason; readonly message: string },
): ReleaseStatus {
  const { policy } = release.spec;
  const weights = chosen(release.spec, from, to);
  const withWeights = weights === null ? from : { ...from, weights };
  const at = iso(why.now);
  const place = placeOf(to.phase, to.stage);
  const outcome = to.context.outcome;
  const keepsReason = from.phase === 'Aborting';
  const share = shareOf(given(policy, withWeights, to));
  const moved: ReleaseStatus = {
    ...without(carried(withWeights, to), 'match', 'mirror', 'sticky'),
    phase: to.phase,
    ...(to.stage === undefined ? {} : { stage: to.stage }),
    step: to.context.step,
    ...stepNamed(policy, withWeights, to),
    ...(keepsReason ? {} : { reason: why.reason, message: why.message.slice(0, MOST_MESSAGE) }),
    ...share,
    ...(to.context.handedOver ? { handedOver: true } : {}),
    ...(outcome === undefined ? {} : { outcome }),
    stageStartedAt: at,
    ...(from.phase === 'Pending' && to.phase === 'Starting' ? { startedAt: at } : {}),
    ...(exposes(to) && from.exposedAt === undefined ? { exposedAt: at } : {}),
    ...(stageOf(to).recovers ? { unhealthySince: at } : {}),
    ...(isFinal(to.phase) ? { finishedAt: at } : {}),
    trail: trailOf(from, { phase: place, at, reason: why.reason, weight: share.weight }),
  };
  return withFreshStep(release, withDeadline(moved, deadlineOf(policy, from, to), why.now), to);
}
