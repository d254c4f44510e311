import { z } from 'zod';
import { canonical } from '../../api/values/canonical.ts';
import { nearest } from '../../api/values/nearest.ts';
import type { Path } from './documents.ts';

/** The part of a JSON schema that is used. */
interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
}

/** A mistake at a field. */
export interface Fault {
  readonly path: Path;
  readonly message: string;
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The API server would silently drop an unknown field. */
function strangers(
  properties: Readonly<Record<string, Schema>>,
  value: Record<string, unknown>,
  path: Path,
): Fault[] {
  const known = Object.keys(properties);
  return Object.keys(value)
    .filter((key) => !known.includes(key))
    .map((key) => ({
      path: [...path, key],
      message: `is no field of this object, so the API server would drop it; did you mean ${nearest(key, known)[0]}? (known: ${known.join(', ')})`,
    }));
}

function keyOf(schema: Schema, item: unknown): string {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (keys === undefined || !isFields(item)) return canonical(item);
  return keys.map((key) => canonical(item[key])).join(' ');
}

/** A list keyed by fields may have no duplicates. */
function doubles(schema: Schema, list: readonly unknown[], path: Path): Fault[] {
  if (!['map', 'set'].includes(schema['x-kubernetes-list-type'] ?? '')) return [];
  const keys = list.map((item) => keyOf(schema, item));
  const by = schema['x-kubernetes-list-map-keys']?.join(' and ');
  return keys.flatMap((key, at) =>
    keys.indexOf(key) === at
      ? []
      : [
          {
            path: [...path, at],
            message: `is there twice${by === undefined ? '' : ` (the same ${by})`}; take one away`,
          },
        ],
  );
}

function walk(schema: Schema, value: unknown, path: Path): Fault[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    const inner = items === undefined ? [] : value.flatMap((item, at) => walk(items, item, [...path, at]));
    return [...doubles(schema, value, path), ...inner];
  }
  if (!isFields(value) || schema.properties === undefined) return [];
  const { properties } = schema;
  const inner = Object.entries(properties).flatMap(([key, one]) => walk(one, value[key], [...path, key]));
  return [...strangers(properties, value, path), ...inner];
}

function describedAt(schema: Schema | undefined, path: Path): string | undefined {
  const found = path.reduce<Schema | undefined>(
    (at, part) => (typeof part === 'number' ? at?.items : at?.properties?.[part]),
    schema,
  );
  return found?.description;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, part) =>
      typeof at === 'object' && at !== null ? (at as Record<string | number, unknown>)[part] : undefined,
    value,
  );
}

function messageOf(issue: z.core.$ZodIssue, schema: Schema, value: unknown): string {
  const path = issue.path as Path;
  const description = describedAt(schema, path);
  const about = description === undefined ? '' : ` (${description.replace(/\.$/, '')})`;
  if (issue.code !== 'invalid_type') return issue.message;
  if (valueAt(value, path) === undefined) return `is missing${about}; write ${article(issue.expected)}`;
  return `must be ${article(issue.expected)}${about}`;
}

function article(type: string): string {
  const names: Record<string, string> = { int: 'whole number', array: 'list', record: 'map', object: 'map' };
  const name = names[type] ?? type;
  return `a ${name}`;
}

/**
 * The schema's errors of a value, and those only the API server would find: unknown fields, and duplicates in lists.
 */
export function schemaFaults(type: z.ZodType, value: unknown): Fault[] {
  const schema = z.toJSONSchema(type, { io: 'input', reused: 'inline', unrepresentable: 'any' }) as Schema;
  const parsed = type.safeParse(value);
  const issues = parsed.success
    ? []
    : parsed.error.issues.map((issue) => ({
        path: issue.path as Path,
        message: messageOf(issue, schema, value),
      }));
  return [...issues, ...walk(schema, value, [])];
}
