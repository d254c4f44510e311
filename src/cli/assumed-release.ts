import type { Release } from '../api/release/release.ts';
import type { Policy } from '../api/rollout/rollout.ts';
import { labelsOf } from '../workload/handover.ts';
import type { Template } from '../workload/workload.ts';

/** A workload without a release, as a router reads it. */
interface Workload {
  readonly name: string;
  readonly namespace: string;
  readonly template: Template;
}

/** The Release that a router would get if one began now, with the labels of the pods. */
export function assumedRelease(
  rollout: string,
  { name, namespace, template }: Workload,
  policy = {} as Policy,
): { readonly owner: Release; readonly podLabels: Readonly<Record<string, string>> } {
  const version = { podTemplateHash: '', replicaSet: '' };
  const owner: Release = {
    apiVersion: 'sluice.dev/v1alpha1',
    kind: 'Release',
    metadata: { name: rollout, namespace },
    spec: {
      rollout,
      workload: { kind: 'Deployment', name },
      revision: '',
      stable: { ...version, template: { ...template } },
      canary: version,
      policy,
      metrics: [],
    },
  };
  return { owner, podLabels: labelsOf(template) };
}
