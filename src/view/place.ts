import type { Condition } from '../api/meta.ts';
import type { Severity } from '../api/notification.ts';
import type { Release, ReleaseStatus } from '../api/release/release.ts';
import type { Rollout } from '../api/rollout/rollout.ts';
import { reasonInfo } from '../release/reasons/catalogue.ts';
import { stageOf } from '../release/stages/table.ts';
import { initialStatus } from '../release/status/apply-transition.ts';
import { START } from '../release/strategy/steps.ts';
import { since } from './duration-text.ts';
import type { PlaceView } from './release-view.ts';
import type { Known } from './view-input.ts';

/** Whether a release has ended. */
export function isOver({ status }: Release): boolean {
  return status?.finishedAt !== undefined;
}

/** Phase and stage for people: `Stepping (Analysing)`. */
export function placeOf(status: ReleaseStatus | undefined): string {
  const { phase = 'Pending', stage } = status ?? {};
  return stage === undefined ? phase : `${phase} (${stage})`;
}

/** Why the next change of the workload would not be released step by step; undefined if it would, or if unknown. */
export function faultOf(rollout: Rollout): Condition | undefined {
  return rollout.status?.conditions?.find(({ type, status }) => type === 'Ready' && status === 'False');
}

/** What keeps a release from continuing by itself; else undefined. */
export function stuckAt({ status }: Release): Condition | undefined {
  if (status?.finishedAt !== undefined) return undefined;
  return status?.conditions?.find((one) => one.type === 'Progressing' && one.status === 'False');
}

function releasePlace(release: Release): PlaceView {
  const { status } = release;
  const { phase = 'Pending', stage, reason, message, deadline, stageStartedAt, waitingFor } = status ?? {};
  const { label } = stageOf(status ?? initialStatus(release));
  return {
    phase,
    ...(stage === undefined ? {} : { stage }),
    text: placeOf(status),
    label,
    step: status?.stepText ?? START,
    ...(stageStartedAt === undefined ? {} : { since: stageStartedAt }),
    ...(deadline === undefined ? {} : { deadline }),
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
    summary: waitingFor === undefined ? (message ?? label) : `waits for approval of "${waitingFor}"`,
    isOver: isOver(release),
  };
}

/** Phases of a Rollout without a release; any other phase means a release that is not known here. */
const LABELS = {
  Idle: 'no release is under way',
  Invalid: 'changes are not released step by step',
  Unknown: '',
} as const;
const PHASES = ['Idle', 'Invalid'] as const;

function idleSummary(rollout: Rollout, now: number): string {
  const fault = faultOf(rollout);
  if (fault !== undefined) return `${fault.reason}: ${fault.message}`;
  const { last } = rollout.status ?? {};
  return last === undefined ? '' : `last: ${last.outcome} ${since(last.at, now)} ago (${last.reason})`;
}

function rolloutPlace({ rollout, coming, now }: Known): PlaceView {
  const { phase: name, conditions } = rollout?.status ?? {};
  const ready = conditions?.find(({ type }) => type === 'Ready');
  const phase = PHASES.find((one) => one === name) ?? 'Unknown';
  return {
    phase,
    text: name ?? 'Unknown',
    label: coming === null ? LABELS[phase] : 'a release is about to begin',
    ...(ready === undefined ? {} : { reason: ready.reason, message: ready.message }),
    summary: rollout === null ? '' : idleSummary(rollout, now),
    isOver: false,
  };
}

/** The place of a release, or of a Rollout without one. */
export function placeView(input: Known): PlaceView {
  return input.release === null ? rolloutPlace(input) : releasePlace(input.release);
}

function severityOfRelease(release: Release): Severity {
  const { status } = release;
  if (status?.outcome === 'Aborted' || status?.phase === 'Aborted') return 'critical';
  const stuck = stuckAt(release);
  if (stuck !== undefined) return reasonInfo(stuck.reason).severity;
  const isWaiting = status?.waitingFor !== undefined || (status !== undefined && stageOf(status).recovers);
  return isWaiting ? 'warning' : 'info';
}

/**
 * How much it needs a person: `critical` was or is being rolled back, `warning` waits for somebody or has a problem.
 */
export function severityNow({ release, rollout }: Known): Severity {
  if (release !== null) return severityOfRelease(release);
  const fault = rollout === null ? undefined : faultOf(rollout);
  return fault === undefined ? 'info' : reasonInfo(fault.reason).severity;
}
