import { judgeStep } from '../analysis/verdict/judge.ts';
import type { Phase } from '../api/release/places.ts';
import type { Release } from '../api/release/release.ts';
import type { AbTest } from '../api/rollout/ab-test.ts';
import { connectMs } from '../api/rollout/connect.ts';
import { matchesText } from '../api/rollout/match.ts';
import { bakesOf } from '../api/rollout/steps.ts';
import { durationMs } from '../api/values/duration.ts';
import { inForceAt } from '../release/in-force.ts';
import { stageOf } from '../release/stages/table.ts';
import { initialStatus } from '../release/status/apply-transition.ts';
import { isFreeStep, stepAt, stepCount, stepLabel } from '../release/strategy/steps.ts';
import { durationText } from './duration-text.ts';
import type { NextView } from './release-view.ts';
import { soonestText } from './soonest.ts';

/** The phase of a release; Pending before the first pass. */
export const phaseOf = ({ status }: Release): Phase => status?.phase ?? 'Pending';

const stepOf = ({ status }: Release): number => status?.step ?? 0;

/** What the canary gets in a step, for people: `25 % of the traffic`. */
export function shareText({ spec, status }: Release, step: number): string {
  const known = stepAt(spec.policy, status ?? {}, step);
  if (known?.mirror !== undefined) return `a copy of ${known.mirror} % of the requests`;
  return known?.match === undefined
    ? `${known?.weight ?? 0} % of the traffic`
    : `the requests chosen by ${matchesText(known.match)}`;
}

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

/** The deadline, and what happens then; as the end of a sentence. */
export function deadlineText(release: Release, now: number): string {
  const { deadline } = release.status ?? {};
  if (deadline === undefined) return '';
  const left = Date.parse(deadline) - now;
  return left > 0
    ? `; in ${durationText(left)} at the latest ${lateText(release)}`
    : `; overdue for ${durationText(-left)}`;
}

function bakeText(release: Release, now: number): string {
  const { spec, status } = release;
  const inForce = status === undefined ? null : inForceAt(spec.policy, status);
  if (inForce === null) return '';
  const { bake = '0s', maxBake } = bakesOf(spec.policy, stepOf(release));
  const left = inForce + durationMs(bake) - now;
  const baking = left >= 1_000 ? ` and ${durationText(left)} of bake time are over` : '';
  const most = maxBake === undefined ? 0 : inForce + durationMs(maxBake) - now;
  const { onInconclusive } = spec.policy.analysis;
  return most > 0
    ? `${baking}; if nothing is decided in ${durationText(most)}, ${UNDECIDED[onInconclusive]}`
    : baking;
}

/** How long a step without evidence takes. */
function freeText(release: Release, now: number): string {
  const { spec, status } = release;
  const inForce = status === undefined ? null : inForceAt(spec.policy, status);
  const left = (inForce ?? now) + durationMs(bakesOf(spec.policy, stepOf(release)).bake ?? '0s') - now;
  return left > 0 ? `, in ${durationText(left)}` : '';
}

/** What a test leads to, and when. */
function testing(release: Release, now: number, { decide }: AbTest): NextView {
  const { onInconclusive } = release.spec.policy.analysis;
  const who =
    decide === 'person'
      ? 'a person names the winner'
      : `promotion if the new version is better, an end if stable is; if neither is, ${UNDECIDED[onInconclusive]}`;
  return { what: `${who}${freeText(release, now)}${deadlineText(release, now)}`, commands: [] };
}

/** After the switch of blue/green, the way back. */
function returnText({ spec: { policy }, status }: Release): string {
  return policy.blueGreen !== undefined && status?.weight === 100
    ? '; until then the old version keeps its pods, and an abort brings it back in one step'
    : '';
}

function analysing(release: Release, now: number): NextView {
  const { spec, status } = release;
  const metrics = status?.analysis?.metrics ?? [];
  const step = stepOf(release) + 1;
  const isLast = stepCount(spec.policy, status ?? {}) === step;
  const next = stepAt(spec.policy, status ?? {}, step);
  const then = isLast ? 'promotion' : next === undefined ? 'a greater weight' : stepLabel(next);
  // Each metric says what it needs; before the first window there is none yet.
  const why =
    metrics.length > 0 ? {} : { why: judgeStep(spec.policy.analysis, metrics, spec.metrics).message };
  if (isFreeStep(spec.policy, step - 1))
    return {
      what: `${then} after the preview (${shareText(release, step - 1)}), which needs none${freeText(release, now)}`,
      commands: [],
    };
  if (spec.policy.abTest !== undefined) return testing(release, now, spec.policy.abTest);
  const what = `${then} when every metric has passed${soonestText(release, now)}${bakeText(release, now)}${returnText(release)}${deadlineText(release, now)}`;
  return { what, ...why, commands: [] };
}

function connecting(release: Release, now: number): NextView {
  const { spec, status } = release;
  const { connect } = spec.policy.canary;
  const { weight = 0, routeConfirmedAt } = status ?? {};
  const left = Date.parse(routeConfirmedAt ?? '') + connectMs(spec.policy) - now;
  const when = Number.isNaN(left)
    ? `after ${durationText(durationMs(connect?.for ?? '0s'))}`
    : `in ${durationText(Math.max(0, left))}`;
  const why = `until then ${weight} %, so that connections are opened (canary.connect)`;
  return {
    what: `${shareText(release, stepOf(release))} ${when}; ${why}${deadlineText(release, now)}`,
    commands: [],
  };
}

/** What comes next within a step. */
export function nextInStep(release: Release, now: number): NextView {
  const { status = initialStatus(release), spec } = release;
  const { analysis, weight, recovers } = stageOf(status);
  if (analysis === 'step') return analysing(release, now);
  if (weight === 'connect') return connecting(release, now);
  if (!recovers)
    return {
      what: `${shareText(release, stepOf(release))}${deadlineText(release, now)}`,
      commands: [],
    };
  const { unhealthyGrace, deadlines } = spec.policy;
  const most = status.replacing === true ? deadlines.start : unhealthyGrace;
  const what = `stable has all traffic until a canary pod is ready again (rolled back after ${most})`;
  return { what, commands: [] };
}
