import { createKubeClient, type KubeClient } from '../../src/adapters/kubernetes/client.ts';
import { connect } from '../../src/adapters/kubernetes/connection.ts';
import { RESOURCES, type Resource } from '../../src/adapters/kubernetes/resource.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import { systemClock } from '../../src/clock.ts';
import type { Access } from './access.ts';

const ISTIO = { group: 'networking.istio.io', version: 'v1', namespaced: true } as const;

const GATEWAY_API = { group: 'gateway.networking.k8s.io', version: 'v1', namespaced: true } as const;

const OTHERS = {
  HTTPRoute: { ...GATEWAY_API, plural: 'httproutes', kind: 'HTTPRoute' },
  GRPCRoute: { ...GATEWAY_API, plural: 'grpcroutes', kind: 'GRPCRoute' },
  InferencePool: {
    group: 'inference.networking.k8s.io',
    version: 'v1',
    plural: 'inferencepools',
    kind: 'InferencePool',
    namespaced: true,
  },
  VirtualService: { ...ISTIO, plural: 'virtualservices', kind: 'VirtualService' },
  DestinationRule: { ...ISTIO, plural: 'destinationrules', kind: 'DestinationRule' },
  Gateway: { ...ISTIO, plural: 'gateways', kind: 'Gateway' },
  HorizontalPodAutoscaler: {
    group: 'autoscaling',
    version: 'v2',
    plural: 'horizontalpodautoscalers',
    kind: 'HorizontalPodAutoscaler',
    namespaced: true,
  },
  ValidatingWebhookConfiguration: {
    group: 'admissionregistration.k8s.io',
    version: 'v1',
    plural: 'validatingwebhookconfigurations',
    kind: 'ValidatingWebhookConfiguration',
    namespaced: false,
  },
  ValidatingAdmissionPolicy: {
    group: 'admissionregistration.k8s.io',
    version: 'v1',
    plural: 'validatingadmissionpolicies',
    kind: 'ValidatingAdmissionPolicy',
    namespaced: false,
  },
  ValidatingAdmissionPolicyBinding: {
    group: 'admissionregistration.k8s.io',
    version: 'v1',
    plural: 'validatingadmissionpolicybindings',
    kind: 'ValidatingAdmissionPolicyBinding',
    namespaced: false,
  },
  ResourceQuota: {
    group: '',
    version: 'v1',
    plural: 'resourcequotas',
    kind: 'ResourceQuota',
    namespaced: true,
  },
  ConfigMap: { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', namespaced: true },
  Secret: { group: '', version: 'v1', plural: 'secrets', kind: 'Secret', namespaced: true },
  Namespace: { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false },
} as const satisfies Record<string, Resource>;

const KINDS: Record<string, Resource> = { ...RESOURCES, ...OTHERS };

/** A kind that tests read or write. */
export type TestKind = keyof typeof RESOURCES | keyof typeof OTHERS;

/** The cluster's objects in one namespace, for one user. */
export interface Api {
  readonly client: KubeClient;
  readonly namespace: string;
  get(kind: TestKind, name: string): Promise<KubeObject | null>;
  list(kind: TestKind, labelSelector?: string): Promise<KubeObject[]>;
  create(object: KubeObject): Promise<KubeObject>;
  /** Merge patch (RFC 7396). */
  merge(kind: TestKind, name: string, patch: object): Promise<KubeObject>;
  /** JSON patch (RFC 6902). */
  patch(kind: TestKind, name: string, patch: readonly object[]): Promise<KubeObject>;
  remove(kind: TestKind, name: string): Promise<void>;
}

/** How the API server addresses a kind. Throws on an unknown kind. */
export function resourceFor(kind: string): Resource {
  const found = KINDS[kind];
  if (found === undefined) throw new TypeError(`unknown kind ${kind}`);
  return found;
}

/** Opens the API; as the administrator unless another kubeconfig is given. */
export async function openApi({ kubeconfig }: Pick<Access, 'kubeconfig'>, namespace: string): Promise<Api> {
  const connection = await connect({ kubeconfig }, process.env, systemClock);
  const client = createKubeClient(connection, {
    userAgent: 'sluice-testbed',
    timeoutMs: 30_000,
    concurrency: 16,
    clock: systemClock,
    observe: () => undefined,
  });
  const at = (kind: TestKind, name: string) => ({ namespace, name });
  return {
    client,
    namespace,
    get: (kind, name) => client.get(resourceFor(kind), at(kind, name)),
    list: async (kind, labelSelector) =>
      (await client.list(resourceFor(kind), namespace, { labelSelector, limit: 5_000 })).items,
    create: (object) =>
      client.create(resourceFor(object.kind), { ...object, metadata: { namespace, ...object.metadata } }),
    merge: (kind, name, patch) => client.patch(resourceFor(kind), at(kind, name), 'merge', patch),
    patch: (kind, name, patch) => client.patch(resourceFor(kind), at(kind, name), 'json', patch),
    remove: async (kind, name) => {
      await client.remove(resourceFor(kind), at(kind, name), { propagationPolicy: 'Background' });
    },
  };
}
