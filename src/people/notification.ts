import type { Message } from '../api/release/message.ts';
import type { Release } from '../api/release/release.ts';
import type { Store } from '../ports/cluster.ts';
import type { Notification } from '../ports/notifier.ts';
import { gateDeadline } from '../release/gates/approval.ts';
import { contextOf, traceOf } from '../release/trace/trace.ts';
import { commandFor } from '../view/commands.ts';
import { pictureOf } from '../view/plot/picture.ts';
import type { ReleaseView } from '../view/release-view.ts';
import { viewOf } from '../view/view-of.ts';
import { asksForDecision } from './recipients.ts';

/** How long a link works where the gate has no timeout. */
const LINK_MS = 24 * 3_600_000;
/** Changes of the pod template that a message has, at most. */
const MOST_CHANGES = 12;

/** When links for the gate that waits end. The same however often it is asked, so that a second try sends the same. */
export function linkExpiry(release: Release): number {
  const since = Date.parse(release.status?.waitingSince ?? '') || 0;
  return gateDeadline(release, since) ?? since + LINK_MS;
}

/** The Release as it stood when the message came about, as far as the watched objects tell. */
function viewFor(store: Store, release: Release, { at }: Message): ReleaseView {
  const { canary, workload } = release.spec;
  const namespace = release.metadata.namespace ?? '';
  const set = store.get('ReplicaSet', namespace, canary.replicaSet);
  return viewOf({
    release,
    deployment: store.get('Deployment', namespace, workload.name),
    replicaSets: set === null ? [] : [set],
    hidden: ['Pod'],
    now: Date.parse(at),
  });
}

/** The decision that a Release waits for, if it does, and who has made it so far. */
function gateOf(
  { metadata }: Release,
  { people: { gate } }: ReleaseView,
): Pick<Notification, 'gate' | 'approvals'> {
  if (gate === null) return { gate: null, approvals: [] };
  const { name: release, namespace = '', uid = '' } = metadata;
  const subject = { namespace, release, uid, gate: gate.name };
  return { gate: { subject, quorum: gate.quorum, links: null }, approvals: gate.approvedBy };
}

/** Commands by which a person acts on the release. */
function commandsOf(release: Release, { next, place }: ReleaseView): readonly string[] {
  const abort = commandFor('abort', release);
  const isEnding = place.isOver || place.phase === 'Aborting';
  const named = [commandFor('status', release), ...next.commands];
  return isEnding || named.includes(abort) ? named : [...named, abort];
}

/** Whether somebody will want the plots: what needs a person, what went wrong, and how it ended. */
function deservesPicture(message: Message, { place }: ReleaseView): boolean {
  return message.severity !== 'info' || asksForDecision(message) || place.isOver;
}

/** What a message of a Release says to people, with how the Release stands now. Links are put in later. */
export function notificationOf(store: Store, release: Release, message: Message): Notification {
  const { metadata, spec, status } = release;
  const { seq, ...said } = message;
  const view = viewFor(store, release, message);
  const { heading, place, metrics, links } = view;
  const trace = traceOf(release);
  return {
    ...said,
    id: `${metadata.uid}/${seq}`,
    namespace: heading.namespace,
    release: metadata.name,
    rollout: heading.rollout,
    workload: `${heading.workload.kind} ${heading.workload.name}`,
    revision: spec.revision,
    phase: place.phase,
    step: status?.stepText ?? '',
    weight: status?.weight ?? 0,
    changes: [...heading.change.images, ...heading.change.fields].slice(0, MOST_CHANGES),
    metrics: metrics.map(({ name, verdict, message: text, canary, stable, course }) => ({
      name,
      verdict,
      message: text,
      canary,
      stable,
      course,
    })),
    commands: commandsOf(release, view),
    links,
    traceparent: trace === null ? null : contextOf(trace),
    asks: asksForDecision(message),
    picture: deservesPicture(message, view) ? pictureOf(release) : null,
    ...gateOf(release, view),
  };
}
