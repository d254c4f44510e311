import { RESOURCES, type Resource, resourceOfWatch } from '../../adapters/kubernetes/resource.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { RouteObjects } from '../../traffic/context.ts';
import type { RouterSettings } from '../../traffic/declaration.ts';
import type { RouteCandidate, Router, RouteSearch } from '../../traffic/router.ts';
import type { Template } from '../../workload/workload.ts';
import { assumedRelease } from '../assumed-release.ts';
import { ofOptionalKind } from '../optional-kind.ts';
import type { Session } from '../session.ts';

/** An object that routes to a Deployment, with the router that knows it. */
export interface TrafficFound extends RouteCandidate {
  readonly router: string;
}

/** What was found, and why other candidates do not fit. */
export interface TrafficSearch {
  readonly found: readonly TrafficFound[];
  readonly problems: RouteSearch['problems'];
}

/** What a router reads in the namespace of the session. Mesh-wide objects are left out if they may not be read. */
export async function readRoutes(
  session: Session,
  { watches }: Router,
  settings: RouterSettings,
): Promise<RouteObjects> {
  const { namespace } = session;
  const list = async (resource: Resource, of: string): Promise<readonly KubeObject[]> =>
    (await session.client.list(resource, of)).items;
  const read = async (watch: Router['watches'][number]): Promise<readonly KubeObject[]> => {
    const alsoIn = watch.alsoIn?.(settings) ?? namespace;
    const [own, shared] = await Promise.all([
      list(resourceOfWatch(watch), namespace).catch(ofOptionalKind(watch)),
      alsoIn === namespace ? [] : list(resourceOfWatch(watch), alsoIn).catch(() => []),
    ]);
    return [...own, ...shared];
  };
  const [services, ...others] = await Promise.all([list(RESOURCES.Service, namespace), ...watches.map(read)]);
  const kinds = watches.map(({ kind }, at) => [kind, others[at] ?? []] as const);
  return { namespace, kinds: { Service: services, ...Object.fromEntries(kinds) } };
}

/** What a router could shift for a Deployment. */
export function findTraffic(router: Router, deployment: KubeObject, objects: RouteObjects): TrafficSearch {
  const { template = {} } = (deployment['spec'] ?? {}) as { template?: Template };
  const { name } = deployment.metadata;
  const { found, problems } = router.find({
    objects,
    ...assumedRelease(name, { name, namespace: objects.namespace, template }),
  });
  return { found: found.map((one) => ({ ...one, router: router.name })), problems };
}
