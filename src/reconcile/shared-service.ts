import type { KubeObject } from '../api/meta.ts';
import type { Problem } from '../api/problem.ts';
import type { Store } from '../ports/cluster.ts';

type Labels = Readonly<Record<string, string>>;

interface WorkloadSpec {
  readonly replicas?: number;
  readonly template?: { readonly metadata?: { readonly labels?: Labels } };
}

/** Whether pods of the Deployment are behind the selector now. */
function hasPodsBehind(selector: Labels, object: KubeObject): boolean {
  const { replicas = 1, template } = (object['spec'] ?? {}) as WorkloadSpec;
  const labels = template?.metadata?.labels ?? {};
  return replicas > 0 && Object.entries(selector).every(([key, value]) => labels[key] === value);
}

/** Another Deployment that has pods behind the Service, or null. */
export function deploymentBeside(
  store: Store,
  namespace: string,
  deployment: string,
  service: string,
): string | null {
  const { selector } = (store.get('Service', namespace, service)?.['spec'] ?? {}) as { selector?: Labels };
  if (selector === undefined || Object.keys(selector).length === 0) return null;
  const other = store
    .list('Deployment', namespace)
    .find((object) => object.metadata.name !== deployment && hasPodsBehind(selector, object));
  return other?.metadata.name ?? null;
}

/**
 * What stands against a release where the Service has the pods of another Deployment behind it, too: the subsets of a
 * release are two versions of one workload, so that all traffic of the other would be taken from it.
 */
export function sharedService(
  store: Store,
  namespace: string,
  deployment: string,
  service: string,
): Problem | null {
  const other = deploymentBeside(store, namespace, deployment, service);
  if (other === null) return null;
  return {
    reason: 'ServiceShared',
    message: `Service ${service} has the pods of Deployment ${other} behind it, too, which would get no traffic during a release: give each Deployment a Service of its own (spec.selector), and route to both`,
  };
}
