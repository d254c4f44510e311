import type { KubeObject } from '../../api/meta.ts';
import type { Release, ReleaseStatus } from '../../api/release/release.ts';
import type { Decision } from '../../release/decide.ts';
import { isFinal } from '../../release/machine.ts';
import { traceIdOf } from '../../release/trace/trace.ts';
import type { PassDeps } from '../pass-deps.ts';

/** Each fact is one event. A problem is reported on every object that it concerns. */
export function tell(
  { events, log }: PassDeps,
  on: {
    readonly release: Release;
    readonly rollout: KubeObject | null;
    readonly deployment: KubeObject | null;
  },
  decision: Decision,
): void {
  const { release, rollout, deployment } = on;
  const name = release.metadata.name;
  for (const { type, reason, note, quiet } of decision.notices) {
    const about = {
      release: `${release.metadata.namespace}/${name}`,
      revision: release.spec.revision,
      trace: traceIdOf(release),
    };
    log.info({ ...about, phase: decision.status.phase, reason, note }, 'release moved');
    if (quiet === true) continue;
    // People who push read the Deployment.
    const isEnd = type === 'Normal' && isFinal(decision.status.phase) && deployment !== null;
    if (!isEnd) events.record(release, type, reason, note);
    const others = isEnd ? [deployment] : type === 'Warning' ? [rollout, deployment] : [];
    for (const other of others)
      if (other !== null) events.record(other, type, reason, `Release ${name}: ${note}`);
  }
}

function measurePhase({ telemetry }: PassDeps, release: Release, after: ReleaseStatus, now: number): void {
  const { status: before, metadata } = release;
  if (before === undefined || before.phase === after.phase) return;
  const { phase, trail } = before;
  const entered = trail?.findLast((one) => !one.phase.startsWith(phase))?.at ?? metadata.creationTimestamp;
  if (entered !== undefined) telemetry.phaseLeft(phase, Math.max(0, now - Date.parse(entered)) / 1_000);
}

/** Whether windows or checks have been added. */
function evidenceOf(status: ReleaseStatus | undefined): string {
  const runs = status?.analysis?.metrics.map(({ check }) => check?.runs ?? 0) ?? [];
  return [status?.analysis?.from, ...runs].join(' ');
}

/** Counts what a decision means for the figures. */
export function measure(deps: PassDeps, release: Release, after: ReleaseStatus, now: number): void {
  const { telemetry } = deps;
  const { status: before, spec, metadata } = release;
  const [namespace, done] = [metadata.namespace ?? '', isFinal(after.phase)];
  measurePhase(deps, release, after, now);
  if (done && !isFinal(before?.phase ?? 'Pending')) telemetry.ended(after.phase, after.reason ?? '');
  if (evidenceOf(after) === evidenceOf(before)) return;
  for (const { name, verdict } of after.analysis?.metrics ?? [])
    telemetry.verdict(namespace, spec.rollout, name, verdict);
}
