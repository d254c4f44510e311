import { HASH_LABEL } from '../../api/labels.ts';
import type { KubeObject } from '../../api/meta.ts';
import { ifUnchanged, type PatchOperation } from '../../api/values/json-patch.ts';
import { labelled, labelsOf, ownerOf, sizeAnnotations } from '../../workload/handover.ts';
import { type ObservedDeployment, type ObservedReplicaSet } from '../../workload/workload.ts';
import { NUMBER, numberOf, type StableVersion } from './stable.ts';

/** Label of a ReplicaSet that is hidden from the Deployment controller. */
export const ASIDE_LABEL = 'sluice.dev/set-aside';

/** Whether a ReplicaSet of the Deployment has been set aside. */
export function isAside({ object }: ObservedReplicaSet, { uid }: Pick<ObservedDeployment, 'uid'>): boolean {
  const { labels, ownerReferences = [] } = object.metadata;
  return labels?.[ASIDE_LABEL] !== undefined && ownerReferences.some((owner) => owner.uid === uid);
}

/**
 * The single patch that hides a ReplicaSet and its pods from the Deployment controller: it gets another controlling
 * owner, and labels that the Deployment's selector does not match. Its template keeps the original labels.
 */
export function asidePatch(
  set: ObservedReplicaSet,
  deployment: ObservedDeployment,
  rollout: KubeObject,
): PatchOperation[] {
  const { apiVersion, kind, metadata } = rollout;
  const { name, uid = '' } = metadata;
  const labels = { 'app.kubernetes.io/managed-by': 'sluice', [ASIDE_LABEL]: 'true' };
  const owners = [
    { apiVersion, kind, name, uid, controller: true },
    { apiVersion: 'apps/v1', kind: 'Deployment', name: deployment.name, uid: deployment.uid },
  ];
  return [
    ifUnchanged(set.object),
    { op: 'replace', path: '/spec/replicas', value: 0 },
    { op: 'add', path: '/metadata/labels', value: labels },
    { op: 'add', path: '/metadata/ownerReferences', value: owners },
  ];
}

/** The patch that returns a ReplicaSet that was set aside to the Deployment. */
export function returnPatch(set: ObservedReplicaSet, deployment: ObservedDeployment): PatchOperation[] {
  const labels = { ...labelsOf(set.template), [HASH_LABEL]: set.hash };
  return [
    ifUnchanged(set.object),
    { op: 'add', path: '/metadata/labels', value: labels },
    { op: 'add', path: '/metadata/ownerReferences', value: [ownerOf(deployment)] },
  ];
}

/**
 * Stable's ReplicaSet, created again under its name, so that routes, metrics and Releases find it as before. Its
 * revision number is above those of the `others`, since it was rolled out last.
 */
export function stableReplicaSet(
  stable: StableVersion,
  deployment: ObservedDeployment,
  others: readonly ObservedReplicaSet[],
): KubeObject {
  const number = 1 + Math.max(0, ...others.map(numberOf));
  const { namespace } = deployment.object.metadata;
  const { selector } = deployment.object['spec'] as { selector: object };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: stable.name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...labelsOf(stable.template), [HASH_LABEL]: stable.hash },
      annotations: { ...sizeAnnotations(deployment), [NUMBER]: String(number) },
      ownerReferences: [ownerOf(deployment)],
    },
    spec: {
      replicas: deployment.replicas,
      minReadySeconds: deployment.minReadySeconds,
      selector: { ...selector, matchLabels: { ...deployment.selector, [HASH_LABEL]: stable.hash } },
      template: labelled(stable.template, stable.hash),
    },
  };
}
