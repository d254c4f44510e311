import { judgeStep } from '../analysis/verdict/judge.ts';
import { connectMs } from '../api/connect.ts';
import type { Phase } from '../api/places.ts';
import type { Release } from '../api/release.ts';
import { bakesOf } from '../api/steps.ts';
import { durationMs } from '../api/values/duration.ts';
import { gateDeadline } from '../release/gates/approval.ts';
import { canaryPods } from '../release/stages/canary-pods.ts';
import { stageOf } from '../release/stages/table.ts';
import { initialStatus } from '../release/status/apply-transition.ts';
import { stepCount, stepWeight } from '../release/strategy/steps.ts';
import { countText } from './actor-text.ts';
import { durationText } from './duration-text.ts';
import { soonestText } from './soonest.ts';

/** What comes next in a release, and what it waits for. */
export interface Next {
  readonly what: string;
  /** Why it has not come yet. */
  readonly why?: string;
  /** Commands that a person could give now. */
  readonly commands: readonly string[];
}

/** How a command names a release, so that it can be copied as it is. */
function named(command: string, { metadata }: Release): string {
  const { name, namespace } = metadata;
  return `sluice ${command} ${name}${namespace === undefined ? '' : ` -n ${namespace}`}`;
}

const phaseOf = ({ status }: Release): Phase => status?.phase ?? 'Pending';
const stepOf = ({ status }: Release): number => status?.step ?? 0;
const weightOf = ({ spec, status }: Release, step: number): string =>
  `${stepWeight(spec.policy, status ?? {}, step) ?? 0} %`;

/** What happens at maxBake. */
const UNDECIDED = {
  hold: 'a person must decide',
  abort: 'it is rolled back',
  promote: 'it continues',
} as const;

/** What happens at the deadline of the phase. */
function lateText(release: Release): string {
  const aborts = release.spec.policy.analysis.onTimeout === 'abort';
  if (phaseOf(release) === 'Starting') return 'it is rolled back';
  if (phaseOf(release) === 'Stepping') return aborts ? 'it is rolled back' : 'a person must decide';
  return 'a warning is given';
}

function deadlineText(release: Release, now: number): string {
  const { deadline } = release.status ?? {};
  if (deadline === undefined) return '';
  const left = Date.parse(deadline) - now;
  return left > 0
    ? `; in ${durationText(left)} at the latest ${lateText(release)}`
    : `; overdue for ${durationText(-left)}`;
}

function bakeText(release: Release, now: number): string {
  const { spec, status } = release;
  if (status?.routeConfirmedAt === undefined) return '';
  const inForce = Date.parse(status.routeConfirmedAt) + durationMs(spec.policy.settle);
  const { bake = '0s', maxBake } = bakesOf(spec.policy, stepOf(release));
  const left = inForce + durationMs(bake) - now;
  const baking = left > 0 ? ` and ${durationText(left)} of bake time are over` : '';
  const most = maxBake === undefined ? 0 : inForce + durationMs(maxBake) - now;
  const { onInconclusive } = spec.policy.analysis;
  return most > 0
    ? `${baking}; if nothing is decided in ${durationText(most)}, ${UNDECIDED[onInconclusive]}`
    : baking;
}

function analysing(release: Release, now: number): Next {
  const { spec, status } = release;
  const metrics = status?.analysis?.metrics ?? [];
  const step = stepOf(release) + 1;
  const isLast = stepCount(spec.policy, status ?? {}) === step;
  const next = stepWeight(spec.policy, status ?? {}, step);
  const then = isLast ? 'promotion' : next === undefined ? 'a greater weight' : `${next} %`;
  // Each metric says for itself what it needs; before the first window there is none yet.
  const why =
    metrics.length > 0 ? {} : { why: judgeStep(spec.policy.analysis, metrics, spec.metrics).message };
  const what = `${then} when every metric has passed${soonestText(release, now)}${bakeText(release, now)}${deadlineText(release, now)}`;
  return { what, ...why, commands: [] };
}

function connecting(release: Release, now: number): Next {
  const { spec, status } = release;
  const { connect } = spec.policy.canary;
  const { weight = 0, routeConfirmedAt } = status ?? {};
  const left = Date.parse(routeConfirmedAt ?? '') + connectMs(spec.policy) - now;
  const when = Number.isNaN(left)
    ? `after ${durationText(durationMs(connect?.for ?? '0s'))}`
    : `in ${durationText(Math.max(0, left))}`;
  const why = `until then ${weight} %, so that connections are opened (canary.connect)`;
  return {
    what: `${weightOf(release, stepOf(release))} of the traffic ${when}; ${why}${deadlineText(release, now)}`,
    commands: [],
  };
}

