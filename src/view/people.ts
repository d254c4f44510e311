import type { Release } from '../api/release/release.ts';
import { gatesOf } from '../api/rollout/gates.ts';
import { fixedSteps } from '../api/rollout/steps.ts';
import { approversOf, asksAt, gateDeadline, isOpen, whoOf } from '../release/gates/approval.ts';
import { stepName } from '../release/gates/skip-and-promote.ts';
import { isOver } from './place.ts';
import type { ActView, GateState, GateView, PeopleView } from './release-view.ts';

/** A person's action as recorded in a Release. */
interface Acting {
  readonly by?: string | undefined;
  readonly onBehalfOf?: string | undefined;
  readonly via?: string | undefined;
  readonly reason?: string | undefined;
}

/** Who did something, and through which channel if not Kubernetes. */
export function byText({ by, onBehalfOf = '', via }: Acting): string {
  return `${whoOf({ by, onBehalfOf })}${via === undefined ? '' : ` through ${via}`}`;
}

/** Why they did it, if given. */
export function reasonText({ reason }: Pick<Acting, 'reason'>): string {
  return reason === undefined ? '' : `: ${reason}`;
}

/** How many of the required people have approved a gate; empty if one is enough. */
export function countText(release: Release, gate: string): string {
  const quorum = asksAt(release, gate)?.quorum ?? 1;
  if (quorum === 1) return '';
  const given = approversOf(release, gate);
  return ` (${given.length} of ${quorum}${given.length === 0 ? '' : `: ${given.join(', ')}`})`;
}

function actView(
  act: ActView['act'],
  person: Acting,
  about: Pick<ActView, 'about' | 'step' | 'at'> = {},
): ActView {
  const reason = person.reason === undefined ? {} : { reason: person.reason };
  return { act, ...about, by: byText(person), ...reason };
}

/** When the controller accepted something, by its entry in the status. */
const acceptedAt = (entry: { readonly at: string } | undefined): Pick<ActView, 'at'> =>
  entry === undefined ? {} : { at: entry.at };

/** Who paused it; a pause from before there were names has none. */
function pausedView(release: Release): readonly ActView[] {
  const { paused, pause = {} } = release.spec;
  if (paused !== true || isOver(release)) return [];
  const { by, reason } = pause;
  return [
    { act: 'paused', ...(by === undefined ? {} : { by }), ...(reason === undefined ? {} : { reason }) },
  ];
}

function actsOf(release: Release): readonly ActView[] {
  const { spec, status } = release;
  const { abort, approvals = [], skips = [], promote } = spec;
  const ending = abort?.gate === undefined ? 'aborted' : 'rejected';
  const given = status?.approvals ?? [];
  return [
    ...approvals.map((one) => {
      const entry = given.find(({ gate, who }) => gate === one.gate && who === whoOf(one));
      return actView('approved', one, { about: one.gate, ...acceptedAt(entry) });
    }),
    ...skips.map((one) => {
      const entry = status?.skips?.find(({ step }) => step === one.step);
      return actView('skipped', one, {
        about: stepName(release, one.step),
        step: one.step,
        ...acceptedAt(entry),
      });
    }),
    ...(promote === undefined ? [] : [actView('promoted', promote, acceptedAt(status?.promote))]),
    ...(abort === undefined
      ? []
      : [actView(ending, abort, abort.gate === undefined ? {} : { about: abort.gate })]),
    ...pausedView(release),
  ];
}

/** The waiting gate, if any. */
export function gateView(release: Release): GateView | null {
  const { waitingFor: name, waitingSince: since } = release.status ?? {};
  if (name === undefined) return null;
  const asked = asksAt(release, name);
  const end = since === undefined ? undefined : gateDeadline(release, Date.parse(since));
  return {
    name,
    quorum: asked?.quorum ?? 1,
    approvedBy: approversOf(release, name),
    ...(since === undefined ? {} : { since }),
    ...(end === undefined
      ? {}
      : {
          until: new Date(end).toISOString(),
          onTimeout: asked?.onTimeout === 'abort' ? 'rolled back' : 'overdue',
        }),
  };
}

/** Who may approve beside having the right; empty for everybody. */
function namedIn({ spec }: Release): readonly string[] {
  const { users = [], groups = [], slackUsers = [], slackGroups = [] } = spec.policy.approval?.from ?? {};
  return [
    ...users,
    ...groups.map((one) => `group ${one}`),
    ...slackUsers.map((one) => `Slack user ${one}`),
    ...slackGroups.map((one) => `Slack group ${one}`),
  ];
}

function gateStates(release: Release): readonly GateState[] {
  const { at = [], quorum = 1 } = release.spec.policy.approval ?? {};
  const order = ['start', ...gatesOf(fixedSteps(release.spec.policy)), 'promotion'];
  const from = namedIn(release);
  return at
    .toSorted((a, b) => order.indexOf(a) - order.indexOf(b))
    .map((name): GateState => {
      const waits = release.status?.waitingFor === name;
      const state = isOpen(release, name) ? 'open' : waits ? 'waits' : 'ahead';
      return { name, quorum, approvedBy: approversOf(release, name), state, from };
    });
}

/** Requests to people, and their actions, oldest kind first. */
export function peopleView(release: Release | null): PeopleView {
  if (release === null) return { gate: null, gates: [], acts: [] };
  return { gate: gateView(release), gates: gateStates(release), acts: actsOf(release) };
}
