import { isUneven, loadText } from '../../analysis/verdict/load.ts';
import type { Condition } from '../../api/meta.ts';
import type { ReleaseStatus } from '../../api/release/release.ts';
import { isFinal } from '../machine.ts';
import type { Observation } from '../observed.ts';
import { type Reason, reasonInfo, storedReason } from '../reasons/catalogue.ts';
import type { Progress } from '../stages/progress.ts';
import { stageOf } from '../stages/table.ts';
import { withConcerns } from './concerns.ts';
import { withCondition } from './conditions.ts';
import type { Notice } from './notice.ts';
import { withWarnings } from './warnings.ts';

/** A recurring problem is reported again after this time. */
const AGAIN_MS = 600_000;

function isStuck(waiting: Progress): boolean {
  return waiting.kind === 'wait' && reasonInfo(waiting.reason).kind !== 'ordinary';
}

function wasStuck(status: ReleaseStatus | undefined): boolean {
  const progressing = status?.conditions?.find(({ type }) => type === 'Progressing');
  return progressing?.status === 'False';
}

/** A weight chosen by the evidence is reported, and a step in force. */
function isWorthTelling(from: ReleaseStatus, to: ReleaseStatus): boolean {
  const chosen = (to.weights?.length ?? 0) > (from.weights?.length ?? 1);
  return from.phase !== to.phase || stageOf(to).analysis === 'step' || chosen;
}

/** Immediate transitions, and details of later steps: they are in the status, not in events. */
function isPassing(from: ReleaseStatus, to: ReleaseStatus): boolean {
  if (to.phase === 'Promoting') return true;
  return from.phase === 'Starting' ? to.phase === 'Stepping' : stageOf(to).analysis === 'step' && to.step > 0;
}

/** The step, and the weight where that is still (or again) another one. */
function stepWhere({ stepText = '', weight, match, mirror }: ReleaseStatus): string {
  const isOwn = weight === 0 && (match !== undefined || mirror !== undefined);
  return isOwn || stepText.endsWith(`(${weight} %)`)
    ? `step ${stepText}`
    : `step ${stepText}, weight ${weight} %`;
}

/** The message about a transition, if any. */
export function noticeOf(
  from: ReleaseStatus,
  to: ReleaseStatus,
  move: { readonly reason: Reason; readonly message: string },
): Notice[] {
  const troubled = stageOf(to).recovers || reasonInfo(move.reason).alarms === true;
  if (!troubled && !isWorthTelling(from, to)) return [];
  const done = isFinal(to.phase);
  const bad = troubled || to.outcome === 'Aborted';
  const where = to.phase === 'Stepping' ? stepWhere(to) : to.phase;
  const why = done ? (to.message ?? move.message) : move.message;
  return [
    {
      type: bad ? 'Warning' : 'Normal',
      reason: done ? to.phase : move.reason,
      note: `${where}: ${why}`.slice(0, 1_000),
      ...(!bad && isPassing(from, to) ? { quiet: true } : {}),
    },
  ];
}

/** A wait of an abort that a person can end. */
function isBeside(waiting: Progress): waiting is Extract<Progress, { kind: 'wait' }> {
  return waiting.kind === 'wait' && reasonInfo(waiting.reason).hindersAbort === true;
}

function reportedLately({ messages }: ReleaseStatus, { reason }: Progress, now: number): boolean {
  return messages?.some((one) => one.reason === reason && now - Date.parse(one.at) < AGAIN_MS) === true;
}

/** A gate is reported once, even if the verdict changes in the meantime. */
function reportedBefore(status: ReleaseStatus, waiting: Progress, now: number): boolean {
  const { messages, waitingSince } = status;
  if (isBeside(waiting) && reportedLately(status, waiting, now)) return true;
  if (waitingSince === undefined) return false;
  const { reason } = waiting;
  return messages?.some((message) => message.reason === reason && message.at >= waitingSince) === true;
}

