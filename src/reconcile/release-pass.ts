import type { Release, ReleaseStatus } from '../api/release.ts';
import type { Rollout } from '../api/rollout.ts';
import { type Decision, decide } from '../release/decide.ts';
import { ifUnchanged } from '../release/handover.ts';
import { isFinal } from '../release/machine.ts';
import { FINALIZER } from '../release/start.ts';
import { type CommitDeps, commitDesired, commitStatus } from './commit.ts';
import { observe } from './observe.ts';
import { parseRelease } from './parse.ts';
import type { Events, Log, Telemetry } from './ports.ts';

/** What a pass needs beside reading and writing. */
export interface PassDeps extends CommitDeps {
  readonly events: Events;
  readonly telemetry: Telemetry;
  readonly log: Log;
}

function tell(
  { events, log }: PassDeps,
  seen: { release: Release; deployment: Parameters<Events['record']>[0] | null },
  decision: Decision,
): void {
  const { release, deployment } = seen;
  for (const { type, reason, note } of decision.notices) {
    events.record(release, type, reason, note);
    const heard = type === 'Warning' || isFinal(decision.status.phase);
    if (heard && deployment !== null)
      events.record(deployment, type, reason, `Release ${release.metadata.name}: ${note}`);
    const fields = {
      release: `${release.metadata.namespace}/${release.metadata.name}`,
      revision: release.spec.revision,
    };
    log.info({ ...fields, phase: decision.status.phase, reason, note }, 'release moved');
  }
}

function measure({ telemetry }: PassDeps, release: Release, after: ReleaseStatus, now: number): void {
  const before = release.status;
  const namespace = release.metadata.namespace ?? '';
  telemetry.weight(namespace, release.spec.rollout, isFinal(after.phase) ? 0 : after.weight);
  if (before !== undefined && before.phase !== after.phase) {
    const since =
      before.trail?.findLast((one) => !one.phase.startsWith(before.phase))?.at ??
      release.metadata.creationTimestamp;
    if (since !== undefined) telemetry.phaseLeft(before.phase, Math.max(0, now - Date.parse(since)) / 1_000);
  }
  if (isFinal(after.phase) && !isFinal(before?.phase ?? 'Pending'))
    telemetry.ended(after.phase, after.reason ?? '');
  if (after.analysis?.from === before?.analysis?.from) return;
  for (const { name, verdict } of after.analysis?.metrics ?? [])
    telemetry.verdict(namespace, release.spec.rollout, name, verdict);
}

/** Lets a Release go that has ended: its finalizer has done what it was there for. */
export async function releaseFinalizer({ writer }: CommitDeps, release: Release): Promise<void> {
  const index = release.metadata.finalizers?.indexOf(FINALIZER) ?? -1;
  if (index < 0) return;
  await writer.patch(release, [
    ifUnchanged(release),
    { op: 'remove', path: `/metadata/finalizers/${index}` },
  ]);
}

/** One pass over a release that is under way. Answers when to come back without being woken. */
export async function passRelease(
  deps: PassDeps,
  rollout: Rollout | null,
  release: Release,
  now: number,
): Promise<number | undefined> {
  const seen = await observe(deps, rollout, release, now);
  const decision = decide(seen);
  let persisted: Release = { ...release, status: decision.status };
  if (decision.changed) {
    const written = parseRelease(await commitStatus(deps.writer, release, decision.status));
    if ('value' in written) persisted = written.value;
    measure(deps, release, decision.status, now);
    tell(deps, { release, deployment: seen.deployment?.object ?? null }, decision);
  }
  await commitDesired(deps, seen, persisted);
  if (isFinal(decision.status.phase)) await releaseFinalizer(deps, persisted);
  return decision.wakeAt;
}
