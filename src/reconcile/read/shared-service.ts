import { selects } from '../../api/labels.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { Store } from '../../ports/cluster.ts';
import type { Problem } from '../../release/reasons/catalogue.ts';

type Labels = Readonly<Record<string, string>>;

interface WorkloadSpec {
  readonly replicas?: number;
  readonly template?: { readonly metadata?: { readonly labels?: Labels } };
}

/** Whether pods of the Deployment are behind the selector, as soon as it has any. */
function isBehind(selector: Labels, object: KubeObject): boolean {
  const { template } = (object['spec'] ?? {}) as WorkloadSpec;
  return selects(selector, template?.metadata?.labels ?? {});
}

/** Whether pods of the Deployment are behind the selector now. */
function hasPodsBehind(selector: Labels, object: KubeObject): boolean {
  const { replicas = 1 } = (object['spec'] ?? {}) as WorkloadSpec;
  return replicas > 0 && isBehind(selector, object);
}

type SelectorField = Labels | { readonly matchLabels?: Labels };

/** Labels of the pods behind a Service, or behind an object of a router that selects pods likewise. */
function selectorOf({ kind, spec }: KubeObject): Labels {
  const { selector = {} } = (spec ?? {}) as { selector?: SelectorField };
  return kind === 'Service' ? (selector as Labels) : ((selector.matchLabels ?? {}) as Labels);
}

const backendKeyOf = ({ kind, metadata: { name } }: KubeObject): string =>
  kind === 'Service' ? name : `${kind}/${name}`;

/** Deployments with pods behind any of these Services. */
export function deploymentsBehind(
  store: Store,
  namespace: string,
  services: readonly string[],
): readonly KubeObject[] {
  const selectors = services.flatMap((name) => store.get('Service', namespace, name) ?? []).map(selectorOf);
  return store
    .list('Deployment', namespace)
    .filter((object) => selectors.some((selector) => isBehind(selector, object)));
}

/**
 * Services, and InferencePools as `InferencePool/NAME`, that select pods of a Deployment and of another one, with the name
 * of the latter.
 */
export function sharedServices(
  store: Store,
  deployment: { readonly name: string; readonly namespace: string },
  podLabels: Labels,
): Readonly<Record<string, string>> {
  const shared: Record<string, string> = {};
  const backends = ['Service', 'InferencePool'].flatMap((kind) => store.list(kind, deployment.namespace));
  for (const object of backends) {
    const selector = selectorOf(object);
    if (!selects(selector, podLabels)) continue;
    const other = store
      .list('Deployment', deployment.namespace)
      .find((one) => one.metadata.name !== deployment.name && hasPodsBehind(selector, one));
    if (other !== undefined) shared[backendKeyOf(object)] = other.metadata.name;
  }
  return shared;
}

/** What becomes of the other Deployment while a release divides the requests, by how the router does that. */
const MEANWHILE = {
  routes:
    'which would get no traffic during a release: give each Deployment a Service of its own (spec.selector), and route to both',
  pods: "so that its pods would count in the canary's share and in the metrics of the Service: give each Deployment a Service of its own (spec.selector)",
} as const;

/**
 * Why no release can start if the Service also selects pods of another Deployment: routes go to two versions of one
 * workload, so the other would lose all its traffic; and where pods are the share, the other has a part of it that no
 * step accounts for.
 */
export function sharedProblem(
  shared: Readonly<Record<string, string>> | undefined,
  service: string,
  by: keyof typeof MEANWHILE,
): Problem | null {
  const other = shared?.[service];
  if (other === undefined) return null;
  return {
    reason: 'ServiceShared',
    message: `Service ${service} has the pods of Deployment ${other} behind it, too, ${MEANWHILE[by]}`,
  };
}