function stepping(release: Release, now: number): Next {
  const { status = initialStatus(release), spec } = release;
  const { analysis, weight, recovers } = stageOf(status);
  if (analysis === 'step') return analysing(release, now);
  if (weight === 'connect') return connecting(release, now);
  if (!recovers)
    return {
      what: `${weightOf(release, stepOf(release))} of the traffic${deadlineText(release, now)}`,
      commands: [],
    };
  const { unhealthyGrace, deadlines } = spec.policy;
  const most = status.replacing === true ? deadlines.start : unhealthyGrace;
  const what = `stable has all traffic until a canary pod is ready again (rolled back after ${most})`;
  return { what, commands: [] };
}

/** Until when a gate waits, and what then. */
function untilText({ spec, status }: Release, now: number): string {
  const end = gateDeadline({ spec }, Date.parse(status?.waitingSince ?? '') || now);
  if (end === undefined || status?.waitingSince === undefined) return '';
  const then = spec.policy.approval?.onTimeout === 'abort' ? 'then it is rolled back' : 'then it is overdue';
  return end > now
    ? ` within ${durationText(end - now)}, ${then}`
    : `, overdue for ${durationText(now - end)}`;
}

/** Waits that only a person ends. */
function personal(release: Release, now: number): Next | null {
  const { spec, status } = release;
  if (status?.waitingFor !== undefined)
    return {
      what: `a person must approve "${status.waitingFor}"${countText(release, status.waitingFor)}${untilText(release, now)}; analysis continues meanwhile`,
      commands: ['approve', 'reject'].map((command) => `${named(command, release)} --reason "…"`),
    };
  if (spec.paused === true && status?.reason === 'Paused')
    return {
      what: 'nothing until it is resumed; a failing verdict still rolls back',
      commands: [named('resume', release)],
    };
  return null;
}

/** Why a release does not go on by itself, where that is so. */
function stuckText({ status }: Release): string | undefined {
  const progressing = status?.conditions?.find(({ type }) => type === 'Progressing');
  return progressing?.status === 'False' ? progressing.message : undefined;
}

/** The next release of the workload begins with the next change; nothing is left to do. */
const over = (): Next => ({
  what: 'nothing: the next change of the pod template is released step by step',
  commands: [],
});

const BY_PHASE: Readonly<Record<Phase, (release: Release, now: number) => Next>> = {
  Pending: () => ({
    what: 'canary pods, once the preflight checks pass',
    commands: [],
  }),
  Starting: (release, now) => {
    const { replicas = 0 } = release.status ?? {};
    const pods = canaryPods(replicas);
    const { connect } = release.spec.policy.canary;
    const first = connect === undefined ? '' : `${connect.weight} % for ${connect.for} and then `;
    return {
      what: `${first}${weightOf(release, 0)} of the traffic when ${pods} available${deadlineText(release, now)}`,
      commands: [],
    };
  },
  Stepping: stepping,
  Promoting: (release, now) => ({
    what: `the Deployment takes over the canary pods and replaces the others${deadlineText(release, now)}`,
    commands: [],
  }),
  Aborting: () => ({ what: 'stable has all traffic; the canary pods are drained and removed', commands: [] }),
  Promoted: over,
  Aborted: (release) => ({
    what: 'nothing by itself: push another version, or try this one again',
    commands: [named('retry', release)],
  }),
  Superseded: over,
  Cancelled: over,
};

/** What a full promotion that was asked for leads to after that. */
function withPromote(next: Next, release: Release): Next {
  const asked = release.spec.promote !== undefined;
  if (!asked || !['Pending', 'Starting', 'Stepping'].includes(phaseOf(release))) return next;
  return { ...next, what: `${next.what}; after that the promotion, without the steps that remain` };
}

/** What comes next, when, and what keeps it. */
export function nextOf(release: Release, now: number): Next {
  const waits = personal(release, now);
  if (waits !== null) return waits;
  const next = withPromote(BY_PHASE[phaseOf(release)](release, now), release);
  const stuck = release.status?.finishedAt === undefined ? stuckText(release) : undefined;
  if (stuck === undefined) return next;
  const commands = phaseOf(release) === 'Stepping' ? [named('skip', release), named('abort', release)] : [];
  return { ...next, why: stuck, commands: [...next.commands, ...commands] };
}
