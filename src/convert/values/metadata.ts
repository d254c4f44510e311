import type { ObjectMeta } from '../../api/meta.ts';
import type { Field } from '../ledger/ledger.ts';

/** Labels or annotations that tools write about the object itself. */
const OF_TOOLS =
  /^(?:kubectl\.kubernetes\.io\/last-applied-configuration|rollout\.argoproj\.io\/|deployment\.kubernetes\.io\/|argo-rollouts\.argoproj\.io\/|flagger\.app\/)/;

/** Fields that only the API server and controllers write. */
export function serverFields(root: Field): void {
  root.at('apiVersion').keep('apiVersion');
  root.at('kind').keep('kind');
  root.at('status').remark('is written by the controller, so a manifest has none');
  for (const key of [
    'uid',
    'resourceVersion',
    'generation',
    'creationTimestamp',
    'managedFields',
    'selfLink',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'ownerReferences',
    'finalizers',
  ])
    root.at('metadata', key).remark('is written by the API server or a controller, so a manifest has none');
  root.at('metadata', 'generateName').remark('the object has a name');
}

function textsOf(map: Field, to: string): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [key, one] of map.entries()) {
    if (OF_TOOLS.test(key)) {
      one.remark('is written by a tool about the object itself');
      continue;
    }
    const text = one.text();
    if (text === undefined) continue;
    one.keep(`${to}["${key}"]`);
    kept[key] = text;
  }
  return kept;
}

/** Name, labels and annotations; annotations that were accounted for before are left out by `skip`. */
export function copyMeta(
  root: Field,
  namespace: string | undefined,
  skip: (annotation: string) => boolean = () => false,
): ObjectMeta {
  serverFields(root);
  const metadata = root.at('metadata');
  metadata.at('name').keep('metadata.name');
  metadata.at('namespace').keep('metadata.namespace');
  const labels = textsOf(metadata.at('labels'), 'metadata.labels');
  const annotations = Object.fromEntries(
    Object.entries(textsOf(metadata.at('annotations'), 'metadata.annotations')).filter(([key]) => !skip(key)),
  );
  return {
    name: String(metadata.at('name').value),
    ...(namespace !== undefined && { namespace }),
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(Object.keys(annotations).length > 0 && { annotations }),
  };
}
