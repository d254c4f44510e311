/**
 * Another product that has Rollouts too, with any fields, and comes before ours where a command names no group; its
 * controller does not run.
 */
export const FOREIGN_CRD = JSON.stringify(foreignCrd('argoproj.io', 'v1alpha1', 'Rollout', 'rollouts'));

/** The CRD of a kind of another product, with any fields; its controller does not run. */
export function foreignCrd(group: string, version: string, kind: string, plural: string): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase() },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  };
}
