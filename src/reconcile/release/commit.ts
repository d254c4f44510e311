import type { KubeObject } from '../../api/meta.ts';
import type { ReleaseStatus } from '../../api/release.ts';
import { ifUnchanged, type PatchOperation } from '../../api/values/json-patch.ts';
import type { Writer } from '../../ports/cluster.ts';
import {
  type CanaryGoal,
  type DeploymentGoal,
  desiredOf,
  goalKey,
  routeGoal,
  routeStateOf,
} from '../../release/desired.ts';
import type { DecisionContext, Observation, Part } from '../../release/observed.ts';
import { updateProblem } from '../../release/rollout/preflight.ts';
import { longestPause } from '../../release/status/contest.ts';
import { isAtStake, partGoal } from '../../release/status/refused-writes.ts';
import type { RouteGoal, RouteWrite } from '../../traffic/goal.ts';
import { routerOf } from '../../traffic/routers.ts';
import { detachedReplicaSet, handoverPatch, isDetached } from '../../workload/handover.ts';
import { revisionOf } from '../../workload/revision.ts';
import {
  HOLD,
  type ObservedDeployment,
  type ObservedReplicaSet,
  type Template,
} from '../../workload/workload.ts';
import type { RouteDeps } from '../read/route-request.ts';
import type { Contests } from './contests.ts';
import { recordedPlan } from './observe.ts';
import type { Tries } from './tries.ts';

