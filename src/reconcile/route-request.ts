import type { KubeObject } from '../api/meta.ts';
import type { Store } from '../ports/cluster.ts';
import { ANY_SERVICE, serviceKey } from '../traffic/istio/foreign.ts';
import type { RouteObjects, RouteRequest } from '../traffic/router.ts';
import type { ObservedDeployment } from '../workload/workload.ts';
import { sharedServices } from './shared-service.ts';

/** What reading the routes needs. */
export interface RouteDeps {
  readonly store: Store;
  /** Namespace in which Istio looks for mesh-wide DestinationRules. */
  readonly rootNamespace: string;
}

/** Objects of other namespaces that name a Service of this one. The mesh-wide rules are no such ones. */
function elsewhere(
  { store, rootNamespace }: RouteDeps,
  namespace: string,
): Required<RouteObjects>['elsewhere'] {
  const services = store.list('Service', namespace);
  const keys = services.map(({ metadata: { name } }) => serviceKey({ namespace, name }));
  const naming = (kind: 'VirtualService' | 'DestinationRule', more: readonly string[]): KubeObject[] => {
    const found = [...keys, ...more].flatMap((key) => store.naming?.(kind, key) ?? []);
    return [...new Set(found)].filter(({ metadata }) => metadata.namespace !== namespace);
  };
  return {
    virtualServices: naming('VirtualService', []),
    destinationRules: naming('DestinationRule', [ANY_SERVICE]).filter(
      ({ metadata }) => metadata.namespace !== rootNamespace,
    ),
  };
}

/** Labels of the pods of a template. */
function podLabelsOf(deployment: ObservedDeployment | null): Readonly<Record<string, string>> {
  const metadata = deployment?.template['metadata'] as { labels?: Record<string, string> } | undefined;
  return metadata?.labels ?? {};
}

function routeObjects(
  deps: RouteDeps,
  namespace: string,
  deployment: ObservedDeployment | null,
): RouteObjects {
  const { store, rootNamespace } = deps;
  const root = namespace === rootNamespace ? [] : store.list('DestinationRule', rootNamespace);
  return {
    namespace,
    services: store.list('Service', namespace),
    virtualServices: store.list('VirtualService', namespace),
    destinationRules: [...store.list('DestinationRule', namespace), ...root],
    elsewhere: elsewhere(deps, namespace),
    ...(deployment === null
      ? {}
      : { sharedWith: sharedServices(store, { namespace, name: deployment.name }, podLabelsOf(deployment)) }),
  };
}

/** What the router is asked from before there is a plan, for the pods of a Deployment. */
export function routeRequest<Owner>(
  deps: RouteDeps,
  of: {
    readonly namespace: string;
    readonly deployment: ObservedDeployment | null;
    readonly spec: RouteRequest['spec'];
    readonly owner: Owner;
  },
): RouteRequest<Owner> {
  const { namespace, deployment, spec, owner } = of;
  const objects = routeObjects(deps, namespace, deployment);
  return { objects, spec, podLabels: podLabelsOf(deployment), owner };
}
