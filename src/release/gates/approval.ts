import type { Release, ReleaseStatus } from '../../api/release/release.ts';
import type { ApprovalPolicy } from '../../api/rollout/approval.ts';
import { gatesOf } from '../../api/rollout/gates.ts';
import { fixedSteps } from '../../api/rollout/steps.ts';
import { durationMs } from '../../api/values/duration.ts';
import type { Observation } from '../observed.ts';
import type { Notice } from '../status/notice.ts';
import { gateBefore, stepCount } from '../strategy/steps.ts';

/** A Release, or the existing part of it. */
export interface Standing {
  readonly spec: Release['spec'];
  readonly status?: Pick<ReleaseStatus, 'weights'>;
}

const NEW: Pick<ReleaseStatus, 'weights'> = {};

type Approval = NonNullable<Release['spec']['approvals']>[number];

/** Who approved or aborted, as people know them. */
export function whoOf(act: {
  readonly onBehalfOf?: string | undefined;
  readonly by?: string | undefined;
}): string {
  return act.onBehalfOf || act.by || 'somebody';
}

/** The gate after a step: that of the next step, if it is known, or the promotion. */
export function gateBehind({ spec: { policy }, status = NEW }: Standing, step: number): string | null {
  const next = gateBefore(policy, status, step + 1);
  if (next !== undefined) return policy.autoSteps === undefined ? next : null;
  return stepCount(policy, status) === null ? null : 'promotion';
}

/** The remaining gates from a step on, the promotion's last. */
export function gatesAhead({ spec: { policy } }: Standing, step: number): readonly string[] {
  const written = policy.autoSteps === undefined ? gatesOf(fixedSteps(policy)).slice(step + 1) : [];
  return [...written, 'promotion'];
}

/**
 * The different people who have approved a gate: directly, by skipping the step before it, or by a full promotion. So
 * one person alone cannot pass a gate that needs two.
 */
export function approversOf(release: Standing, gate: string): readonly string[] {
  const { approvals = [], skips = [], promote } = release.spec;
  const actions = [
    ...approvals.filter((approval) => approval.gate === gate),
    ...skips.filter(({ step }) => gateBehind(release, step) === gate),
    ...(promote === undefined ? [] : [promote]),
  ];
  return [...new Set(actions.map(whoOf))];
}

/** Whether the policy requires approval at the gate. */
export function asksAt({ spec }: Pick<Release, 'spec'>, gate: string): ApprovalPolicy | null {
  const { approval } = spec.policy;
  return approval?.at.includes(gate) === true ? approval : null;
}

/** Whether enough people have approved the gate. */
export function isOpen(release: Standing, gate: string): boolean {
  const asked = asksAt(release, gate);
  return asked === null || approversOf(release, gate).length >= asked.quorum;
}

/** When the wait at the gate ends, epoch milliseconds; undefined if never. */
export function gateDeadline({ spec }: Pick<Release, 'spec'>, since: number): number | undefined {
  const { timeout } = spec.policy.approval ?? {};
  return timeout === undefined ? undefined : since + durationMs(timeout);
}

/** The message of a waiting gate: how many have approved, who may, and until when. */
export function gateMessage(release: Release, gate: string, since: number, now: number): string {
  const asked = asksAt(release, gate);
  const given = approversOf(release, gate);
  const quorum = asked?.quorum ?? 1;
  const count =
    quorum === 1
      ? ''
      : `, ${given.length} of ${quorum} given${given.length === 0 ? '' : ` (by ${given.join(', ')})`}`;
  const deadline = gateDeadline(release, since);
  const late = deadline !== undefined && now >= deadline;
  const until =
    deadline === undefined
      ? ''
      : late
        ? `; nobody has decided within ${asked?.timeout} (approval.timeout)`
        : `; ${asked?.onTimeout === 'abort' ? 'rolled back' : 'overdue'} at ${new Date(deadline).toISOString().slice(0, 19)}Z`;
  const { name } = release.metadata;
  return `waits for approval of "${gate}"${count}${until}: sluice approve release/${name} --gate ${gate}, or add {gate: "${gate}"} to spec.approvals`;
}

const viaOf = ({ via }: Approval): string => via ?? 'kubernetes';

/** The status with new approvals, and the messages about them. */
export function takeApprovals(
  { release, now }: Observation,
  status: ReleaseStatus,
): { readonly status: ReleaseStatus; readonly notices: readonly Notice[] } {
  const known = status.approvals ?? [];
  const fresh = (release.spec.approvals ?? []).filter(
    (one) => !known.some((old) => old.gate === one.gate && old.who === whoOf(one) && old.via === viaOf(one)),
  );
  if (fresh.length === 0) return { status, notices: [] };
  const at = new Date(now).toISOString();
  const approvals = fresh.map((one) => ({
    gate: one.gate,
    who: whoOf(one),
    via: viaOf(one),
    ...(one.reason === undefined ? {} : { reason: one.reason }),
    at,
  }));
  const notices = approvals.map(({ gate, who, via, reason }): Notice => {
    const quorum = asksAt(release, gate)?.quorum ?? 1;
    const count = quorum === 1 ? '' : ` (${approversOf(release, gate).length} of ${quorum})`;
    const why = reason === undefined ? '' : `: ${reason}`;
    return {
      type: 'Normal',
      reason: 'Approved',
      note: `"${gate}" was approved by ${who} through ${via}${count}${why}`.slice(0, 1_000),
    };
  });
  return { status: { ...status, approvals: [...known, ...approvals].slice(-24) }, notices };
}
