import type { KubeObject } from '../../api/meta.ts';

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

/** Every kind that the controller reads or writes, by kind. */
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
  VirtualService: resource('networking.istio.io', 'v1', 'virtualservices', 'VirtualService'),
  DestinationRule: resource('networking.istio.io', 'v1', 'destinationrules', 'DestinationRule'),
} as const satisfies Record<string, Resource>;

/** Secrets, ConfigMaps and the configuration of our webhook are had one by one by their names, and never listed. */
export const SECRETS = resource('', 'v1', 'secrets', 'Secret');
export const CONFIG_MAPS = resource('', 'v1', 'configmaps', 'ConfigMap');
export const WEBHOOK_CONFIGURATIONS = resource(
  'admissionregistration.k8s.io',
  'v1',
  'mutatingwebhookconfigurations',
  'MutatingWebhookConfiguration',
  false,
);

/** The resource of an object, by its kind. Throws on a kind that is not listed: a fault of ours. */
export function resourceOf(object: Pick<KubeObject, 'kind'>): Resource {
  const found = (RESOURCES as Record<string, Resource>)[object.kind];
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
