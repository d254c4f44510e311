import type { KubeObject } from '../../api/meta.ts';
import type { WatchedKind } from '../../traffic/declaration.ts';

/** A kind of object as the API server addresses it. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

function resource(group: string, version: string, plural: string, kind: string, namespaced = true): Resource {
  return { group, version, plural, kind, namespaced };
}

/** Every kind that the controller reads or writes whatever the router, by kind. */
export const RESOURCES = {
  Rollout: resource('sluice.dev', 'v1alpha1', 'rollouts', 'Rollout'),
  Release: resource('sluice.dev', 'v1alpha1', 'releases', 'Release'),
  AnalysisTemplate: resource('sluice.dev', 'v1alpha1', 'analysistemplates', 'AnalysisTemplate'),
  ClusterAnalysisTemplate: resource(
    'sluice.dev',
    'v1alpha1',
    'clusteranalysistemplates',
    'ClusterAnalysisTemplate',
    false,
  ),
  Deployment: resource('apps', 'v1', 'deployments', 'Deployment'),
  ReplicaSet: resource('apps', 'v1', 'replicasets', 'ReplicaSet'),
  Pod: resource('', 'v1', 'pods', 'Pod'),
  Job: resource('batch', 'v1', 'jobs', 'Job'),
  Service: resource('', 'v1', 'services', 'Service'),
  Node: resource('', 'v1', 'nodes', 'Node', false),
  Event: resource('events.k8s.io', 'v1', 'events', 'Event'),
  Lease: resource('coordination.k8s.io', 'v1', 'leases', 'Lease'),
} as const satisfies Record<string, Resource>;

/** Secrets, ConfigMaps and the configuration of our webhook are read one by one by name, and never listed. */
export const SECRETS = resource('', 'v1', 'secrets', 'Secret');
export const CONFIG_MAPS = resource('', 'v1', 'configmaps', 'ConfigMap');
export const WEBHOOK_CONFIGURATIONS = resource(
  'admissionregistration.k8s.io',
  'v1',
  'mutatingwebhookconfigurations',
  'MutatingWebhookConfiguration',
  false,
);

/** A kind that a router reads, as a resource. */
export function resourceOfWatch({ group, version, plural, kind, scope }: WatchedKind): Resource {
  return resource(group, version, plural, kind, scope !== 'Cluster');
}

/** The resource of an object, by its kind: one of ours, or of a router. Throws on another one: a fault of ours. */
export function resourceOf(object: Pick<KubeObject, 'kind'>, watches: readonly WatchedKind[] = []): Resource {
  const watch = watches.find(({ kind }) => kind === object.kind);
  const found =
    watch === undefined ? (RESOURCES as Record<string, Resource>)[object.kind] : resourceOfWatch(watch);
  if (found === undefined) throw new TypeError(`no resource for kind ${object.kind}`);
  return found;
}

/** The path of a resource, of one of its objects, or of a part of one. */
export function pathOf(
  { group, version, plural, namespaced }: Resource,
  at: { readonly namespace?: string | undefined; readonly name?: string; readonly subresource?: string } = {},
): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const scope =
    namespaced && at.namespace !== undefined && at.namespace !== ''
      ? `/namespaces/${encodeURIComponent(at.namespace)}`
      : '';
  const tail = [plural, at.name, at.subresource].filter((part) => part !== undefined).map(encodeURIComponent);
  return `${root}${scope}/${tail.join('/')}`;
}
