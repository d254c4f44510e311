import type { KubeObject } from '../../api/meta.ts';

const KEYED = /^(spec\.template\.)?metadata\.(labels|annotations)\['(.+)'\]$/;

interface Metadata {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

function templateOf(object: KubeObject): Metadata {
  const spec = object['spec'] as { template?: { metadata?: Metadata } } | undefined;
  return spec?.template?.metadata ?? {};
}

/** The text of a field of a Deployment, as arguments name it; undefined if the object lacks it. */
export function fieldOf(object: KubeObject, path: string): string | undefined {
  if (path === 'metadata.name') return object.metadata.name;
  if (path === 'metadata.namespace') return object.metadata.namespace;
  const [, ofTemplate, list, key = ''] = KEYED.exec(path) ?? [];
  if (list === undefined) return undefined;
  const metadata: Metadata = ofTemplate === undefined ? object.metadata : templateOf(object);
  return metadata[list as 'labels' | 'annotations']?.[key];
}
