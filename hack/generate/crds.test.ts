import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Rule, VALIDATIONS } from '../../src/api/rules.ts';
import { customResourceDefinition } from './crds.ts';
import { KINDS } from './kinds.ts';
import type { Schema } from './schema.ts';

const ALLOWED = new Set([
  'type',
  'format',
  'description',
  'default',
  'enum',
  'pattern',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'minLength',
  'maxLength',
  'maxProperties',
  'required',
  'properties',
  'items',
  'additionalProperties',
  'x-kubernetes-validations',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-preserve-unknown-fields',
]);

/** Values of any type. */
const ANY_JSON = [
  'spec.metrics[].golden.cases[].expect.fields[].equals',
  'spec.metrics[].golden.cases[].expect.fields[].oneOf[]',
];
/** What is other people's and kept as it is. */
const FREE_FORM = [
  'spec.stable.template',
  'status.stable.template',
  'spec.metrics[].job.template',
  'status.next',
  'status.plan.data',
  'status.routes[]',
  ...ANY_JSON,
];

interface Crd {
  spec: {
    versions: { schema: { openAPIV3Schema: Schema }; additionalPrinterColumns: { jsonPath: string }[] }[];
  };
}

interface Place {
  readonly path: string;
  readonly schema: Schema;
}

function walk(schema: Schema, path: string): Place[] {
  const properties = Object.entries(schema.properties ?? {});
  return [
    { path, schema },
    ...properties.flatMap(([name, inner]) => walk(inner, path === '' ? name : `${path}.${name}`)),
    ...(schema.items === undefined ? [] : walk(schema.items, `${path}[]`)),
    ...(schema.additionalProperties === undefined ? [] : walk(schema.additionalProperties, `${path}{}`)),
  ];
}

const failing = (places: readonly Place[], wrong: (place: Place) => boolean): string[] =>
  places.filter(wrong).map(({ path }) => path);

const open = ({ schema: { type, maxItems, maxLength, enum: values, format } }: Place): boolean =>
  (type === 'array' && maxItems === undefined) ||
  (type === 'string' && maxLength === undefined && values === undefined && format === undefined);

const loose = ({ schema }: Place): boolean =>
  ((schema['x-kubernetes-list-map-keys'] ?? []) as string[]).some(
    (key) =>
      !(schema.items?.required ?? []).includes(key) && schema.items?.properties?.[key]?.default === undefined,
  );

/** An object that says neither what its fields nor what its values are. */
const formless = ({ schema: { type, properties, additionalProperties } }: Place): boolean =>
  type === 'object' && properties === undefined && additionalProperties === undefined;

describe.each(KINDS.map((kind) => [kind.kind, kind] as const))('the CRD of %s', (_name, kind) => {
  const crd = customResourceDefinition(kind) as Crd;
  const version = crd.spec.versions[0];
  const root = version?.schema.openAPIV3Schema ?? {};
  const places = walk(root, '');

  it('is the one in manifests/crds', () => {
    const file = fileURLToPath(new URL(`../../manifests/crds/${kind.plural}.yaml`, import.meta.url));
    expect(parse(readFileSync(file, 'utf8')), 'run npm run generate').toEqual(crd);
  });

  it('uses only keys that a structural schema may have', () => {
    expect(places.flatMap(({ schema }) => Object.keys(schema).filter((key) => !ALLOWED.has(key)))).toEqual(
      [],
    );
  });

  it('has a type everywhere but where any JSON may stand', () => {
    const free = failing(places, ({ schema }) => schema.type === undefined);
    expect(ANY_JSON).toEqual(expect.arrayContaining(free));
  });

  it('describes every field, so that kubectl explain is documentation', () => {
    const fields = places.filter(({ path }) => !/(^$|^metadata$|\[\]$|\{\}$)/.test(path));
    expect(failing(fields, ({ schema }) => (schema.description ?? '') === '')).toEqual([]);
  });

  it('bounds every list and every text, so that rules have a known cost', () => {
    expect(failing(places, open).filter((path) => path.includes('.'))).toEqual([]);
  });

  it('lets unknown fields through only where an object is free-form', () => {
    const free = failing(places, ({ schema }) => schema['x-kubernetes-preserve-unknown-fields'] === true);
    expect(FREE_FORM).toEqual(expect.arrayContaining(free));
    expect(failing(places, formless)).toEqual(
      ['metadata', ...free].filter(
        (path) => !ANY_JSON.includes(path) && places.some((place) => place.path === path),
      ),
    );
  });

  it('has list keys that are required or have a default', () => {
    expect(failing(places, loose)).toEqual([]);
  });

  it('gives every rule a message that fits on one line', () => {
    const rules = places.flatMap(({ schema }) => (schema[VALIDATIONS] ?? []) as Rule[]);
    expect(rules.filter(({ message }) => message.length < 10 || message.includes('\n'))).toEqual([]);
  });

  it('has columns that point at fields', () => {
    const paths = (version?.additionalPrinterColumns ?? []).map(({ jsonPath }) =>
      jsonPath.replace(/^\./, '').replaceAll(/\[[^\]]*\]/g, '[]'),
    );
    const known = new Set([...places.map(({ path }) => path), 'metadata.creationTimestamp']);
    expect(paths.filter((path) => !known.has(path))).toEqual([]);
  });
});
