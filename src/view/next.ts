import type { Phase } from '../api/release/places.ts';
import type { Release } from '../api/release/release.ts';
import type { Rollout } from '../api/rollout/rollout.ts';
import { canaryPods } from '../release/stages/canary-pods.ts';
import { stepWeight } from '../release/strategy/steps.ts';
import { commandFor, commandsAtGate, commandsWhenStuck } from './commands.ts';
import { durationText } from './duration-text.ts';
import { deadlineText, nextInStep, phaseOf, shareText } from './next-in-step.ts';
import { countText, gateView } from './people.ts';
import { faultOf, stuckAt } from './place.ts';
import type { GateView, NextView } from './release-view.ts';
import type { Known } from './view-input.ts';

/** How long a gate waits, and what happens then. */
function untilText({ until, onTimeout }: GateView, now: number): string {
  if (until === undefined) return '';
  const left = Date.parse(until) - now;
  return left > 0
    ? ` within ${durationText(left)}, then it is ${onTimeout}`
    : `, overdue for ${durationText(-left)}`;
}

/** Waits that only a person can end. */
function personal(release: Release, now: number): NextView | null {
  const { spec, status } = release;
  const gate = gateView(release);
  if (gate !== null) {
    const meanwhile = status?.phase === 'Stepping' ? '; analysis continues meanwhile' : '';
    const who = `a person must approve "${gate.name}"${countText(release, gate.name)}`;
    return {
      what: `${who}${untilText(gate, now)}${meanwhile}`,
      commands: commandsAtGate(release, gate.name),
    };
  }
  if (spec.paused === true && status?.reason === 'Paused')
    return {
      what: 'nothing until it is resumed; a failing verdict still rolls back',
      commands: [commandFor('resume', release)],
    };
  return null;
}

const only = (what: string): NextView => ({ what, commands: [] });

/** The next release begins with the next change; nothing is left to do. */
const over = (): NextView => only('nothing: the next change of the pod template is released step by step');

/** What the first step waits for: the pods, then what is asked of them. */
function awaited({ spec, status }: Release): string {
  const { replicas = 0, readyReplicas = 0 } = status ?? {};
  if (replicas === 0) return 'when the canary pods are available';
  if (readyReplicas < replicas) return `when ${canaryPods(replicas)} available`;
  return stepWeight(spec.policy, status ?? {}, 0) === 100
    ? 'when stable has been counted, to compare the canary with it afterwards'
    : 'when the canary is warm and its checks have passed';
}

function starting(release: Release, now: number): NextView {
  const { connect } = release.spec.policy.canary;
  const first = connect === undefined ? '' : `${connect.weight} % for ${connect.for} and then `;
  const what = `${first}${shareText(release, 0)} ${awaited(release)}`;
  return only(`${what}${deadlineText(release, now)}`);
}

function promoting(release: Release, now: number): NextView {
  if (release.status?.stage === 'Unsplitting') return only('the routes are as the user wrote them again');
  if (release.status?.stage === 'CleaningUp') return only('the end: every pod is of the new version');
  const what =
    release.status?.handedOver === true
      ? 'the Deployment replaces its other pods with the new version'
      : 'the Deployment takes over the canary pods and replaces the others';
  return only(`${what}${deadlineText(release, now)}`);
}

function aborting({ spec, status }: Release): NextView {
  if (spec.shares === 'pods' && status?.handedOver !== true)
    return only('the canary pods are removed, and stable has all traffic without them');
  return only(
    status?.handedOver === true
      ? 'stable gets the traffic back as its pods become ready'
      : 'stable has all traffic; the canary pods are drained and removed',
  );
}

type NextOf = (release: Release, now: number) => NextView;

const BY_PHASE: Readonly<Record<Phase, NextOf>> = {
  Pending: () => only('canary pods, once the preflight checks pass'),
  Starting: starting,
  Stepping: nextInStep,
  Promoting: promoting,
  Aborting: aborting,
  Promoted: over,
  Aborted: (release) => ({
    what: 'nothing by itself: push another version, or try this one again',
    commands: [commandFor('retry', release)],
  }),
  Superseded: () => only('nothing: a newer pod template has taken its place'),
  Cancelled: over,
};

const UNKNOWN = 'not known: a newer controller wrote this phase; upgrade sluice to read it';

/** What a requested full promotion does after that. */
function withPromote(next: NextView, release: Release): NextView {
  const asked = release.spec.promote !== undefined;
  if (!asked || !['Pending', 'Starting', 'Stepping'].includes(phaseOf(release))) return next;
  return { ...next, what: `${next.what}; after that the promotion, without the steps that remain` };
}

function inPhase(release: Release, now: number): NextView {
  const phase: string = phaseOf(release);
  return Object.hasOwn(BY_PHASE, phase) ? BY_PHASE[phase as Phase](release, now) : only(UNKNOWN);
}

function nextOfRelease(release: Release, now: number): NextView {
  const waits = personal(release, now);
  if (waits !== null) return waits;
  const next = withPromote(inPhase(release, now), release);
  const stuck = stuckAt(release);
  if (stuck === undefined) return next;
  const commands = [...next.commands, ...commandsWhenStuck(release)];
  return { ...next, ...(stuck.message === '' ? {} : { why: stuck.message }), commands };
}

function nextOfRollout(rollout: Rollout | null, coming: string | null): NextView {
  const fault = rollout === null ? undefined : faultOf(rollout);
  if (fault !== undefined)
    return { what: 'nothing is released while this lasts', why: fault.message, commands: [] };
  if (coming !== null) return only('the changed pod template is held; its release is about to begin');
  const ready = rollout?.status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready !== undefined && ready.message !== '') return only(ready.message);
  return { what: 'not known: the controller has not observed it yet', commands: ['sluice doctor'] };
}

/** What comes next, when, and what delays it. */
export function nextView({ release, rollout, coming, now }: Known): NextView {
  return release === null ? nextOfRollout(rollout, coming) : nextOfRelease(release, now);
}
