import { rolloutFromAnnotations } from '../api/annotations.ts';
import { API_VERSION, type Condition, type KubeObject } from '../api/meta.ts';
import type { RolloutSpec } from '../api/rollout.ts';
import { withCondition } from '../release/conditions.ts';
import { ifUnchanged, type PatchOperation } from '../release/handover.ts';
import { currentRelease } from '../release/start.ts';
import type { PassDeps } from './release-pass.ts';
import { releasesOf } from './rollout-pass.ts';

/** Condition on the Deployment itself, so that `kubectl describe deployment` tells of a wrong annotation. */
const CONDITION = 'SluiceReady';
/** Label of Rollouts that were made from annotations and follow them. */
const FROM_ANNOTATIONS = 'sluice.dev/from-annotations';

/** What the opt-in needs beside the pass: the template that an annotation need not name. */
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

type Status = { conditions?: Condition[] };

/** The Deployment controller carries conditions over that it does not know, so ours stays until it is put right. */
async function setCondition(
  deps: OptInDeps,
  deployment: KubeObject,
  problem: string | null,
  now: number,
): Promise<void> {
  const status = (deployment['status'] ?? {}) as Status;
  const before = status.conditions?.find((condition) => condition.type === CONDITION);
  if (problem === null ? before === undefined : before?.message === problem) return;
  const others = (status.conditions ?? []).filter((condition) => condition.type !== CONDITION);
  const value =
    problem === null
      ? others
      : withCondition(
          others,
          { type: CONDITION, status: 'False', reason: 'InvalidAnnotation', message: problem },
          now,
        );
  const write: PatchOperation = { op: 'add', path: '/status/conditions', value };
  await deps.writer.patch(deployment, [ifUnchanged(deployment), write], 'status');
}

async function refuse(
  deps: OptInDeps,
  deployment: KubeObject,
  problems: readonly string[],
  now: number,
): Promise<void> {
  const message = problems.join('; ');
  const status = (deployment['status'] ?? {}) as Status;
  const told = status.conditions?.some(
    (condition) => condition.type === CONDITION && condition.message === message,
  );
  if (told !== true) {
    deps.events.record(
      deployment,
      'Warning',
      'InvalidAnnotation',
      `${message}. Nothing is held until this is put right`,
    );
  }
  await withdraw(deps, deployment);
  await setCondition(deps, deployment, message, now);
}

/** Takes back the Rollout that the annotations made, unless a release is under way: that one keeps its own policy. */
async function withdraw(deps: OptInDeps, deployment: KubeObject): Promise<void> {
  const rollout = ownRollout(deps, deployment);
  if (rollout === null || rollout.metadata.deletionTimestamp !== undefined) return;
  const { namespace = '', name } = deployment.metadata;
  if (currentRelease(releasesOf(deps.store, namespace, name)) === null) await deps.writer.remove(rollout);
}

async function apply(deps: OptInDeps, deployment: KubeObject, spec: RolloutSpec, now: number): Promise<void> {
  const { namespace = '', name } = deployment.metadata;
  const existing = deps.store.get('Rollout', namespace, name);
  const own = ownRollout(deps, deployment);
  if (existing !== null && own === null) {
    const problem = `sluice.dev/rollout: a Rollout named ${name} exists already and was not made from annotations; remove the annotations or that Rollout`;
    await setCondition(deps, deployment, problem, now);
    return;
  }
  await setCondition(deps, deployment, null, now);
  const wanted = rolloutOf(deployment, spec);
  if (own === null) await deps.writer.create(wanted);
  else if (own.metadata.deletionTimestamp === undefined && !sameSpec(own['spec'], spec)) {
    await deps.writer.patch(own, [ifUnchanged(own), { op: 'replace', path: '/spec', value: spec }]);
  }
}

/** Whether every field that the annotations ask for is as the stored spec has it (which holds defaults besides). */
function sameSpec(stored: unknown, wanted: unknown): boolean {
  if (wanted === null || typeof wanted !== 'object') return stored === wanted;
  if (stored === null || typeof stored !== 'object') return false;
  if (Array.isArray(wanted) && (!Array.isArray(stored) || stored.length !== wanted.length)) return false;
  const keys = new Set([...Object.keys(wanted), ...Object.keys(stored)]);
  return [...keys].every((key) =>
    sameSpec((stored as Record<string, unknown>)[key], (wanted as Record<string, unknown>)[key]),
  );
}

/** One pass over the annotations of a Deployment: they make, change or take back its Rollout. */
export async function passWorkload(deps: OptInDeps, deployment: KubeObject, now: number): Promise<void> {
  if (deployment.metadata.deletionTimestamp !== undefined) return;
  const read = rolloutFromAnnotations(deployment, { analysisTemplate: deps.defaultAnalysis });
  if ('problems' in read) {
    const texts = read.problems.map(({ annotation, message }) => `${annotation}: ${message}`);
    await refuse(deps, deployment, texts, now);
  } else if ('spec' in read) {
    await apply(deps, deployment, read.spec, now);
  } else {
    await optOut(deps, deployment, now);
  }
}

async function optOut(deps: OptInDeps, deployment: KubeObject, now: number): Promise<void> {
  const own = ownRollout(deps, deployment);
  if (own !== null && own.metadata.deletionTimestamp === undefined) await deps.writer.remove(own);
  await setCondition(deps, deployment, null, now);
}
