import { rolloutFromAnnotations } from '../../api/annotations/annotations.ts';
import { API_VERSION, type KubeObject } from '../../api/meta.ts';
import { RolloutSpec } from '../../api/rollout/rollout.ts';
import { canonical } from '../../api/values/canonical.ts';
import { ifUnchanged } from '../../api/values/json-patch.ts';
import type { Problem } from '../../release/reasons/catalogue.ts';
import { leftProblem } from '../../release/rollout/left.ts';
import { currentRelease } from '../../release/rollout/new-release.ts';
import type { PassDeps } from '../pass-deps.ts';
import { releasesOf } from '../read/releases.ts';
import { deploymentOf } from '../read/workloads.ts';
import { showOnWorkload, workloadCondition } from './condition.ts';
import { passLeft } from './left-paused.ts';

/** Label of Rollouts that were made from annotations and follow them. */
const FROM_ANNOTATIONS = 'sluice.dev/from-annotations';

/** Dependencies of the opt-in besides the pass: the default template. */
export interface OptInDeps extends PassDeps {
  readonly defaultAnalysis: string;
}

function ownRollout(deps: OptInDeps, deployment: KubeObject): KubeObject | null {
  const { namespace = '', name, uid } = deployment.metadata;
  const rollout = deps.store.get('Rollout', namespace, name);
  const ours = rollout?.metadata.ownerReferences?.some((owner) => owner.uid === uid) === true;
  return ours && rollout.metadata.labels?.[FROM_ANNOTATIONS] === 'true' ? rollout : null;
}

function rolloutOf(deployment: KubeObject, spec: RolloutSpec): KubeObject {
  const { namespace, name, uid = '' } = deployment.metadata;
  return {
    apiVersion: API_VERSION,
    kind: 'Rollout',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { [FROM_ANNOTATIONS]: 'true' },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'Deployment', name, uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    spec,
  };
}

/** A problem that prevents the gate, and its effect on a Deployment that is left paused. */
function withLeft(deps: OptInDeps, { metadata }: KubeObject, problem: Problem | null): Problem | null {
  const deployment = deploymentOf(deps.store, metadata.namespace ?? '', metadata.name);
  const left = deployment === null ? null : leftProblem(deployment);
  return problem === null || left === null
    ? problem
    : { ...problem, message: `${problem.message}; ${left.message}` };
}

async function show(
  deps: OptInDeps,
  deployment: KubeObject,
  found: Problem | null,
  now: number,
): Promise<void> {
  const problem = withLeft(deps, deployment, found);
  const told = workloadCondition(deployment)?.message === problem?.message;
  if (problem !== null && !told)
    deps.events.record(
      deployment,
      'Warning',
      problem.reason,
      `${problem.message.slice(0, 900)}. Nothing is held until this is fixed`,
    );
  await showOnWorkload(deps.writer, deployment, 'annotations', problem, now);
}

/** Deletes the Rollout of the annotations, unless a release is running, which keeps its own policy. */
async function withdraw(deps: OptInDeps, deployment: KubeObject): Promise<void> {
  const rollout = ownRollout(deps, deployment);
  if (rollout === null || rollout.metadata.deletionTimestamp !== undefined) return;
  const { namespace = '', name } = deployment.metadata;
  if (currentRelease(releasesOf(deps, namespace, name).readable) === null) await deps.writer.remove(rollout);
}

/** Returns whether the Deployment has its Rollout, or will have it at once. */
async function apply(
  deps: OptInDeps,
  deployment: KubeObject,
  spec: RolloutSpec,
  now: number,
): Promise<boolean> {
  const { namespace = '', name } = deployment.metadata;
  const existing = deps.store.get('Rollout', namespace, name);
  const own = ownRollout(deps, deployment);
  if (existing !== null && own === null) {
    const message = `sluice.dev/rollout: a Rollout named ${name} exists already and was not made from annotations; remove the annotations or that Rollout`;
    await show(deps, deployment, { reason: 'RolloutExists', message }, now);
    return false;
  }
  await show(deps, deployment, null, now);
  if (own === null) await deps.writer.create(rolloutOf(deployment, spec));
  else if (own.metadata.deletionTimestamp === undefined && !sameSpec(own['spec'], spec)) {
    await deps.writer.patch(own, [ifUnchanged(own), { op: 'replace', path: '/spec', value: spec }]);
  }
  return true;
}

/** Whether both are equal once the defaults are filled in, as the API server does for stored objects. */
function sameSpec(stored: unknown, wanted: RolloutSpec): boolean {
  const read = RolloutSpec.safeParse(stored);
  return read.success && canonical(read.data) === canonical(RolloutSpec.parse(wanted));
}

/** One pass over the annotations of a Deployment: creates, updates or deletes its Rollout. */
export async function passWorkload(deps: OptInDeps, deployment: KubeObject, now: number): Promise<void> {
  if (deployment.metadata.deletionTimestamp !== undefined) return;
  const read = rolloutFromAnnotations(deployment, {
    analysisTemplate: deps.defaultAnalysis,
    routers: deps.routers,
  });
  if ('problems' in read) {
    const texts = read.problems.map(({ annotation, message }) => `${annotation}: ${message}`);
    await withdraw(deps, deployment);
    const message = texts.join('; ').slice(0, 2_048);
    await show(deps, deployment, { reason: 'InvalidAnnotation', message }, now);
  } else if ('spec' in read) {
    if (await apply(deps, deployment, read.spec, now)) return;
  } else {
    await optOut(deps, deployment, now);
  }
  await passLeft(deps, deployment, now);
}

async function optOut(deps: OptInDeps, deployment: KubeObject, now: number): Promise<void> {
  const own = ownRollout(deps, deployment);
  if (own !== null && own.metadata.deletionTimestamp === undefined) await deps.writer.remove(own);
  await show(deps, deployment, null, now);
}
