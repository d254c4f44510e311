import type { KubeObject } from '../api/meta.ts';
import type { Release } from '../api/release/release.ts';
import { ifUnchanged, type PatchOperation } from '../api/values/json-patch.ts';
import { SluiceError } from '../errors.ts';
import type { Approvals } from '../ports/approvals.ts';
import type { Store, Writer } from '../ports/cluster.ts';
import type { ApprovalDecision, DecisionResult, GateRef } from '../ports/decision.ts';
import type { Log, PeopleTelemetry } from '../ports/telemetry.ts';
import { approversOf, asksAt } from '../release/gates/approval.ts';
import { isFinal } from '../release/machine.ts';
import { parseRelease } from '../release/parse.ts';
import { notificationOf } from './notification.ts';

export interface ApprovalDeps {
  readonly store: Store;
  /** Reads a Release from the API server: the copy in memory may be slightly stale. */
  readonly fetch: (namespace: string, name: string) => Promise<KubeObject | null>;
  readonly writer: Writer;
  readonly telemetry: Pick<PeopleTelemetry, 'decision'>;
  readonly log: Log;
}

/** Maximum tries when others write the same Release. */
const TRIES = 8;

/** An external text, as it goes into the Release: one line, without control characters. */
function line(text: string, most: number): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, most);
}

type Open = { readonly release: Release } | { readonly refused: string };

/** Why the gate can no longer be decided, if so. */
function openGate(object: KubeObject | null, { release: name, uid, gate }: GateRef): Open {
  if (object === null || object.metadata.uid !== uid)
    return { refused: `Release ${name} does not exist any more` };
  const parsed = parseRelease(object);
  if ('problem' in parsed) return { refused: `Release ${name} cannot be read: ${parsed.problem.message}` };
  const release = parsed.value;
  const phase = release.status?.phase ?? 'Pending';
  if (isFinal(phase)) return { refused: `Release ${name} has ended (${phase}): there is nothing to decide` };
  if (phase === 'Aborting' || release.spec.abort !== undefined)
    return { refused: `Release ${name} is being rolled back: there is nothing to decide` };
  if (asksAt(release, gate) === null) return { refused: `Release ${name} has no gate "${gate}"` };
  return { release };
}

const refuse = (message: string): { readonly answer: DecisionResult } => ({
  answer: { accepted: false, message },
});

/** The identity of a person within one channel: in Slack their ID, which comes first, since names change. */
function idOf(via: ApprovalDecision['via'], who: string): string {
  return via === 'slack' ? (who.split(' ')[0] ?? who) : who;
}

/** The write for a decision, or the answer if nothing is written. */
function writeFor(
  release: Release,
  submitted: ApprovalDecision,
): { readonly write: PatchOperation } | { readonly answer: DecisionResult } {
  const { gate, release: name } = submitted.subject;
  const given = release.spec.approvals ?? [];
  const who = line(submitted.who, 200);
  if (submitted.ticket !== undefined && given.some(({ ticket }) => ticket === submitted.ticket))
    return refuse('this link has been used already');
  const mine = given.find(
    (one) =>
      one.gate === gate &&
      one.via === submitted.via &&
      idOf(submitted.via, one.onBehalfOf) === idOf(submitted.via, who),
  );
  if (submitted.decision === 'approve' && mine !== undefined)
    return {
      answer: { accepted: true, message: `"${gate}" of Release ${name} was approved by ${who} before` },
    };
  if (release.status?.waitingFor !== gate) {
    const by = approversOf(release, gate);
    const done = by.length === 0 ? '' : `; it was approved by ${by.join(', ')}`;
    return refuse(`Release ${name} does not wait at "${gate}"${done}`);
  }
  const entry = {
    gate,
    onBehalfOf: who,
    via: submitted.via,
    ...(submitted.reason === undefined || submitted.reason === ''
      ? {}
      : { reason: line(submitted.reason, 1_000) }),
    ...(submitted.ticket === undefined ? {} : { ticket: submitted.ticket }),
  };
  if (submitted.decision === 'reject') return { write: { op: 'add', path: '/spec/abort', value: entry } };
  return {
    write:
      release.spec.approvals === undefined
        ? { op: 'add', path: '/spec/approvals', value: [entry] }
        : { op: 'add', path: '/spec/approvals/-', value: entry },
  };
}

function said({ decision, subject: { gate, release: name } }: ApprovalDecision, release: Release): string {
  if (decision === 'reject') return `"${gate}" is rejected: Release ${name} is rolled back`;
  const missing = (asksAt(release, gate)?.quorum ?? 1) - approversOf(release, gate).length - 1;
  const rest = missing > 0 ? `; ${missing} more must approve` : '';
  return `"${gate}" of Release ${name} is approved${rest}`;
}

const isConflict = (error: unknown): boolean =>
  error instanceof SluiceError && error.code === 'KUBERNETES_CONFLICT';

/** Permanent errors of the API server are answers to the person. */
function refusalOf(error: unknown): DecisionResult {
  const isAnswer =
    error instanceof SluiceError && ['KUBERNETES_FORBIDDEN', 'KUBERNETES_INVALID'].includes(error.code);
  if (!isAnswer) throw error;
  return { accepted: false, message: `the API server refused it: ${error.message}` };
}

/** Creates the approvals. Each decision becomes one patch of the Release, guarded by the state it was decided from. */
export function createApprovals({ store, fetch, writer, telemetry, log }: ApprovalDeps): Approvals {
  const attempt = async (submitted: ApprovalDecision): Promise<DecisionResult> => {
    const { namespace, release: name } = submitted.subject;
    const open = openGate(await fetch(namespace, name), submitted.subject);
    if ('refused' in open) return { accepted: false, message: open.refused };
    const { release } = open;
    const found = writeFor(release, submitted);
    if ('answer' in found) return found.answer;
    await writer.patch(release, [ifUnchanged(release), found.write]);
    return { accepted: true, message: said(submitted, release) };
  };
  const submit = async (submitted: ApprovalDecision): Promise<DecisionResult> => {
    for (let tries = 1; ; tries++) {
      try {
        return await attempt(submitted);
      } catch (error) {
        if (!isConflict(error) || tries >= TRIES) return refusalOf(error);
      }
    }
  };
  return {
    pending: async (subject) => {
      const open = openGate(await fetch(subject.namespace, subject.release), subject);
      if ('refused' in open) return open;
      const { release } = open;
      const asked = asksAt(release, subject.gate);
      const message = release.status?.messages?.at(-1);
      if (asked === null || message === undefined) return { refused: `there is no gate "${subject.gate}"` };
      return { asked, about: notificationOf(store, release, message) };
    },
    submit: async (submitted) => {
      const answer = await submit(submitted);
      const { namespace, release, gate } = submitted.subject;
      const { decision, via, who } = submitted;
      telemetry.decision(via, decision, answer.accepted);
      const about = { release: `${namespace}/${release}`, gate, decision, via, who: line(who, 200) };
      log.info({ ...about, ...answer }, 'decision submitted');
      return answer;
    },
  };
}
