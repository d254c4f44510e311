import { isDeepStrictEqual } from 'node:util';
import type { Rule } from '../../src/api/rules.ts';
import type { Schema } from '../generate/schema.ts';

/** What is different in a schema. */
export interface SchemaChange {
  /** Field, such as `spec.steps[].weight`; `{}` stands for any key. */
  readonly path: string;
  /** In words: what an object, or a reader of it, meets. */
  readonly what: string;
}

const RULES = 'x-kubernetes-validations';
const LEAST = ['minimum', 'minItems', 'minLength'] as const;
const MOST = ['maximum', 'maxItems', 'maxLength', 'maxProperties'] as const;
/** Their values mean something of their own: any other one is a change. */
const FIXED = ['type', 'format', 'pattern', 'x-kubernetes-list-type', 'x-kubernetes-list-map-keys'] as const;
const FREE = 'x-kubernetes-preserve-unknown-fields';

const rulesOf = (schema: Schema): string[] => ((schema[RULES] ?? []) as Rule[]).map(({ rule }) => rule);
const said = (value: unknown): string => (value === undefined ? 'none' : JSON.stringify(value));

function bounds(before: Schema, after: Schema): string[] {
  const tighter = [
    ...LEAST.filter((key) => (after[key] ?? -Infinity) > (before[key] ?? -Infinity)),
    ...MOST.filter((key) => (after[key] ?? Infinity) < (before[key] ?? Infinity)),
  ];
  return tighter.map((key) => `${key} is ${said(after[key])} and was ${said(before[key])}`);
}

/** A format or pattern that goes allows more; anything else of these means something else. */
function fixed(before: Schema, after: Schema): string[] {
  const changed = FIXED.filter((key) => !isDeepStrictEqual(before[key], after[key]));
  const looser = (key: string): boolean =>
    ['format', 'pattern'].includes(key) && after[key as 'format'] === undefined;
  return changed
    .filter((key) => !looser(key))
    .map((key) => `${key} is ${said(after[key])} and was ${said(before[key])}`);
}

function values(before: Schema, after: Schema): string[] {
  if (after.enum === undefined) return [];
  if (before.enum === undefined) return [`only ${said(after.enum)} are allowed`];
  const gone = before.enum.filter((value) => !after.enum?.includes(value));
  return gone.map((value) => `${said(value)} is not allowed any more`);
}

function meaning(before: Schema, after: Schema): string[] {
  const required = (after.required ?? []).filter((name) => before.required?.includes(name) !== true);
  const rules = rulesOf(after).filter((rule) => !rulesOf(before).includes(rule));
  return [
    ...required.map((name) => `${name} is required`),
    ...rules.map((rule) => `a rule is new: ${rule}`),
    ...(isDeepStrictEqual(before.default, after.default)
      ? []
      : [`the default is ${said(after.default)} and was ${said(before.default)}`]),
    ...(before[FREE] === true && after[FREE] !== true ? ['unknown fields are dropped'] : []),
  ];
}

interface Child {
  readonly path: string;
  readonly before: Schema;
  readonly after: Schema | undefined;
}

function childrenOf(path: string, before: Schema, after: Schema): Child[] {
  const at = path === '' ? '' : `${path}.`;
  const fields = Object.entries(before.properties ?? {}).map(([name, schema]) => ({
    path: `${at}${name}`,
    before: schema,
    after: after.properties?.[name],
  }));
  const items = before.items && { path: `${path}[]`, before: before.items, after: after.items };
  const more = before.additionalProperties;
  const keys = more && { path: `${path}{}`, before: more, after: after.additionalProperties };
  return [...fields, ...(items ? [items] : []), ...(keys ? [keys] : [])];
}

/**
 * Changes by which an object that was valid would be refused, lose a field or mean something else. What allows more is none,
 * and neither is a new field.
 */
export function incompatible(before: Schema, after: Schema, path = ''): SchemaChange[] {
  const here = [fixed, values, bounds, meaning].flatMap((rule) => rule(before, after));
  const below = childrenOf(path, before, after).flatMap((child) =>
    child.after === undefined
      ? after[FREE] === true
        ? []
        : [{ path: child.path, what: 'is gone' }]
      : incompatible(child.before, child.after, child.path),
  );
  return [...here.map((what) => ({ path, what })), ...below];
}

/** Fields and values of enumerations that are new: a reader of the earlier schema drops or does not know them. */
export function additions(before: Schema, after: Schema, path = ''): SchemaChange[] {
  const fresh =
    before.enum === undefined ? [] : (after.enum ?? []).filter((one) => !before.enum?.includes(one));
  // Seen from the other side, what is new is what would be gone.
  const below = childrenOf(path, after, before).flatMap(({ path: at, before: now, after: known }) =>
    known === undefined
      ? before[FREE] === true
        ? []
        : [{ path: at, what: 'is new' }]
      : additions(known, now, at),
  );
  return [...fresh.map((value) => ({ path, what: `${said(value)} is new` })), ...below];
}
