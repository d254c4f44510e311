import type { KubeObject } from '../api/meta.ts';
import type { Release, ReleaseStatus } from '../api/release.ts';
import { type DeploymentGoal, desiredOf } from '../release/desired.ts';
import { detachedReplicaSet, handoverPatch, ifUnchanged, type PatchOperation } from '../release/handover.ts';
import type { Seen } from '../release/seen.ts';
import { type DeploymentSeen, GATE, HOLD, type Template } from '../release/workload.ts';
import type { RouteGoal } from '../traffic/router.ts';
import { type ObserveDeps, recordedPlan, routeObjects } from './observe.ts';
import type { Writer } from './ports.ts';

/** What writing needs. */
export interface CommitDeps extends ObserveDeps {
  readonly writer: Writer;
}

const pointer = (key: string): string =>
  `/metadata/annotations/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** Operations that take annotations away where they are there. */
export function dropAnnotations(object: KubeObject, ...keys: string[]): PatchOperation[] {
  return keys
    .filter((key) => object.metadata.annotations?.[key] !== undefined)
    .map((key) => ({ op: 'remove', path: pointer(key) }));
}

/** Operations that set one annotation. */
export function setAnnotation(object: KubeObject, key: string, value: string): PatchOperation[] {
  if (object.metadata.annotations === undefined)
    return [{ op: 'add', path: '/metadata/annotations', value: { [key]: value } }];
  return [{ op: 'add', path: pointer(key), value }];
}

/** Operations after which the Deployment goes on by itself. */
export function resumeOperations({ object, paused }: DeploymentSeen): PatchOperation[] {
  const resume: PatchOperation[] = paused ? [{ op: 'replace', path: '/spec/paused', value: false }] : [];
  return [...dropAnnotations(object, HOLD), ...resume];
}

function templateOperations(
  deployment: DeploymentSeen,
  template: Template,
  paused: boolean,
): PatchOperation[] {
  const write: PatchOperation = { op: 'replace', path: '/spec/template', value: template };
  if (!paused) return [write, ...resumeOperations(deployment)];
  const hold = setAnnotation(deployment.object, HOLD, 'newer-template');
  return [write, { op: 'add', path: '/spec/paused', value: true }, ...hold];
}

function deploymentOperations(
  seen: Seen,
  deployment: DeploymentSeen,
  goal: DeploymentGoal,
): PatchOperation[] {
  switch (goal.kind) {
    case 'leave':
      return [];
    case 'resumed':
      return deployment.paused ? resumeOperations(deployment) : [];
    case 'letGo':
      return dropAnnotations(deployment.object, GATE, HOLD);
    case 'template': {
      const template = goal.template === 'canary' ? seen.canary?.template : goal.template;
      if (template === undefined) return [];
      const same = JSON.stringify(template) === JSON.stringify(deployment.template);
      return same && deployment.paused === goal.paused
        ? []
        : templateOperations(deployment, template, goal.paused);
    }
  }
}

async function commitDeployment({ writer }: CommitDeps, seen: Seen, goal: DeploymentGoal): Promise<void> {
  const { deployment } = seen;
  if (deployment === null || deployment.deleting) return;
  const operations = deploymentOperations(seen, deployment, goal);
  if (operations.length > 0)
    await writer.patch(deployment.object, [ifUnchanged(deployment.object), ...operations]);
}

async function commitCanary({ writer }: CommitDeps, seen: Seen, status: ReleaseStatus): Promise<void> {
  const { canary, deployment, release } = seen;
  const { canary: goal } = desiredOf(release, status);
  if (
    goal.kind === 'absent' &&
    canary !== null &&
    !canary.deleting &&
    canary.ownerUid === release.metadata.uid
  ) {
    await writer.remove(canary.object);
  }
  if (deployment === null) return;
  if (goal.kind === 'detached' && canary === null) {
    await writer.create(detachedReplicaSet(release, deployment, goal.replicas));
  }
  if (goal.kind === 'detached' && canary !== null && canary.replicas !== goal.replicas) {
    const scale: PatchOperation = { op: 'replace', path: '/spec/replicas', value: goal.replicas };
    await writer.patch(canary.object, [ifUnchanged(canary.object), scale]);
  }
  if (goal.kind === 'handedOver' && canary !== null) await handOver(writer, seen, canary, deployment);
}

/** An older ReplicaSet of the same template would be taken instead of the canary, so it goes first. */
async function handOver(
  writer: Writer,
  { twins }: Seen,
  canary: NonNullable<Seen['canary']>,
  deployment: DeploymentSeen,
): Promise<void> {
  for (const twin of twins) await writer.remove(twin.object);
  if (canary.ownerUid !== deployment.uid)
    await writer.patch(canary.object, handoverPatch(canary, deployment));
}

async function commitRoute(deps: CommitDeps, release: Release, goal: RouteGoal | null): Promise<void> {
  const plan = recordedPlan(release);
  if (goal === null || plan === null) return;
  const objects = routeObjects(deps, release.metadata.namespace ?? '');
  const { stable, canary, policy } = release.spec;
  const versions = { stable: stable.podTemplateHash, canary: canary.podTemplateHash };
  for (const write of deps.router.writes(objects, policy.traffic, plan, versions, goal, release)) {
    if (write.op === 'create') await deps.writer.create(write.object);
    else if (write.op === 'patch') await deps.writer.patch(write.target, write.patch);
    else await deps.writer.remove(write.target);
  }
}

/** Writes the status, guarded by the version that the pass has read. */
export async function commitStatus<T extends KubeObject>(
  writer: Writer,
  object: T,
  status: object,
): Promise<KubeObject> {
  return writer.patch(object, [ifUnchanged(object), { op: 'add', path: '/status', value: status }], 'status');
}

/**
 * Brings about what the persisted status asks for. Routes come first, and what goes wrong with one part does not
 * keep the others from being done; the first error is thrown at the end, for another try.
 */
export async function commitDesired(deps: CommitDeps, seen: Seen, persisted: Release): Promise<void> {
  const status = persisted.status;
  if (status === undefined) return;
  const desired = desiredOf(persisted, status);
  const parts = [
    () => commitRoute(deps, persisted, desired.route),
    () => commitCanary(deps, { ...seen, release: persisted }, status),
    () => commitDeployment(deps, seen, desired.deployment),
  ];
  const errors: unknown[] = [];
  for (const part of parts) {
    try {
      await part();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