/** An abort keeps its reason. What delays its end is reported in addition. */
function saidBeside(
  before: ReleaseStatus | undefined,
  status: ReleaseStatus,
  waiting: Progress,
  now: number,
): Notice[] {
  if (!isBeside(waiting) || reportedLately(status, waiting, now)) return [];
  const shown = before?.conditions?.find(({ type }) => type === 'Progressing');
  if (shown?.status === 'False' && shown.reason === waiting.reason) return [];
  return [{ type: 'Warning', reason: waiting.reason, note: waiting.message.slice(0, 1_000) }];
}

/** Puts a wait that concerns people into the status, and reports it once. */
export function explain(
  before: ReleaseStatus | undefined,
  status: ReleaseStatus,
  waiting: Progress,
  now: number,
): { readonly status: ReleaseStatus; readonly notices: readonly Notice[] } {
  const { waitingFor: _old, ...rest } = status;
  if (status.phase === 'Aborting') return { status: rest, notices: saidBeside(before, status, waiting, now) };
  if (waiting.kind !== 'wait' || isFinal(status.phase)) return { status: rest, notices: [] };
  const gate =
    waiting.gate === undefined
      ? {}
      : { waitingFor: waiting.gate, waitingSince: status.waitingSince ?? new Date(now).toISOString() };
  const said = { reason: waiting.reason, message: waiting.message.slice(0, 2_048) };
  if (!isStuck(waiting)) {
    const goesOn = wasStuck(before) && before?.reason === status.reason;
    return { status: { ...rest, ...(goesOn ? said : {}) }, notices: [] };
  }
  const { asks, severity } = reasonInfo(waiting.reason);
  const type = asks === true || severity === 'info' ? 'Normal' : 'Warning';
  const told = before?.reason === said.reason || reportedBefore(status, waiting, now);
  return {
    status: { ...rest, ...gate, ...said },
    notices: told ? [] : [{ type, reason: said.reason, note: said.message.slice(0, 1_000) }],
  };
}

/** The standard conditions: Progressing is False while a person is needed, and at the end. */
export function withConditions(seen: Observation, status: ReleaseStatus, waiting: Progress): ReleaseStatus {
  const { generation } = seen.release.metadata;
  const observed = generation === undefined ? {} : { observedGeneration: generation };
  const done = isFinal(status.phase);
  const why = {
    reason: storedReason(status.reason ?? status.phase),
    message: status.message ?? '',
    ...observed,
  };
  const held = !done && isBeside(waiting);
  const goesOn = !done && !held && (status.phase === 'Aborting' || !isStuck(waiting));
  const succeeded = done ? (status.phase === 'Promoted' ? 'True' : 'False') : 'Unknown';
  const whyNot = held ? { ...why, reason: waiting.reason, message: waiting.message.slice(0, 2_048) } : why;
  const progressing = withCondition(
    status.conditions,
    { type: 'Progressing', status: goesOn ? 'True' : 'False', ...whyNot },
    seen.now,
  );
  const conditions = withCondition(progressing, { type: 'Succeeded', status: succeeded, ...why }, seen.now);
  const loaded = withLoad(conditions, status, seen.now);
  const warnings = done ? undefined : seen.warnings;
  const warned = warnings === undefined ? loaded : withWarnings(loaded, warnings, seen.now);
  return { ...status, ...observed, conditions: [...withConcerns(warned, seen, status)] };
}

/** Type of the condition that says whether the pods of both versions have similar load. */
export const LOAD_EVEN = 'LoadEven';

/** LoadEven is False while the pods of both versions have different loads. It has no effect. */
function withLoad(conditions: readonly Condition[], { analysis }: ReleaseStatus, now: number): Condition[] {
  const { load } = analysis ?? {};
  if (load === undefined) return [...conditions];
  const uneven = isUneven(load);
  const reason = uneven ? 'UnevenLoad' : 'EvenLoad';
  const condition = { type: LOAD_EVEN, status: uneven ? 'False' : 'True', reason } as const;
  return withCondition(conditions, { ...condition, message: loadText(load) }, now);
}
