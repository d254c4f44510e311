import type { Release } from '../api/release/release.ts';
import { approversOf, asksAt, gateDeadline, whoOf } from '../release/gates/approval.ts';
import { stepName } from '../release/gates/skip-and-promote.ts';
import { isOver } from './place.ts';
import type { ActView, GateView, PeopleView } from './release-view.ts';

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

function actView(act: ActView['act'], person: Acting, about: Pick<ActView, 'about' | 'step'> = {}): ActView {
  const reason = person.reason === undefined ? {} : { reason: person.reason };
  return { act, ...about, by: byText(person), ...reason };
}

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
  const { abort, approvals = [], skips = [], promote } = release.spec;
  const ending = abort?.gate === undefined ? 'aborted' : 'rejected';
  return [
    ...approvals.map((one) => actView('approved', one, { about: one.gate })),
    ...skips.map((one) => actView('skipped', one, { about: stepName(release, one.step), step: one.step })),
    ...(promote === undefined ? [] : [actView('promoted', promote)]),
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

/** Requests to people, and their actions, oldest kind first. */
export function peopleView(release: Release | null): PeopleView {
  return release === null ? { gate: null, acts: [] } : { gate: gateView(release), acts: actsOf(release) };
}
