import type { z } from 'zod';
import { annotationKinds } from '../../src/api/annotations/kinds.ts';
import { type Phase, PLACES, type Stage } from '../../src/api/release/places.ts';
import type { StageColumns } from '../../src/release/stages/columns.ts';
import { stageOf } from '../../src/release/stages/table.ts';
import { ROUTERS } from '../../src/traffic/registry.ts';
import type { ApiKind } from './kinds.ts';
import { cell, code, table } from './markdown.ts';
import { type Schema, structuralSchema } from './schema.ts';

interface Row {
  readonly path: string;
  readonly schema: Schema;
  readonly required: boolean;
}

function rows(schema: Schema, prefix: string): Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = `${prefix}.${name}`;
    const required = schema.required?.includes(name) ?? false;
    const { items, additionalProperties } = field;
    const inner = items ?? additionalProperties ?? field;
    const place =
      items === undefined ? (additionalProperties === undefined ? path : `${path}.NAME`) : `${path}[]`;
    return [{ path, schema: field, required }, ...rows(inner, place)];
  });
}

function typeOf(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((one) => code(String(one))).join(', ');
  if (schema.additionalProperties?.type !== undefined) return `map of ${schema.additionalProperties.type}s`;
  if (schema.type === 'array')
    return schema.items?.type === undefined ? 'list of any JSON' : `list of ${schema.items.type}s`;
  const { minimum, maximum } = schema;
  if (minimum === undefined && maximum === undefined) return schema.type ?? 'any JSON';
  return `${schema.type}, ${minimum ?? ''}–${maximum ?? ''}`;
}

function defaultOf({ schema, required }: Row): string {
  if (schema.default === undefined || schema.default === '') return required ? 'required' : '';
  return code(typeof schema.default === 'string' ? schema.default : JSON.stringify(schema.default));
}

/** Every field of the spec of a kind that people write, as a Markdown table. */
export function fieldTable({ spec }: ApiKind): string {
  const body = rows(structuralSchema(spec), 'spec').map((row) => [
    code(row.path),
    typeOf(row.schema),
    defaultOf(row),
    cell(row.schema.description ?? ''),
  ]);
  return table(['Field', 'Type', 'Default', 'What it is'], body);
}

/** Every field of what is sent over the wire, as a Markdown table. */
export function messageTable(message: z.ZodType): string {
  const body = rows(structuralSchema(message), '').map(({ path, schema, required }) => [
    code(path.slice(1)),
    `${typeOf(schema)}${required ? '' : ', optional'}`,
    cell(schema.description ?? ''),
  ]);
  return table(['Field', 'Type', 'What it is'], body);
}

/** Every annotation of a Deployment, as a Markdown table. */
export function annotationTable(): string {
  const body = annotationKinds(ROUTERS).map(({ name, example, description }) => [
    code(name),
    code(example),
    cell(description),
  ]);
  return table(['Annotation', 'Example', 'What it is'], body);
}

const ROUTES: Readonly<Record<StageColumns['route'], string>> = {
  none: 'yours',
  prepared: 'as you wrote them, beside subsets of both versions',
  untouched: 'as you wrote them, with nothing of ours',
  closed: 'all to stable, by name',
  split: 'split by the weight',
  withdrawn: 'all to stable, by name',
  keptWhole: 'as you wrote them; at 100 % all to the canary, by name',
  returning: 'to stable, as far as its ready pods suffice',
};

const DEADLINES: Readonly<Record<NonNullable<StageColumns['deadline']>, string>> = {
  start: '`deadlines.start`',
  step: '`deadlines.step`',
  promotion: '`deadlines.promotion`',
};

/** Every place of a release, as a Markdown table. */
export function stageTable(): string {
  const body = PLACES.map((place) => {
    const [phase, stage] = place.split('.') as [Phase, Stage?];
    const { label, route, weight, judged, deadline } = stageOf({ phase, ...(stage && { stage }) });
    return [
      code(phase),
      stage === undefined ? '' : code(stage),
      label,
      ROUTES[route === 'split' && weight === 'zero' ? 'closed' : route],
      judged ? 'yes' : '',
      deadline === null ? '' : DEADLINES[deadline],
    ];
  });
  return table(['Phase', 'Stage', 'What is going on', 'Routes', 'Judged', 'Deadline'], body);
}

/** The text with what stands between the markers of `name` replaced; without the markers it stays as it is. */
export function between(text: string, name: string, content: string): string {
  const [open, close] = [`<!-- generated:${name} -->`, `<!-- /generated:${name} -->`];
  const [start, end] = [text.indexOf(open), text.indexOf(close)];
  if (start < 0 || end < start) return text;
  return `${text.slice(0, start + open.length)}\n\n${content}\n\n${text.slice(end)}`;
}
