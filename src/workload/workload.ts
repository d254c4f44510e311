import { z } from 'zod';
import { GATE, HOLD, LEFT_MARK } from '../api/annotations/annotations.ts';
import { OPT_IN } from '../api/annotations/kinds.ts';
import { HASH_LABEL } from '../api/labels.ts';
import type { KubeObject } from '../api/meta.ts';
import { resolveSurge, resolveUnavailable } from './surge.ts';

export { GATE, HOLD, LEFT_MARK, OPT_IN };

/** A pod template as raw JSON. */
export type Template = Readonly<Record<string, unknown>>;

/** The state of a Deployment that decisions use. */
export interface ObservedDeployment {
  readonly name: string;
  readonly uid: string;
  readonly replicas: number;
  /** `maxSurge` and `maxUnavailable` in pods. */
  readonly surge: number;
  readonly unavailable: number;
  readonly strategy: string;
  readonly paused: boolean;
  /** The pause is the gate's own, even if its Rollout is gone. */
  readonly held: boolean;
  /** It lost its Rollout while it was held: the revision of stable at that time, empty if unknown. */
  readonly left: string | undefined;
  readonly gate: string | undefined;
  readonly optedOut: boolean;
  readonly deleting: boolean;
  /** The native rolling update has finished and all pods are of the template. */
  readonly complete: boolean;
  readonly readyReplicas: number;
  readonly revision: string;
  readonly template: Template;
  readonly selector: Readonly<Record<string, string>>;
  readonly minReadySeconds: number;
  readonly object: KubeObject;
}

/** The state of a ReplicaSet that decisions use. */
export interface ObservedReplicaSet {
  readonly name: string;
  readonly uid: string;
  readonly hash: string;
  readonly ownerUid: string | undefined;
  /** Desired number of pods. */
  readonly replicas: number;
  /** Pods that it has and that are not terminating; at least one until its last change has been observed. */
  readonly pods: number;
  readonly ready: number;
  readonly available: number;
  readonly deleting: boolean;
  readonly revision: string;
  readonly template: Template;
  readonly object: KubeObject;
}

const count = z.number().catch(0);
const record = z.record(z.string(), z.unknown());

const DeploymentShape = z.looseObject({
  spec: z.looseObject({
    replicas: z.number().catch(1),
    paused: z.boolean().catch(false),
    minReadySeconds: count,
    template: record,
    selector: z.looseObject({ matchLabels: z.record(z.string(), z.string()).catch({}) }),
    strategy: z
      .looseObject({
        type: z.string().catch('RollingUpdate'),
        rollingUpdate: z.looseObject({ maxSurge: z.unknown(), maxUnavailable: z.unknown() }).optional(),
      })
      .catch({ type: 'RollingUpdate' }),
  }),
  status: z
    .looseObject({
      observedGeneration: count,
      replicas: count,
      updatedReplicas: count,
      availableReplicas: count,
      readyReplicas: count,
    })
    .catch({
      observedGeneration: 0,
      replicas: 0,
      updatedReplicas: 0,
      availableReplicas: 0,
      readyReplicas: 0,
    }),
});
type DeploymentShape = z.infer<typeof DeploymentShape>;

/** Computes the identity of a pod template; injected, because hashing does not belong to the core. */
export type Revision = (template: Template) => string;

function isComplete(object: KubeObject, { spec, status }: DeploymentShape): boolean {
  return (
    status.observedGeneration >= (object.metadata.generation ?? 0) &&
    status.updatedReplicas === spec.replicas &&
    status.replicas === spec.replicas &&
    status.availableReplicas >= spec.replicas
  );
}

/** Reads a raw Deployment. */
export function observeDeployment(object: KubeObject, revision: Revision): ObservedDeployment {
  const shape = DeploymentShape.parse(object);
  const annotations = object.metadata.annotations ?? {};
  const { replicas, strategy } = shape.spec;
  const { maxSurge, maxUnavailable } = strategy.rollingUpdate ?? {};
  // All pods at once, and none beside them.
  const isRecreate = strategy.type === 'Recreate';
  const surge = isRecreate ? 0 : resolveSurge(maxSurge, replicas);
  return {
    name: object.metadata.name,
    uid: object.metadata.uid ?? '',
    replicas,
    surge,
    unavailable: isRecreate ? replicas : resolveUnavailable(maxUnavailable, replicas, surge),
    strategy: strategy.type,
    paused: shape.spec.paused,
    held: shape.spec.paused && (annotations[HOLD] !== undefined || annotations[LEFT_MARK] !== undefined),
    left: annotations[LEFT_MARK],
    gate: annotations[GATE],
    optedOut: annotations[OPT_IN] === 'off',
    deleting: object.metadata.deletionTimestamp !== undefined,
    complete: isComplete(object, shape),
    readyReplicas: shape.status.readyReplicas,
    revision: revision(shape.spec.template),
    template: shape.spec.template,
    selector: shape.spec.selector.matchLabels,
    minReadySeconds: shape.spec.minReadySeconds,
    object,
  };
}

/** A template without the label that Kubernetes adds to tell versions apart. */
export function withoutHash(template: Template): Template {
  const metadata = (template['metadata'] ?? {}) as Record<string, unknown>;
  const labels = { ...(metadata['labels'] as Record<string, string> | undefined) };
  delete labels[HASH_LABEL];
  return { ...template, metadata: { ...metadata, labels } };
}

const ReplicaSetShape = z.looseObject({
  spec: z.looseObject({ replicas: z.number().catch(1), template: record }),
  status: z
    .looseObject({
      observedGeneration: count,
      replicas: count,
      readyReplicas: count,
      availableReplicas: count,
    })
    .catch({ observedGeneration: 0, replicas: 0, readyReplicas: 0, availableReplicas: 0 }),
});

/** Reads a raw ReplicaSet. While it is being deleted its pods do not count. */
export function observeReplicaSet(object: KubeObject, revision: Revision): ObservedReplicaSet {
  const { spec, status } = ReplicaSetShape.parse(object);
  const template = withoutHash(spec.template);
  const labels = (spec.template['metadata'] as { labels?: Record<string, string> } | undefined)?.labels ?? {};
  const deleting = object.metadata.deletionTimestamp !== undefined;
  const observed = status.observedGeneration >= (object.metadata.generation ?? 0);
  return {
    name: object.metadata.name,
    uid: object.metadata.uid ?? '',
    hash: labels[HASH_LABEL] ?? '',
    ownerUid: object.metadata.ownerReferences?.find((owner) => owner.controller === true)?.uid,
    replicas: spec.replicas,
    pods: observed ? status.replicas : Math.max(1, status.replicas),
    ready: deleting ? 0 : status.readyReplicas,
    available: deleting ? 0 : status.availableReplicas,
    deleting,
    revision: revision(template),
    template,
    object,
  };
}
