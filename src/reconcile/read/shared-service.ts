import { selects } from '../../api/labels.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { Store } from '../../ports/cluster.ts';
import type { Problem } from '../../release/reasons/catalogue.ts';

type Labels = Readonly<Record<string, string>>;

interface WorkloadSpec {
  readonly replicas?: number;
  readonly template?: { readonly metadata?: { readonly labels?: Labels } };
}

/** Whether pods of the Deployment are behind the selector now. */
function hasPodsBehind(selector: Labels, object: KubeObject): boolean {
  const { replicas = 1, template } = (object['spec'] ?? {}) as WorkloadSpec;
  return replicas > 0 && selects(selector, template?.metadata?.labels ?? {});
}

/** Services that select pods of a Deployment and of another one, with the name of the latter. */
export function sharedServices(
  store: Store,
  deployment: { readonly name: string; readonly namespace: string },
  podLabels: Labels,
): Readonly<Record<string, string>> {
  const shared: Record<string, string> = {};
  for (const { metadata, spec = {} } of store.list('Service', deployment.namespace)) {
    const { selector = {} } = spec as { selector?: Labels };
    if (!selects(selector, podLabels)) continue;
    const other = store
      .list('Deployment', deployment.namespace)
      .find((object) => object.metadata.name !== deployment.name && hasPodsBehind(selector, object));
    if (other !== undefined) shared[metadata.name] = other.metadata.name;
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
