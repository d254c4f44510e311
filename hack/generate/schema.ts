import { z } from 'zod';
import { Traffic } from '../../src/api/rollout/rollout.ts';
import { type Rule, VALIDATIONS } from '../../src/api/rules.ts';
import { ROUTERS } from '../../src/traffic/registry.ts';

/** A structural schema as a CRD has it. */
export interface Schema {
  type?: string;
  format?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  maxProperties?: number;
  required?: string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema;
  [extension: `x-kubernetes-${string}`]: unknown;
}

/** JSON Schema says it with keys that the API server refuses or that mean nothing there. */
const FOREIGN = ['$schema', 'propertyNames', 'additionalProperties', 'id'] as const;

/** Free-form objects are kept as they are. */
function keepUnknown(schema: Schema): void {
  const values = schema.additionalProperties;
  const free = schema.type === 'object' && schema.properties === undefined;
  if (!free) return;
  if (values === undefined || Object.keys(values).length === 0) {
    schema['x-kubernetes-preserve-unknown-fields'] = true;
  }
}

function integerFormat(schema: Schema): void {
  if (schema.type !== 'integer') return;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  const small = Math.abs(schema.minimum ?? 0) < 2 ** 31 && (schema.maximum ?? Infinity) < 2 ** 31;
  schema.format = small ? 'int32' : 'int64';
}

/** Patterns that a rule checks with a better message, or that `date-time` implies, are not repeated. */
function dropPattern(schema: Schema): void {
  const list = (schema[VALIDATIONS] ?? []) as Rule[];
  const ruled = list.some(({ rule }) => rule.startsWith('self.matches('));
  if (ruled || schema.format === 'date-time') delete schema.pattern;
}

function adapt(schema: Schema): void {
  keepUnknown(schema);
  integerFormat(schema);
  dropPattern(schema);
  const foreign = schema as Record<string, unknown>;
  for (const key of FOREIGN) {
    const map =
      key === 'additionalProperties' && typeof foreign[key] === 'object' && schema.properties === undefined;
    if (!map || Object.keys(foreign[key] as object).length === 0) delete foreign[key];
  }
}

/** What stands in a policy for the traffic is whatever its router takes. */
function putRouters(zodSchema: unknown, schema: Schema): void {
  if (zodSchema !== Traffic) return;
  const { description } = schema;
  for (const key of Object.keys(schema)) delete (schema as Record<string, unknown>)[key];
  Object.assign(schema, structuralSchema(ROUTERS.schema), { description });
}

/** The structural schema of a zod schema: what a client may write, with the defaults that the API server fills in. */
export function structuralSchema(schema: z.ZodType): Schema {
  const made = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    reused: 'inline',
    override: ({ zodSchema, jsonSchema }) => {
      putRouters(zodSchema, jsonSchema as Schema);
      adapt(jsonSchema as Schema);
    },
  }) as Schema;
  adapt(made);
  return made;
}
