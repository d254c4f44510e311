import type { ReleaseStatus } from '../api/release/release.ts';
import { baselineNotices } from './baseline.ts';
import { takeChecks } from './checks.ts';
import { takeApprovals } from './gates/approval.ts';
import { takeShortcuts } from './gates/skip-and-promote.ts';
import { judgeWindow, loadNotices, nextWindow } from './judge-window.ts';
import { advance, isFinal, type Position, positionFromStatus } from './machine.ts';
import type { DecisionContext, Observation } from './observed.ts';
import { queuedNotices } from './rollout/queue.ts';
import { type Abandonment, abandonment, expiry, isLate } from './stages/abort-rules.ts';
import { isHandedOver, type Progress } from './stages/progress.ts';
import { progressOf } from './stages/stages.ts';
import { stageOf } from './stages/table.ts';
import { applyTransition, initialStatus } from './status/apply-transition.ts';
import { concernNotices } from './status/concerns.ts';
import { contested, isContested } from './status/contest.ts';
import { withMessages } from './status/messages.ts';
import type { Notice } from './status/notice.ts';
import { hindered } from './status/refused-writes.ts';
import { explain, noticeOf, withConditions } from './status/report.ts';
import { syncStatus } from './status/sync-status.ts';
import { untaken } from './status/untaken.ts';
import { warningNotices } from './status/warnings.ts';
import { staysAt, stepsAhead } from './strategy/steps.ts';

/** The result of one pass. */
export interface Decision {
  readonly status: ReleaseStatus;
  /** Whether the release has changed its place or weight. */
  readonly moved: boolean;
  readonly notices: readonly Notice[];
  /** When to run again without being woken, in epoch milliseconds. */
  readonly wakeAt?: number;
}

/** Maximum number of transitions from one observation; each had already become true. */
const MOST_MOVES = 12;

/** A wait, with interference from others as its reason. */
function heldUp(observation: DecisionContext, status: ReleaseStatus, waiting: Progress): Progress {
  const delayed = untaken(observation, status, waiting);
  return hindered(observation, status, contested(observation, status, delayed));
}

/** The same wait with the interference in its message, since that is what ends a release that waits too long. */
function explained(observation: DecisionContext, status: ReleaseStatus, waiting: Progress): Progress {
  return waiting.kind === 'wait'
    ? { ...waiting, message: heldUp(observation, status, waiting).message }
    : waiting;
}

function abandoned(observation: DecisionContext, { outcome, reason, message }: Abandonment): Progress {
  const event = { type: 'abandon', outcome, handedOver: isHandedOver(observation) } as const;
  return { kind: 'event', event, reason, message };
}

/** What ends a release comes first: it waits for nothing that the stage itself waits for. */
function moveOf(observation: DecisionContext, status: ReleaseStatus): Progress {
  const found = abandonment(observation, status);
  if (found !== null) return abandoned(observation, found);
  const progress = progressOf(observation, status);
  const late = expiry(observation, status, explained(observation, status, progress));
  return late === null ? progress : abandoned(observation, late);
}

function samePlace(a: Position, b: Position): boolean {
  return a.phase === b.phase && a.stage === b.stage && a.context.step === b.context.step;
}

interface Settled {
  readonly status: ReleaseStatus;
  readonly notices: readonly Notice[];
  readonly waiting: Progress;
}

function settle(observation: DecisionContext, before: ReleaseStatus): Settled {
  const { policy } = observation.release.spec;
  const notices: Notice[] = [];
  let status = before;
  for (let moves = 0; ; moves++) {
    status = syncStatus(observation, status);
    const move = moveOf(observation, status);
    const stays = move.kind === 'wait' || moves >= MOST_MOVES || isFinal(status.phase);
    if (stays) return { status, notices, waiting: move };
    const from = positionFromStatus(status, stepsAhead(policy, status, status.step));
    const to = advance(from, move.event);
    if (samePlace(from, to)) return { status, notices, waiting: move };
    const { reason, message } = move;
    const next = applyTransition(observation.release, status, to, { now: observation.now, reason, message });
    notices.push(...noticeOf(status, next, move));
    status = next;
  }
}

/** A wait past its deadline, reported as such. */
function overdue(observation: Observation, status: ReleaseStatus, waiting: Progress): Progress {
  if (waiting.kind !== 'wait' || !isLate(observation, status, waiting)) return waiting;
  const { promotion, step } = observation.release.spec.policy.deadlines;
  const { deadline } = stageOf(status);
  if (deadline === 'promotion') {
    const message = `the promotion takes longer than ${promotion} (deadlines.promotion): ${waiting.message}`;
    return { ...waiting, reason: 'PromotionOverdue', message };
  }
  if (deadline !== 'step') return waiting;
  const message = `the step has not passed within ${step} (deadlines.step) and stays at ${staysAt(observation.release.spec.policy, status)}: ${waiting.message}. Abort it, or skip the step: sluice skip ${observation.release.metadata.name} (spec.skipStep: ${status.step})`;
  return { ...waiting, reason: 'StepOverdue', message };
}

function wakeOf(observation: Observation, status: ReleaseStatus, waiting: Progress): number | undefined {
  if (isFinal(status.phase)) return undefined;
  const window = isContested(observation) ? null : nextWindow(observation.release, status, observation.now);
  const due = window === null ? undefined : 'wakeAt' in window ? window.wakeAt : observation.now;
  const deadline = status.deadline === undefined ? undefined : Date.parse(status.deadline);
  const times = [
    waiting.kind === 'wait' ? waiting.until : observation.now,
    due,
    deadline !== undefined && deadline > observation.now ? deadline : undefined,
  ];
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/**
 * Decides one pass over a release: pure and total. Every transition that the observation already allows is taken at
 * once, so that one status write covers them all. The router compares the routes with the goal.
 */
export function decide(observation: Observation, router: DecisionContext['router']): Decision {
  const context: DecisionContext = { ...observation, router };
  const before = context.release.status;
  const start = before ?? initialStatus(context.release);
  const looked = judgeWindow(context, start);
  const given = takeApprovals(context, takeChecks(context, looked));
  const short = takeShortcuts(context, given.status);
  const settled = settle(context, short.status);
  const waiting = heldUp(context, settled.status, overdue(context, settled.status, settled.waiting));
  const told = explain(before, settled.status, waiting, context.now);
  const notices = [
    ...loadNotices(start, looked),
    ...warningNotices(context, settled.status),
    ...baselineNotices(context, start, settled.status),
    ...given.notices,
    ...short.notices,
    ...concernNotices(context, settled.status),
    ...queuedNotices(context.release, start, settled.status),
    ...settled.notices,
    ...told.notices,
  ];
  const ready = context.canary === null ? {} : { readyReplicas: context.canary.ready };
  const status = withConditions(
    context,
    withMessages({ ...told.status, ...ready }, notices, context.now),
    waiting,
  );
  const wakeAt = wakeOf(context, status, waiting);
  const { phase, stage, step, weight } = status;
  return {
    status,
    moved: start.phase !== phase || start.stage !== stage || start.step !== step || start.weight !== weight,
    notices,
    ...(wakeAt === undefined ? {} : { wakeAt }),
  };
}
