import type { KubeObject } from '../api/meta.ts';
import type { Release } from '../api/release/release.ts';
import { APPROVE, APPROVED_BY } from '../api/rollout/approval.ts';
import { ifUnchanged, type PatchOperation } from '../api/values/json-patch.ts';
import type { Events, Writer } from '../ports/cluster.ts';
import type { Log } from '../ports/telemetry.ts';

export interface GitDeps {
  readonly writer: Writer;
  readonly events: Events;
  readonly log: Log;
}

/** Who approved in Git, or why the annotation does not count. */
export type GitApproval = { readonly who: string } | { readonly refused: string };

/** Whether the annotation of an object opens the gate that a Release waits at. */
function speaksOf({ spec, status }: Release, { metadata }: KubeObject): boolean {
  const entries = (metadata.annotations?.[APPROVE] ?? '').split(',').map((entry) => entry.trim());
  return status?.waitingFor !== undefined && entries.includes(`${spec.revision}:${status.waitingFor}`);
}

/** What the annotation of an object says about the gate that a Release waits at; null if it says nothing. */
function approvalInGit(release: Release, object: KubeObject): GitApproval | null {
  if (!speaksOf(release, object)) return null;
  const who = object.metadata.annotations?.[APPROVED_BY] ?? '';
  const refused = `${APPROVE} of ${object.kind} ${object.metadata.name} does not count`;
  if (who === '')
    return {
      refused: `${refused}: the API server did not write who set it; is the policy sluice-approve-in-git, or the webhook, in force?`,
    };
  const { from } = release.spec.policy.approval ?? {};
  return from === undefined || from.users?.includes(who) === true
    ? { who }
    : { refused: `${refused}: ${who} set it, who is not in approval.from.users` };
}

function operationOf({ spec }: Release, gate: string, who: string): PatchOperation | null {
  const given = spec.approvals ?? [];
  if (given.some((one) => one.gate === gate && one.via === 'git' && one.onBehalfOf === who)) return null;
  const value = { gate, onBehalfOf: who, via: 'git' };
  return spec.approvals === undefined
    ? { op: 'add', path: '/spec/approvals', value: [value] }
    : { op: 'add', path: '/spec/approvals/-', value };
}

/** Objects whose annotation was refused, so that this is reported once. */
const told = new WeakSet<KubeObject>();

/**
 * Copies an approval in Git to the waiting Release. Never throws: after a failure the next pass tries again, and no
 * pass depends on it.
 */
export async function approveFromGit(
  { writer, events, log }: GitDeps,
  release: Release,
  objects: readonly (KubeObject | null)[],
): Promise<void> {
  for (const object of objects) {
    const found = object === null ? null : approvalInGit(release, object);
    if (found === null || object === null) continue;
    if ('refused' in found) {
      if (!told.has(object)) events.record(release, 'Warning', 'ApprovalRefused', found.refused);
      told.add(object);
      continue;
    }
    const operation = operationOf(release, release.status?.waitingFor ?? '', found.who);
    if (operation === null) continue;
    try {
      await writer.patch(release, [ifUnchanged(release), operation]);
      return;
    } catch (err) {
      log.info({ err, release: release.metadata.name }, 'an approval in Git could not be taken in yet');
      return;
    }
  }
}
