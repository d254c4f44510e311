import type { ReleaseStatus } from '../api/release.ts';
import { abandonment } from './abandon.ts';
import { withCondition } from './conditions.ts';
import { goalKey, routeGoal } from './desired.ts';
import { enter, initialStatus } from './enter.ts';
import { look, nextWindow } from './look.ts';
import { advance, isFinal, type MachineEvent, type Position, positionFromStatus } from './machine.ts';
import { type Progress, progressOf } from './progress.ts';
import type { Seen } from './seen.ts';
import { canarySize, handoverSize } from './size.ts';

/** Something that a person should be able to read in the events of the Release. */
export interface Notice {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly note: string;
}

/** What one pass came to. */
export interface Decision {
  readonly status: ReleaseStatus;
  /** False where the persisted status says the same already and no write is due. */
  readonly changed: boolean;
  readonly notices: readonly Notice[];
  /** When to look again without being woken, in epoch milliseconds. */
  readonly wakeAt?: number;
}

/** Waits of which a person should hear: they end only by somebody's doing, or mean trouble. */
const ORDINARY_WAITS: readonly string[] = [
  'Preflight',
  'RoutesPending',
  'RoutesSettling',
  'CanaryLoading',
  'Analysing',
  'Baking',
  'HandingOver',
  'Updating',
  'Draining',
  'Removing',
  'Retreating',
  'Reverting',
  'Resuming',
  'Yielding',
];

/** Most moves that one observation can carry a release through; each is one that had already come true. */
const MOST_MOVES = 12;

function withReplicas(seen: Seen, status: ReleaseStatus): ReleaseStatus {
  const total = seen.deployment?.replicas;
  const { steps } = seen.release.spec.policy;
  if (total === undefined || !['Starting', 'Stepping', 'Promoting'].includes(status.phase)) return status;
  if (status.handedOver === true) return status;
  const forStep = canarySize(total, steps[status.step]?.weight ?? 100);
  const sized =
    status.stage === 'Sizing' ? handoverSize(total, seen.deployment?.surge ?? 0, forStep) : forStep;
  const replicas = status.stage === 'HandingOver' ? status.replicas : sized;
  return { ...status, replicas };
}

/** Notes since when the routes are as they are to be; a new goal, or a difference, starts the time anew. */
function withRoute(seen: Seen, status: ReleaseStatus): ReleaseStatus {
  const goal = routeGoal(status);
  const { routeGoal: oldKey, routeConfirmedAt, ...rest } = status;
  if (goal === null) return rest;
  const key = goalKey(goal) ?? '';
  const inForce = seen.routeState(goal)?.kind === 'asDesired';
  if (!inForce) return { ...rest, routeGoal: key };
  const since =
    key === oldKey && routeConfirmedAt !== undefined ? routeConfirmedAt : new Date(seen.now).toISOString();
  return { ...rest, routeGoal: key, routeConfirmedAt: since };
}

/** A template that came after the handover is kept and released after this one. */
function withNext(seen: Seen, status: ReleaseStatus): ReleaseStatus {
  const { deployment, release, stableRevision } = seen;
  if (status.phase !== 'Promoting' || status.handedOver !== true || deployment === null) return status;
  if (status.stage === 'Yielding') return status;
  if (deployment.revision === release.spec.revision || deployment.revision === stableRevision) return status;
  return { ...status, next: deployment.template };
}

function withPlan(seen: Seen, status: ReleaseStatus): ReleaseStatus {
  if (status.phase !== 'Pending' || seen.preflight === null || 'problem' in seen.preflight) return status;
  const { service, originals } = seen.preflight.plan;
  return { ...status, service, routes: [...originals] };
}

function moveOf(seen: Seen, status: ReleaseStatus): Progress {
  const found = abandonment(seen, status);
  if (found === null) return progressOf(seen, status);
  const handedOver =
    seen.canary !== null && seen.deployment !== null && seen.canary.ownerUid === seen.deployment.uid;
  const event: MachineEvent = { type: 'abandon', outcome: found.outcome, handedOver };
  return { kind: 'event', event, reason: found.reason, message: found.message };
}

function noticeOf(
  from: ReleaseStatus,
  to: ReleaseStatus,
  move: { reason: string; message: string },
): Notice[] {
  const bad = to.phase === 'Aborting' && to.outcome === 'Aborted';
  const worthTelling = from.phase !== to.phase || to.stage === 'Analysing' || to.stage === 'Recovering';
  if (!worthTelling) return [];
  const reason = isFinal(to.phase) ? to.phase : move.reason;
  const where = to.phase === 'Stepping' ? `step ${to.stepText}, weight ${to.weight} %` : to.phase;
  const note = `${where}: ${isFinal(to.phase) ? (to.message ?? move.message) : move.message}`;
  return [
    { type: bad || to.phase === 'Aborted' || to.stage === 'Recovering' ? 'Warning' : 'Normal', reason, note },
  ];
}

function samePlace(a: Position, b: Position): boolean {
  return a.phase === b.phase && a.stage === b.stage && a.context.step === b.context.step;
}

