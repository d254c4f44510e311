import type { KubeObject } from '../../api/meta.ts';
import { disownPatch } from '../../api/owned-fields.ts';
import type { Release } from '../../api/release.ts';
import type { Store, Writer } from '../../ports/cluster.ts';
import { isFinal } from '../../release/machine.ts';
import { rememberedHomes } from '../../traffic/istio/rule.ts';
import { namesSubsets } from '../../traffic/istio/split.ts';

/** What a release that is under way writes to, and will own again. */
function inUse(store: Store, namespace: string): (object: KubeObject) => boolean {
  const rules = store.list('DestinationRule', namespace);
  const releases = store
    .list('Release', namespace)
    .filter((one) => !isFinal((one as Partial<Release>).status?.phase ?? 'Pending'));
  const names = new Set(
    releases.flatMap((release) => {
      const { spec, status } = release as Partial<Release>;
      const { virtualService } = spec?.policy?.traffic?.istio ?? {};
      const more = status?.routes?.flatMap((route) => route.virtualService ?? []);
      const homes = more === undefined ? [] : [virtualService, ...more, ...rememberedHomes(rules, release)];
      return [`Deployment/${spec?.workload?.name}`, ...homes.map((name) => `VirtualService/${name}`)];
    }),
  );
  return ({ kind, metadata, ...rest }) => names.has(`${kind}/${metadata.name}`) || namesSubsets(rest['spec']);
}

/**
 * Gives the fields of the user's objects back once no release needs them. The API server makes whoever changes a field
 * its owner, and refuses others who apply another value without force. As the values are the user's own again, nobody
 * owns them then, and the next who applies them does.
 */
export async function disown(
  { store, writer }: { readonly store: Store; readonly writer: Writer },
  namespace: string,
  workload: string | undefined,
): Promise<void> {
  const deployment = workload === undefined ? null : store.get('Deployment', namespace, workload);
  const objects = [...(deployment === null ? [] : [deployment]), ...store.list('VirtualService', namespace)];
  const written = objects.filter((object) => disownPatch(object).length > 0);
  if (written.length === 0) return;
  const isInUse = inUse(store, namespace);
  for (const object of written) if (!isInUse(object)) await writer.patch(object, disownPatch(object));
}
