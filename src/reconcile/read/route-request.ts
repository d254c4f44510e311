import type { KubeObject } from '../../api/meta.ts';
import type { Traffic } from '../../api/rollout/rollout.ts';
import type { Store } from '../../ports/cluster.ts';
import type { RouteObjects, RouteRequest } from '../../traffic/context.ts';
import { namespaceFor, type RouterSettings, type WatchedKind } from '../../traffic/declaration.ts';
import type { Router } from '../../traffic/router.ts';
import { type Routers, routerOf } from '../../traffic/routers.ts';
import { ANY_SERVICE, serviceKey } from '../../traffic/service-key.ts';
import type { ObservedDeployment } from '../../workload/workload.ts';
import { deploymentsBehind, sharedServices } from './shared-service.ts';

/** Dependencies of reading the routes. */
export interface RouteDeps {
  readonly store: Store;
  readonly routers: Routers<Router>;
  readonly settings: RouterSettings;
}

/** Objects of a kind in other namespaces that name a Service of this one, without mesh-wide objects. */
function elsewhere(store: Store, { kind }: WatchedKind, namespace: string, alsoIn: string): KubeObject[] {
  const services = store.list('Service', namespace);
  const keys = services.map(({ metadata: { name } }) => serviceKey({ namespace, name }));
  const found = [...keys, ANY_SERVICE].flatMap((key) => store.naming?.(kind, key) ?? []);
  return [...new Set(found)].filter(
    ({ metadata }) => ![namespace, alsoIn].includes(metadata.namespace ?? ''),
  );
}

/** Labels of the pods of a template. */
function podLabelsOf(deployment: ObservedDeployment | null): Readonly<Record<string, string>> {
  const metadata = deployment?.template['metadata'] as { labels?: Record<string, string> } | undefined;
  return metadata?.labels ?? {};
}

function routeObjects(
  { store, settings }: RouteDeps,
  { watches }: Router,
  of: {
    readonly namespace: string;
    readonly deployment: ObservedDeployment | null;
    /** Services whose Deployments are read. */
    readonly behind: readonly string[];
  },
): RouteObjects {
  const { namespace, deployment, behind } = of;
  const kinds: Record<string, readonly KubeObject[]> = { Service: store.list('Service', namespace) };
  const foreign: Record<string, readonly KubeObject[]> = {};
  for (const watch of watches) {
    const { kind } = watch;
    const alsoIn = watch.alsoIn?.(settings) ?? namespace;
    const shared = alsoIn === namespace ? [] : store.list(kind, alsoIn);
    kinds[kind] = [...store.list(kind, namespaceFor(watch, namespace)), ...shared];
    foreign[kind] = elsewhere(store, watch, namespace, alsoIn);
  }
  if (behind.length > 0) kinds['Deployment'] = deploymentsBehind(store, namespace, behind);
  return {
    namespace,
    kinds,
    elsewhere: foreign,
    ...(deployment === null
      ? {}
      : { sharedWith: sharedServices(store, { namespace, name: deployment.name }, podLabelsOf(deployment)) }),
  };
}

/** A router with its input. */
export interface RouterRequest<Owner> {
  readonly router: Router;
  readonly request: RouteRequest<unknown, Owner>;
}

/** The router of a policy, and its input before there is a plan, for the pods of a Deployment. */
export function routeRequest<Owner>(
  deps: RouteDeps,
  of: {
    readonly namespace: string;
    readonly deployment: ObservedDeployment | null;
    readonly traffic: Traffic | undefined;
    readonly owner: Owner;
  },
): RouterRequest<Owner> {
  const { namespace, deployment, traffic, owner } = of;
  const { router, spec } = routerOf(deps.routers, traffic);
  const behind = router.deploymentsBehind?.(spec) ?? [];
  const objects = routeObjects(deps, router, { namespace, deployment, behind });
  return { router, request: { objects, spec, podLabels: podLabelsOf(deployment), owner } };
}