/** What writing needs. */
export interface CommitDeps extends RouteDeps {
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
export function resumeOperations({ object, paused }: ObservedDeployment): PatchOperation[] {
  const resume: PatchOperation[] = paused ? [{ op: 'replace', path: '/spec/paused', value: false }] : [];
  return [...dropAnnotations(object, HOLD), ...resume];
}

/** Operations that pause the Deployment as the gate does, with the reason for it. */
export function holdOperations(object: KubeObject, reason: string): PatchOperation[] {
  return [{ op: 'add', path: '/spec/paused', value: true }, ...setAnnotation(object, HOLD, reason)];
}

function templateOperations(
  deployment: ObservedDeployment,
  template: Template,
  paused: boolean,
): PatchOperation[] {
  const write: PatchOperation = { op: 'replace', path: '/spec/template', value: template };
  if (!paused) return [write, ...resumeOperations(deployment)];
  return [write, ...holdOperations(deployment.object, 'newer-template')];
}

type TemplateGoal = Extract<DeploymentGoal, { kind: 'template' }>;

function replaceTemplate(
  seen: Observation,
  deployment: ObservedDeployment,
  goal: TemplateGoal,
): PatchOperation[] {
  const template = goal.template === 'canary' ? seen.canary?.template : goal.template;
  if (template === undefined) return [];
  if (revisionOf(template) === deployment.revision)
    return deployment.held && !goal.paused ? resumeOperations(deployment) : [];
  const { stableRevision: stable, release } = seen;
  const replaceable = { any: deployment.revision, stable, canary: release.spec.revision };
  return replaceable[goal.replaces] === deployment.revision
    ? templateOperations(deployment, template, goal.paused)
    : [];
}

/** An update to the canary does not begin while it would stop stable first. */
function isBarred(seen: Observation, deployment: ObservedDeployment, goal: DeploymentGoal): boolean {
  const begins =
    (goal.kind === 'resumed' && goal.on === 'canary') ||
    (goal.kind === 'template' && goal.template === 'canary' && !goal.paused);
  return begins && deployment.paused && updateProblem(deployment, seen.release.spec.policy) !== null;
}

/** The operations that bring the goal about. Only a hold of the gate's own is ever lifted. */
export function deploymentOperations(
  seen: Observation,
  deployment: ObservedDeployment,
  goal: DeploymentGoal,
): PatchOperation[] {
  if (isBarred(seen, deployment, goal)) return [];
  switch (goal.kind) {
    case 'leave':
      return [];
    case 'resumed': {
      const revision = goal.on === 'stable' ? seen.stableRevision : seen.release.spec.revision;
      return deployment.held && deployment.revision === revision ? resumeOperations(deployment) : [];
    }
    case 'sized':
      return deployment.replicas === goal.from
        ? [{ op: 'replace', path: '/spec/replicas', value: goal.to }]
        : [];
    case 'template':
      return replaceTemplate(seen, deployment, goal);
  }
}

async function commitDeployment(writer: Writer, seen: Observation, goal: DeploymentGoal): Promise<void> {
  const { deployment } = seen;
  if (deployment === null || deployment.deleting) return;
  const operations = deploymentOperations(seen, deployment, goal);
  if (operations.length > 0)
    await writer.patch(deployment.object, [ifUnchanged(deployment.object), ...operations]);
}

/** Gives a ReplicaSet another size. */
async function scale(writer: Writer, canary: ObservedReplicaSet, replicas: number): Promise<void> {
  if (canary.replicas === replicas) return;
  const write: PatchOperation = { op: 'replace', path: '/spec/replicas', value: replicas };
  await writer.patch(canary.object, [ifUnchanged(canary.object), write]);
}

/** Its pods go before it does: those that it leaves behind would still be found by the Service for a while. */
export async function removeCanary(writer: Writer, canary: ObservedReplicaSet): Promise<void> {
  if (canary.replicas > 0 || canary.pods > 0) await scale(writer, canary, 0);
  else await writer.remove(canary.object);
}

async function commitCanary(writer: Writer, seen: Observation, goal: CanaryGoal): Promise<void> {
  const { canary, deployment, release } = seen;
  const detached = canary !== null && isDetached(canary, release) && !canary.deleting;
  switch (goal.kind) {
    case 'leave':
      return;
    case 'absent':
      if (detached) await removeCanary(writer, canary);
      return;
    case 'detached':
      if (detached) await scale(writer, canary, goal.replicas);
      else if (canary === null && deployment?.revision === release.spec.revision)
        await writer.create(detachedReplicaSet(release, deployment, goal.replicas));
      return;
    case 'handedOver':
      if (canary !== null && deployment !== null) await handOver(writer, seen, canary, deployment);
  }
}

/** An older ReplicaSet of the same template would be taken instead of the canary, so it goes first. */
async function handOver(
  writer: Writer,
  { twins }: Observation,
  canary: NonNullable<Observation['canary']>,
  deployment: ObservedDeployment,
): Promise<void> {
  for (const twin of twins) await writer.remove(twin.object);
  if (canary.ownerUid !== deployment.uid)
    await writer.patch(canary.object, handoverPatch(canary, deployment));
}

async function commitWrite(writer: Writer, write: RouteWrite): Promise<void> {
  if (write.op === 'create') await writer.create(write.object);
  else if (write.op === 'patch') await writer.patch(write.target, write.patch);
  else await writer.remove(write.target);
}

/** Does the writes that a router asks for, in their order. One that stands alone keeps no other from being done. */
export async function commitWrites(writer: Writer, writes: readonly RouteWrite[]): Promise<void> {
  const errors: unknown[] = [];
  for (const write of writes) {
    try {
      await commitWrite(writer, write);
    } catch (error) {
      if (write.op !== 'patch' || write.alone !== true) throw error;
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

async function commitRoute(
  { routers, writer }: CommitDeps,
  { routes, release }: Observation,
  status: ReleaseStatus,
  goal: RouteGoal | null,
): Promise<void> {
  const plan = recordedPlan(status);
  if (goal === null || plan === null || routes === null) return;
  const { router } = routerOf(routers, release.spec.policy.traffic);
  await commitWrites(writer, router.writes({ ...routes, plan }, goal));
}

/** Writes the status, guarded by the version that the pass has read. */
export async function commitStatus(writer: Writer, object: KubeObject, status: object): Promise<KubeObject> {
  return writer.patch(object, [ifUnchanged(object), { op: 'add', path: '/status', value: status }], 'status');
}

/** The object is not as it was read, or nobody can tell: that says nothing of the write behind the fence. */
class FenceError extends Error {}

/** A writer that makes sure, before its first write, that the object is still as it was read. */
function fenced(writer: Writer, object: KubeObject): Writer {
  let checked = false;
  const check = async (): Promise<void> => {
    if (!checked)
      await writer.patch(object, [ifUnchanged(object)], 'status').catch((cause: unknown) => {
        throw new FenceError('the Release could not be checked', { cause });
      });
    checked = true;
  };
  return {
    create: async (one) => {
      await check();
      return writer.create(one);
    },
    patch: async (one, patch, subresource) => {
      await check();
      return writer.patch(one, patch, subresource);
    },
    remove: async (one) => {
      await check();
      return writer.remove(one);
    },
  };
}

/** What bringing about the status of a Release needs. */
export interface DesiredDeps extends CommitDeps {
  readonly tries: Tries;
  readonly contests: Contests;
}

interface Attempt {
  readonly part: Part;
  readonly goal: string;
  readonly act: () => Promise<void>;
}

function attemptsOf(deps: DesiredDeps, seen: Observation, status: ReleaseStatus): Attempt[] {
  const desired = desiredOf(seen.release, status);
  const acts: Readonly<Record<Part, () => Promise<void>>> = {
    routes: () => commitRoute(deps, seen, status, desired.route),
    replicaSet: () => commitCanary(deps.writer, seen, desired.canary),
    deployment: () => commitDeployment(deps.writer, seen, desired.deployment),
  };
  const parts: readonly Part[] = ['routes', 'replicaSet', 'deployment'];
  return parts.flatMap((part) => {
    const goal = partGoal(part, desired);
    return goal === undefined ? [] : [{ part, goal, act: acts[part] }];
  });
}

/** When routes that somebody else has changed may be written once more. */
function contestedUntil({ contests }: DesiredDeps, seen: DecisionContext, status: ReleaseStatus): number {
  const { release, now } = seen;
  const [state, goal] = [routeStateOf(seen, status), goalKey(routeGoal(status))];
  if (state?.kind !== 'differs' || state.written === undefined || goal === undefined) return 0;
  return contests.differ(release, {
    goal,
    written: state.written,
    now,
    longestMs: longestPause(seen, status),
  });
}

/**
 * Brings about what the persisted status asks for. Routes come first, and what goes wrong with one part does not
 * keep the others from being done. What the API server refuses is remembered and tried again at the time that is answered,
 * so that the next pass can tell it; any other error is thrown at the end, for another try. Where the pass has not just
 * written the status, another process may have: then nothing is written before that has been ruled out.
 */
export async function commitDesired(
  deps: DesiredDeps,
  observation: Observation,
  persisted: { readonly status: ReleaseStatus; readonly written: boolean },
): Promise<number | undefined> {
  const { status } = persisted;
  const { tries, routers } = deps;
  const { router } = routerOf(routers, observation.release.spec.policy.traffic);
  const seen: DecisionContext = { ...observation, router };
  const { release, now } = seen;
  const writer = persisted.written ? deps.writer : fenced(deps.writer, release);
  const errors: unknown[] = [];
  const times: number[] = [];
  for (const { part, goal, act } of attemptsOf({ ...deps, writer }, observation, status)) {
    const dueAt = Math.max(
      tries.dueAt(release, part, goal),
      part === 'routes' ? contestedUntil(deps, seen, status) : 0,
    );
    if (dueAt > now) {
      times.push(dueAt);
      continue;
    }
    try {
      await act();
      tries.accepted(release, part);
      if (part === 'routes') deps.contests.reached(release, goal);
    } catch (error) {
      const atStake = isAtStake(seen, status, part);
      const againAt = tries.failed(release, { part, goal, error, now, atStake });
      if (againAt === null) errors.push(error instanceof FenceError ? error.cause : error);
      else times.push(againAt);
    }
  }
  if (errors.length > 0) throw errors[0];
  return times.length === 0 ? undefined : Math.min(...times);
}
