import type { Template } from './workload.ts';

type Json = Readonly<Record<string, unknown>>;

/** Maximum number of objects named in a sentence. */
const MOST = 4;
/** A suffix derived from the content, by kustomize or as a checksum: other content has another name. */
const HASHED = /-(?:[2456789bcdfghkmt]{10}|[0-9a-f]{8,64})$/;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Where a pod template references a ConfigMap or a Secret: the field, its kind, and the field with the name. */
const REFERENCES: Readonly<Record<string, readonly [kind: string, name: string]>> = {
  configMapRef: ['ConfigMap', 'name'],
  configMapKeyRef: ['ConfigMap', 'name'],
  secretRef: ['Secret', 'name'],
  secretKeyRef: ['Secret', 'name'],
};
const VOLUMES: Readonly<Record<string, readonly [kind: string, name: string]>> = {
  configMap: ['ConfigMap', 'name'],
  secret: ['Secret', 'secretName'],
};

function referencesIn(value: unknown, table: typeof REFERENCES): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => referencesIn(one, table));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, one]) => {
    const [kind, field] = table[key] ?? [];
    const name = isObject(one) && field !== undefined ? (one[field] ?? one['name']) : undefined;
    return [...(typeof name === 'string' ? [`${kind} ${name}`] : []), ...referencesIn(one, table)];
  });
}

/** ConfigMaps and Secrets that the containers of a template read. */
function referencesOf(template: Template): readonly string[] {
  const spec = isObject(template['spec']) ? template['spec'] : {};
  const { containers, initContainers, volumes } = spec;
  return [...referencesIn([containers, initContainers], REFERENCES), ...referencesIn(volumes, VOLUMES)];
}

/** ConfigMaps and Secrets of the same name in both templates, unless the name is derived from the content. */
export function sharedConfig(stable: Template, pushed: Template): readonly string[] {
  const known = new Set(referencesOf(stable));
  return [...new Set(referencesOf(pushed))].filter((one) => known.has(one) && !HASHED.test(one)).toSorted();
}

/** A remark on what both versions read, as a clause after a sentence; may be empty. */
export function sharedConfigNote(stable: Template, pushed: Template): string {
  const shared = sharedConfig(stable, pushed);
  if (shared.length === 0) return '';
  const more = shared.length > MOST ? ` and ${shared.length - MOST} more` : '';
  return `; both versions read ${shared.slice(0, MOST).join(', ')}${more}: a change of the content there reaches both at once, without a release`;
}