function settle(
  seen: Seen,
  before: ReleaseStatus,
): { status: ReleaseStatus; notices: Notice[]; waiting: Progress } {
  const steps = seen.release.spec.policy.steps.length;
  const notices: Notice[] = [];
  let status = before;
  for (let moves = 0; ; moves++) {
    status = withRoute(seen, withReplicas(seen, withNext(seen, withPlan(seen, status))));
    const move = moveOf(seen, status);
    if (move.kind === 'wait' || moves >= MOST_MOVES || isFinal(status.phase))
      return { status, notices, waiting: move };
    const from = positionFromStatus(status, steps);
    const to = advance(from, move.event);
    if (samePlace(from, to)) return { status, notices, waiting: move };
    const next = enter(seen.release, status, to, {
      now: seen.now,
      reason: move.reason,
      message: move.message,
    });
    notices.push(...noticeOf(status, next, move));
    status = next;
  }
}

function overdue(seen: Seen, status: ReleaseStatus, waiting: Progress): Progress {
  if (status.deadline === undefined || seen.now < Date.parse(status.deadline)) return waiting;
  if (status.phase === 'Promoting') {
    return {
      kind: 'wait',
      reason: 'PromotionOverdue',
      message: `the promotion takes longer than deadlines.promotion: ${waiting.message}`,
    };
  }
  if (status.stage !== 'Analysing') return waiting;
  return {
    kind: 'wait',
    reason: 'StepOverdue',
    message: `the step has not passed within deadlines.step and stays at ${status.weight} %: ${waiting.message}. Abort, or set spec.skipStep: ${status.step}`,
  };
}

function isStuck(status: ReleaseStatus | undefined): boolean {
  return (
    status?.conditions?.some(({ type, status: held }) => type === 'Progressing' && held === 'False') === true
  );
}

/** Puts a wait that a person should know of into the status, and says it once. */
function explain(
  seen: Seen,
  status: ReleaseStatus,
  waiting: Progress,
): { status: ReleaseStatus; notices: Notice[] } {
  if (waiting.kind !== 'wait' || isFinal(status.phase) || status.phase === 'Aborting')
    return { status, notices: [] };
  const { waitingFor: _old, ...rest } = status;
  const gate = waiting.gate === undefined ? {} : { waitingFor: waiting.gate };
  if (ORDINARY_WAITS.includes(waiting.reason)) {
    const goesOn = isStuck(seen.release.status) && seen.release.status?.reason === status.reason;
    const why = goesOn ? { reason: waiting.reason, message: waiting.message } : {};
    return { status: { ...rest, ...gate, ...why }, notices: [] };
  }
  const next = { ...rest, ...gate, reason: waiting.reason, message: waiting.message };
  const told =
    seen.release.status?.reason === waiting.reason && seen.release.status.message === waiting.message;
  const toldReason = seen.release.status?.reason === waiting.reason;
  const type = waiting.reason === 'WaitingForApproval' || waiting.reason === 'Paused' ? 'Normal' : 'Warning';
  return {
    status: next,
    notices: told || toldReason ? [] : [{ type, reason: waiting.reason, note: waiting.message }],
  };
}

function withConditions(seen: Seen, status: ReleaseStatus, waiting: Progress): ReleaseStatus {
  const generation = seen.release.metadata.generation;
  const observed = generation === undefined ? {} : { observedGeneration: generation };
  const stuck = waiting.kind === 'wait' && !ORDINARY_WAITS.includes(waiting.reason);
  const done = isFinal(status.phase);
  const reason = status.reason ?? status.phase;
  const message = status.message ?? '';
  const progressing = {
    type: 'Progressing',
    status: done || stuck ? 'False' : 'True',
    reason,
    message,
    ...observed,
  } as const;
  const succeeded = done ? (status.phase === 'Promoted' ? 'True' : 'False') : 'Unknown';
  const conditions = withCondition(status.conditions, progressing, seen.now);
  return {
    ...status,
    ...observed,
    conditions: withCondition(
      conditions,
      { type: 'Succeeded', status: succeeded, reason, message, ...observed },
      seen.now,
    ),
  };
}

/** Status fields that alone are not worth a write. */
function comparable(status: ReleaseStatus | undefined): string {
  const { readyReplicas: _ready, ...rest } = status ?? ({} as ReleaseStatus);
  return canonical(rest);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function wakeOf(seen: Seen, status: ReleaseStatus, waiting: Progress): number | undefined {
  const window = nextWindow(seen.release, status, seen.now);
  const due = window === null ? undefined : 'wakeAt' in window ? window.wakeAt : seen.now;
  const deadline = status.deadline === undefined ? undefined : Date.parse(status.deadline);
  const times = [
    waiting.kind === 'wait' ? waiting.until : seen.now,
    due,
    deadline !== undefined && deadline > seen.now ? deadline : undefined,
  ];
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 || isFinal(status.phase) ? undefined : Math.min(...known);
}

/**
 * Decides one pass over a release: pure and total. Every move that the observation has already made true is
 * taken at once, so that one status write carries them all.
 */
export function decide(seen: Seen): Decision {
  const before = seen.release.status ?? initialStatus(seen.release);
  const settled = settle(seen, look(seen, before));
  const waiting = overdue(seen, settled.status, settled.waiting);
  const explained = explain(seen, settled.status, waiting);
  const ready = seen.canary === null ? {} : { readyReplicas: seen.canary.ready };
  const status = withConditions(seen, { ...explained.status, ...ready }, waiting);
  const wakeAt = wakeOf(seen, status, waiting);
  return {
    status,
    changed: comparable(status) !== comparable(seen.release.status),
    notices: [...settled.notices, ...explained.notices],
    ...(wakeAt === undefined ? {} : { wakeAt }),
  };
}
