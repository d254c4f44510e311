import { sameJson } from '../../traffic/json.ts';

/** One field that differs between two pod templates. */
export interface FieldChange {
  /** The path: `spec.containers[server].image`. */
  readonly path: string;
  /** Undefined where the field was added. */
  readonly before?: unknown;
  /** Undefined where the field was removed. */
  readonly after?: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

/** Set by Kubernetes or by us, never by the person who changed the template. */
const BOOKKEEPING: readonly string[] = ['metadata.creationTimestamp', 'metadata.labels.pod-template-hash'];

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The items of a list by name; null if they have no distinct names. */
function byName(list: readonly unknown[]): Fields | null {
  for (const key of ['name', 'mountPath', 'containerPort', 'key']) {
    const names = list.map((item) => (isFields(item) ? item[key] : undefined));
    const usable = names.every((name) => typeof name === 'string' || typeof name === 'number');
    if (usable && new Set(names).size === names.length)
      return Object.fromEntries(list.map((item, at) => [`[${String(names[at])}]`, item]));
  }
  return null;
}

function partsOf(value: unknown): Fields | null {
  if (isFields(value)) return value;
  return Array.isArray(value) && value.length > 0 ? byName(value) : null;
}

function joined(path: string, key: string): string {
  if (key.startsWith('[')) return path + key;
  const safe = /[./]/.test(key) ? `["${key}"]` : key;
  return path === '' || safe.startsWith('[') ? path + safe : `${path}.${safe}`;
}

function changesAt(path: string, before: unknown, after: unknown): FieldChange[] {
  if (BOOKKEEPING.includes(path) || sameJson(before, after)) return [];
  const [a, b] = [partsOf(before), partsOf(after)];
  if (a === null || b === null)
    return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return keys.flatMap((key) => changesAt(joined(path, key), a[key], b[key]));
}

/** The fields in which two pod templates differ, in the order of the templates. */
export function templateChanges(before: unknown, after: unknown): readonly FieldChange[] {
  return changesAt('', before, after);
}

/** Images by container. */
export function imagesOf(template: unknown): ReadonlyMap<string, string> {
  const spec = isFields(template) && isFields(template['spec']) ? template['spec'] : {};
  const containers = Array.isArray(spec['containers']) ? spec['containers'] : [];
  return new Map(containers.filter(isFields).map((one) => [String(one['name']), String(one['image'])]));
}

/** The part of an image that identifies the version: what comes after the repository, or all of it. */
function shortened(before: string, after: string): string {
  const [repository, tag] = [before.replace(/[:@][^/]*$/, ''), after.replace(/[:@][^/]*$/, '')];
  return repository === tag ? after.slice(tag.length + 1) : after;
}

/** The images that change, for people: `server: registry/model:v1 → v2`. */
export function imageChanges(before: unknown, after: unknown): readonly string[] {
  const old = imagesOf(before);
  return [...imagesOf(after)]
    .filter(([name, image]) => old.get(name) !== image)
    .map(([name, image]) => {
      const was = old.get(name);
      return was === undefined ? `${name}: ${image} (new)` : `${name}: ${was} → ${shortened(was, image)}`;
    });
}
