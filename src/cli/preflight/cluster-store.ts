import { listAll } from '../../adapters/kubernetes/client.ts';
import { isCode } from '../../adapters/kubernetes/failure.ts';
import { RESOURCES, type Resource, resourceOfWatch } from '../../adapters/kubernetes/resource.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { Store } from '../../ports/cluster.ts';
import { namespaceFor, type RouterSettings } from '../../traffic/declaration.ts';
import { ROUTERS } from '../../traffic/registry.ts';
import { ofOptionalKind } from '../optional-kind.ts';
import type { Session } from '../session.ts';

/** Kinds in the namespace of a workload from which a release is decided. */
const KINDS = ['Rollout', 'Release', 'AnalysisTemplate', 'Deployment', 'ReplicaSet', 'Service'] as const;

/**
 * What the controller would keep in memory of the session's namespace, read once, so that a command decides with the
 * controller's own code. Mesh-wide objects of another namespace are left out if they may not be read. `hidden` are the kinds of
 * routers that may not be read: nothing is known of them.
 */
export async function readStore(
  session: Session,
  settings: RouterSettings,
): Promise<Store & { readonly hidden: readonly string[] }> {
  const { namespace } = session;
  const objects = new Map<string, readonly KubeObject[]>();
  const hidden: string[] = [];
  const put = async (
    resource: Resource,
    of: string | undefined,
    otherwise?: (error: unknown) => KubeObject[],
  ): Promise<void> => {
    const listed = listAll(session.client, resource, of);
    objects.set(`${resource.kind} ${of ?? ''}`, await (otherwise ? listed.catch(otherwise) : listed));
  };
  const isOwn = (kind: string): boolean => (KINDS as readonly string[]).includes(kind);
  const beside = ROUTERS.watches.filter(({ kind }) => !isOwn(kind));
  await Promise.all([
    put(RESOURCES.ClusterAnalysisTemplate, undefined),
    ...KINDS.map((kind) => put(RESOURCES[kind], namespace)),
    ...beside.map((watch) =>
      put(resourceOfWatch(watch), namespaceFor(watch, namespace), (error) => {
        if (isCode(error, 'KUBERNETES_FORBIDDEN')) hidden.push(watch.kind);
        return ofOptionalKind(watch)(error);
      }),
    ),
    ...beside.flatMap((watch) => {
      const of = watch.alsoIn?.(settings) ?? namespace;
      return of === namespace ? [] : [put(resourceOfWatch(watch), of, () => [])];
    }),
  ]);
  const list: Store['list'] = (kind, of) => objects.get(`${kind} ${of}`) ?? [];
  return {
    hidden,
    list,
    get: (kind, of, name) => list(kind, of).find(({ metadata }) => metadata.name === name) ?? null,
  };
}
