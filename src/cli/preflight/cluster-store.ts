import { listAll } from '../../adapters/kubernetes/client.ts';
import { isCode } from '../../adapters/kubernetes/failure.ts';
import { RESOURCES, type Resource, resourceOfWatch } from '../../adapters/kubernetes/resource.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { Store } from '../../ports/cluster.ts';
import { namespaceFor, type RouterSettings } from '../../traffic/declaration.ts';
import { ROUTERS } from '../../traffic/registry.ts';
import { ofOptionalKind } from '../optional-kind.ts';
import type { Session } from '../session.ts';
import type { Hidden } from './hidden.ts';

/** Kinds in the namespace of a workload from which a release is decided. */
const KINDS = ['Rollout', 'Release', 'AnalysisTemplate', 'Deployment', 'ReplicaSet', 'Service'] as const;

function thrown(error: unknown): never {
  throw error;
}

/**
 * What the controller would keep in memory of the session's namespace, read once, so that a command decides with the
 * controller's own code. `hidden` are the kinds that may not be listed: nothing is known of them. Rejects if those of Sluice or of
 * the workload are among them.
 */
export async function readStore(
  session: Session,
  settings: RouterSettings,
): Promise<Store & { readonly hidden: readonly Hidden[] }> {
  const { namespace } = session;
  const objects = new Map<string, readonly KubeObject[]>();
  const hidden: Hidden[] = [];
  const put = async (
    resource: Resource,
    of: string | undefined,
    otherwise?: (error: unknown) => KubeObject[],
  ): Promise<void> => {
    const listed = listAll(session.client, resource, of);
    objects.set(`${resource.kind} ${of ?? ''}`, await (otherwise ? listed.catch(otherwise) : listed));
  };
  /** Without rights to it, a kind is as good as empty. */
  const without =
    ({ kind, group, plural }: Resource, of: string, otherwise: (error: unknown) => KubeObject[]) =>
    (error: unknown): KubeObject[] => {
      if (!isCode(error, 'KUBERNETES_FORBIDDEN')) return otherwise(error);
      hidden.push({ kind, group, plural, namespace: of });
      return [];
    };
  const beside = ROUTERS.watches.filter(({ kind }) => !(KINDS as readonly string[]).includes(kind));
  const library = RESOURCES.ClusterAnalysisTemplate;
  await Promise.all([
    put(library, undefined, without(library, '', thrown)),
    ...KINDS.map((kind) => put(RESOURCES[kind], namespace)),
    ...beside.map((watch) => {
      const [resource, of] = [resourceOfWatch(watch), namespaceFor(watch, namespace)];
      return put(resource, of, without(resource, of, ofOptionalKind(watch)));
    }),
    ...beside.flatMap((watch) => {
      const of = watch.alsoIn?.(settings) ?? namespace;
      const resource = resourceOfWatch(watch);
      return of === namespace
        ? []
        : [
            put(
              resource,
              of,
              without(resource, of, () => []),
            ),
          ];
    }),
  ]);
  const list: Store['list'] = (kind, of) => objects.get(`${kind} ${of}`) ?? [];
  return {
    hidden,
    list,
    get: (kind, of, name) => list(kind, of).find(({ metadata }) => metadata.name === name) ?? null,
  };
}
