import { resolveMetrics } from '../analysis/resolve.ts';
import type { AnalysisTemplate, Metric } from '../api/analysis-template.ts';
import type { Release } from '../api/release.ts';
import type { Rollout, TemplateRef } from '../api/rollout.ts';
import { ifUnchanged, type PatchOperation } from '../release/handover.ts';
import { isFinal } from '../release/machine.ts';
import type { Problem } from '../release/seen.ts';
import {
  currentRelease,
  decideRollout,
  FINALIZER,
  type RolloutDecision,
  type RolloutSeen,
} from '../release/start.ts';
import { GATE, HOLD } from '../release/workload.ts';
import { commitStatus, dropAnnotations, resumeOperations, setAnnotation } from './commit.ts';
import { seeDeployment, seeReplicaSets } from './observe.ts';
import { parseRelease } from './parse.ts';
import type { Store } from './ports.ts';
import { type PassDeps, passRelease, releaseFinalizer } from './release-pass.ts';

/** All Releases of a Rollout that can be read, oldest first. */
export function releasesOf(store: Store, namespace: string, rollout: string): readonly Release[] {
  return store
    .list('Release', namespace)
    .flatMap((object) => {
      const parsed = parseRelease(object);
      return 'value' in parsed && parsed.value.spec.rollout === rollout ? [parsed.value] : [];
    })
    .toSorted((a, b) => age(a) - age(b) || a.metadata.name.localeCompare(b.metadata.name));
}

function age(release: Release): number {
  return Date.parse(release.metadata.creationTimestamp ?? '') || 0;
}

function templatesOf(store: Store, namespace: string, refs: readonly TemplateRef[]): AnalysisTemplate[] {
  return refs.flatMap(({ kind, name }) => {
    const object = store.get(kind, kind === 'AnalysisTemplate' ? namespace : '', name);
    return object === null ? [] : [object as AnalysisTemplate];
  });
}

function metricsOf(store: Store, rollout: Rollout): { metrics: readonly Metric[] } | { problem: Problem } {
  const { templates, bounds } = rollout.spec.analysis;
  return resolveMetrics(
    templates,
    templatesOf(store, rollout.metadata.namespace ?? '', templates),
    bounds ?? [],
  );
}

function seeRollout(deps: PassDeps, rollout: Rollout, now: number): RolloutSeen {
  const namespace = rollout.metadata.namespace ?? '';
  const deployment = seeDeployment(deps.store, namespace, rollout.spec.target.name);
  const sets = seeReplicaSets(deps.store, namespace);
  return {
    now,
    rollout,
    deployment: deployment?.deleting === true ? null : deployment,
    owned: sets.filter((one) => one.ownerUid === deployment?.uid),
    takenNames: sets.map((one) => one.name),
    releases: releasesOf(deps.store, namespace, rollout.metadata.name),
    metrics: metricsOf(deps.store, rollout),
  };
}

function tellProblem({ events, log }: PassDeps, seen: RolloutSeen, problem: Problem | null): void {
  const before = seen.rollout.status?.conditions?.find((condition) => condition.type === 'Ready');
  if (problem === null || (before?.reason === problem.reason && before.message === problem.message)) return;
  events.record(seen.rollout, 'Warning', problem.reason, problem.message);
  if (seen.deployment !== null)
    events.record(seen.deployment.object, 'Warning', problem.reason, problem.message);
  log.warn(
    { rollout: `${seen.rollout.metadata.namespace}/${seen.rollout.metadata.name}`, ...problem },
    'rollout cannot gate',
  );
}

async function commitRollout(deps: PassDeps, seen: RolloutSeen, decision: RolloutDecision): Promise<void> {
  const { rollout, deployment } = seen;
  if (JSON.stringify(sorted(rollout.status)) !== JSON.stringify(sorted(decision.status))) {
    await commitStatus(deps.writer, rollout, decision.status);
    tellProblem(deps, seen, decision.problem);
  }
  if (deployment !== null) {
    const gate = decision.gate === null ? [] : setAnnotation(deployment.object, GATE, decision.gate);
    const resume = decision.resume ? resumeOperations(deployment) : [];
    const operations = [...gate, ...resume];
    if (operations.length > 0)
      await deps.writer.patch(deployment.object, [ifUnchanged(deployment.object), ...operations]);
  }
  if (decision.start !== null) await deps.writer.create(decision.start);
  for (const old of decision.prune) await deps.writer.remove(old);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

async function ensureFinalizer({ writer }: PassDeps, rollout: Rollout): Promise<void> {
  if (rollout.metadata.finalizers?.includes(FINALIZER) === true) return;
  const add: PatchOperation =
    rollout.metadata.finalizers === undefined
      ? { op: 'add', path: '/metadata/finalizers', value: [FINALIZER] }
      : { op: 'add', path: '/metadata/finalizers/-', value: FINALIZER };
  await writer.patch(rollout, [ifUnchanged(rollout), add]);
}

/** A Rollout on its way out: the Deployment is let go as it is, and then the Rollout. */
async function letGo(deps: PassDeps, seen: RolloutSeen): Promise<void> {
  const { rollout, deployment } = seen;
  if (currentRelease(seen.releases) !== null) return;
  if (deployment !== null && deployment.gate === rollout.metadata.name) {
    const { object, held } = deployment;
    await deps.writer.patch(object, [ifUnchanged(object), ...dropAnnotations(object, GATE, HOLD)]);
    if (held) {
      const how = `kubectl rollout resume deployment/${deployment.name}`;
      deps.events.record(
        object,
        'Warning',
        'LetGo',
        `the Rollout is gone; the Deployment is left paused on stable with its newer template. To let it through: ${how}`,
      );
    }
  }
  deps.telemetry.forget(rollout.metadata.namespace ?? '', rollout.metadata.name);
  const index = rollout.metadata.finalizers?.indexOf(FINALIZER) ?? -1;
  if (index >= 0)
    await deps.writer.patch(rollout, [
      ifUnchanged(rollout),
      { op: 'remove', path: `/metadata/finalizers/${index}` },
    ]);
}

/** Finished Releases that somebody deletes are let go. */
async function freeFinished(deps: PassDeps, releases: readonly Release[]): Promise<void> {
  for (const release of releases) {
    if (release.metadata.deletionTimestamp === undefined || !isFinal(release.status?.phase ?? 'Pending'))
      continue;
    await releaseFinalizer(deps, release);
  }
}

/** One pass over a Rollout: its current Release first, then what is around it. Answers when to come back. */
export async function passRollout(
  deps: PassDeps,
  rollout: Rollout,
  now: number,
): Promise<number | undefined> {
  const namespace = rollout.metadata.namespace ?? '';
  const current = currentRelease(releasesOf(deps.store, namespace, rollout.metadata.name));
  const wakeAt = current === null ? undefined : await passRelease(deps, rollout, current, now);
  const seen = seeRollout(deps, rollout, now);
  if (rollout.metadata.deletionTimestamp !== undefined) {
    await letGo(deps, seen);
    return wakeAt;
  }
  await ensureFinalizer(deps, rollout);
  await commitRollout(deps, seen, decideRollout(seen));
  await freeFinished(deps, seen.releases);
  return wakeAt;
}

/** Releases whose Rollout has vanished without its finalizer are still taken back in order. */
export async function passOrphans(
  deps: PassDeps,
  namespace: string,
  rollout: string,
  now: number,
): Promise<number | undefined> {
  const releases = releasesOf(deps.store, namespace, rollout);
  const current = currentRelease(releases);
  if (current !== null) return passRelease(deps, null, current, now);
  await freeFinished(deps, releases);
  return undefined;
}
