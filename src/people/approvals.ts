import type { KubeObject } from '../api/meta.ts';
import type { Release } from '../api/release.ts';
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
  /** Reads a Release from the API server itself: what is in memory may be a moment old. */
  readonly fetch: (namespace: string, name: string) => Promise<KubeObject | null>;
  readonly writer: Writer;
  readonly telemetry: Pick<PeopleTelemetry, 'vote'>;
  readonly log: Log;
}

/** Tries against others who write the same Release. */
const TRIES = 8;

/** A text of somebody outside, as it goes into the Release: one line, without control characters. */
function line(text: string, most: number): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, most);
}

type Stand = { readonly release: Release } | { readonly refused: string };

/** Why nothing can be decided about the subject any more, if so. */
function standing(object: KubeObject | null, { release: name, uid, gate }: GateRef): Stand {
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

/** What tells people of one way apart: in Slack their ID, which comes first, since names change. */
function idOf(via: ApprovalDecision['via'], who: string): string {
  return via === 'slack' ? (who.split(' ')[0] ?? who) : who;
}

/** What of a vote is written, or the answer where nothing is. */
function ballot(
  release: Release,
  vote: ApprovalDecision,
): { readonly write: PatchOperation } | { readonly answer: DecisionResult } {
  const { gate, release: name } = vote.subject;
  const given = release.spec.approvals ?? [];
  const who = line(vote.who, 200);
  if (vote.ticket !== undefined && given.some(({ ticket }) => ticket === vote.ticket))
    return refuse('this link has been used already');
  const mine = given.find(
    (one) =>
      one.gate === gate && one.via === vote.via && idOf(vote.via, one.onBehalfOf) === idOf(vote.via, who),
  );
  if (vote.decision === 'approve' && mine !== undefined)
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
    via: vote.via,
    ...(vote.reason === undefined || vote.reason === '' ? {} : { reason: line(vote.reason, 1_000) }),
    ...(vote.ticket === undefined ? {} : { ticket: vote.ticket }),
  };
  if (vote.decision === 'reject') return { write: { op: 'add', path: '/spec/abort', value: entry } };
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

/** Errors of the API server that another try does not help against are answers to the person. */
function refusalOf(error: unknown): DecisionResult {
  const isAnswer =
    error instanceof SluiceError && ['KUBERNETES_FORBIDDEN', 'KUBERNETES_INVALID'].includes(error.code);
  if (!isAnswer) throw error;
  return { accepted: false, message: `the API server refused it: ${error.message}` };
}

/** Makes the desk. Each vote ends in one patch of the Release, guarded by what it was decided from. */
export function createApprovals({ store, fetch, writer, telemetry, log }: ApprovalDeps): Approvals {
  const attempt = async (vote: ApprovalDecision): Promise<DecisionResult> => {
    const { namespace, release: name } = vote.subject;
    const stand = standing(await fetch(namespace, name), vote.subject);
    if ('refused' in stand) return { accepted: false, message: stand.refused };
    const { release } = stand;
    const found = ballot(release, vote);
    if ('answer' in found) return found.answer;
    await writer.patch(release, [ifUnchanged(release), found.write]);
    return { accepted: true, message: said(vote, release) };
  };
  const cast = async (vote: ApprovalDecision): Promise<DecisionResult> => {
    for (let tries = 1; ; tries++) {
      try {
        return await attempt(vote);
      } catch (error) {
        if (!isConflict(error) || tries >= TRIES) return refusalOf(error);
      }
    }
  };
  return {
    look: async (subject) => {
      const stand = standing(await fetch(subject.namespace, subject.release), subject);
      if ('refused' in stand) return stand;
      const { release } = stand;
      const asked = asksAt(release, subject.gate);
      const message = release.status?.messages?.at(-1);
      if (asked === null || message === undefined) return { refused: `there is no gate "${subject.gate}"` };
      return { asked, about: notificationOf(store, release, message) };
    },
    cast: async (vote) => {
      const answer = await cast(vote);
      const { namespace, release, gate } = vote.subject;
      const { decision, via, who } = vote;
      telemetry.vote(via, decision, answer.accepted);
      const about = { release: `${namespace}/${release}`, gate, decision, via, who: line(who, 200) };
      log.info({ ...about, ...answer }, 'vote handed in');
      return answer;
    },
  };
}
