import { RESOURCES } from '../../adapters/kubernetes/resource.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { Kind, Store } from '../../ports/cluster.ts';
import type { Session } from '../session.ts';

/** Kinds of the namespace of a workload that a release is decided from. */
const KINDS: readonly Kind[] = [
  'Rollout',
  'Release',
  'AnalysisTemplate',
  'Deployment',
  'ReplicaSet',
  'Service',
  'VirtualService',
  'DestinationRule',
];

const PAGE = 500;

async function all(session: Session, kind: Kind, namespace: string | undefined): Promise<KubeObject[]> {
  const items: KubeObject[] = [];
  let next: string | undefined;
  do {
    const page = await session.client.list(RESOURCES[kind], namespace, { limit: PAGE, continue: next });
    items.push(...page.items);
    next = page.continue;
  } while (next !== undefined);
  return items;
}

/**
 * What the controller would keep in memory of the session's namespace, read once, so that a command decides by the
 * controller's own code. DestinationRules of `rootNamespace` are left out where they may not be read.
 */
export async function readStore(session: Session, rootNamespace: string): Promise<Store> {
  const { namespace } = session;
  const [own, shared, root] = await Promise.all([
    Promise.all(KINDS.map((kind) => all(session, kind, namespace))),
    all(session, 'ClusterAnalysisTemplate', undefined),
    all(session, 'DestinationRule', rootNamespace).catch(() => []),
  ]);
  const objects = new Map<string, readonly KubeObject[]>([
    ['ClusterAnalysisTemplate ', shared],
    [`DestinationRule ${rootNamespace}`, root],
  ]);
  for (const [at, kind] of KINDS.entries()) objects.set(`${kind} ${namespace}`, own[at] ?? []);
  const list: Store['list'] = (kind, of) => objects.get(`${kind} ${of}`) ?? [];
  return {
    list,
    get: (kind, of, name) => list(kind, of).find(({ metadata }) => metadata.name === name) ?? null,
  };
}
