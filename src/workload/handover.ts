import { labelValue } from '../api/derived-names.ts';
import { HASH_LABEL } from '../api/labels.ts';
import type { KubeObject } from '../api/meta.ts';
import type { Release } from '../api/release/release.ts';
import { durationMs } from '../api/values/duration.ts';
import { ifUnchanged, type PatchOperation } from '../api/values/json-patch.ts';
import { type ObservedDeployment, type ObservedReplicaSet, type Template } from './workload.ts';

type Json = Readonly<Record<string, unknown>>;

/** The template with the label that identifies its version. */
export function labelled(template: Json, hash: string): Json {
  const metadata = (template['metadata'] ?? {}) as Json;
  const labels = (metadata['labels'] ?? {}) as Json;
  return { ...template, metadata: { ...metadata, labels: { ...labels, [HASH_LABEL]: hash } } };
}

/** Label of a canary ReplicaSet with the name of its Release. */
export const RELEASE_LABEL = 'sluice.dev/release';

/**
 * Whether a ReplicaSet is the canary of the Release and not (yet) the Deployment's. The garbage collector removes an
 * owner that is deleted in the foreground from the list, so if there is no controlling owner the label decides.
 */
export function isDetached({ ownerUid, object }: ObservedReplicaSet, { metadata }: Release): boolean {
  if (ownerUid !== undefined) return ownerUid === metadata.uid;
  return object.metadata.labels?.[RELEASE_LABEL] === labelValue(metadata.name);
}

/**
 * A pod gets weight only when every proxy can know of it; after the handover the Deployment's own `minReadySeconds`
 * applies.
 */
const settleSeconds = ({ spec }: Release): number => Math.ceil(durationMs(spec.policy.settle) / 1_000);

/**
 * The canary ReplicaSet while it is detached: owned by the Release, with labels that the Deployment's selector does not
 * match, so that the Deployment controller leaves it alone; its pods do match, so that the Service finds them. The
 * Deployment is an owner too, though not the controlling one: if the Release or its Rollout is deleted in the
 * foreground, the garbage collector would otherwise remove the pods while they still have traffic.
 */
export function detachedReplicaSet(
  release: Release,
  deployment: ObservedDeployment,
  replicas: number,
): KubeObject {
  const { podTemplateHash, replicaSet } = release.spec.canary;
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: replicaSet,
      ...(release.metadata.namespace === undefined ? {} : { namespace: release.metadata.namespace }),
      labels: {
        'app.kubernetes.io/managed-by': 'sluice',
        [RELEASE_LABEL]: labelValue(release.metadata.name),
      },
      ownerReferences: [
        {
          apiVersion: release.apiVersion,
          kind: release.kind,
          name: release.metadata.name,
          uid: release.metadata.uid ?? '',
          controller: true,
          blockOwnerDeletion: true,
        },
        { apiVersion: 'apps/v1', kind: 'Deployment', name: deployment.name, uid: deployment.uid },
      ],
    },
    spec: {
      replicas,
      minReadySeconds: Math.max(deployment.minReadySeconds, settleSeconds(release)),
      selector: {
        ...((deployment.object['spec'] as Json)['selector'] as Json),
        matchLabels: { ...deployment.selector, [HASH_LABEL]: podTemplateHash },
      },
      template: labelled(deployment.template, podTemplateHash),
    },
  };
}

/** The owner reference that makes a ReplicaSet the Deployment's own. */
export function ownerOf({
  name,
  uid,
}: ObservedDeployment): NonNullable<KubeObject['metadata']['ownerReferences']>[number] {
  return { apiVersion: 'apps/v1', kind: 'Deployment', name, uid, controller: true, blockOwnerDeletion: true };
}

/** Annotations of the Deployment controller on its ReplicaSets, from which it computes proportions. */
export function sizeAnnotations({ replicas, surge }: ObservedDeployment): Record<string, string> {
  return {
    'deployment.kubernetes.io/desired-replicas': String(replicas),
    'deployment.kubernetes.io/max-replicas': String(replicas + surge),
  };
}

/**
 * The single patch that makes the analysed ReplicaSet the Deployment's own. Without the `max-replicas` annotation the
 * Deployment controller would compute wrong proportions and could delete every old pod at once.
 */
export function handoverPatch(canary: ObservedReplicaSet, deployment: ObservedDeployment): PatchOperation[] {
  const { annotations } = canary.object.metadata;
  return [
    ifUnchanged(canary.object),
    { op: 'replace', path: '/metadata/ownerReferences', value: [ownerOf(deployment)] },
    {
      op: 'add',
      path: '/metadata/labels',
      value: { ...labelsOf(deployment.template), [HASH_LABEL]: canary.hash },
    },
    { op: 'add', path: '/metadata/annotations', value: { ...annotations, ...sizeAnnotations(deployment) } },
  ];
}

/** Labels of the pod template, which the Deployment controller copies to its ReplicaSets. */
export function labelsOf(template: Template): Record<string, string> {
  const metadata = template['metadata'] as { labels?: Record<string, string> } | undefined;
  return { ...metadata?.labels };
}
