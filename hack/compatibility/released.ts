import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MACHINE_VERSION } from '../../src/release/machine.ts';
import { customResourceDefinition } from '../generate/crds.ts';
import { KINDS } from '../generate/kinds.ts';
import type { Schema } from '../generate/schema.ts';

/** What objects and controllers of a release rely on. */
export interface Contract {
  /** Version of the state machine, which statuses have. */
  readonly machineVersion: number;
  /** By the name of the CRD. */
  readonly crds: Readonly<Record<string, CrdContract>>;
}

/** The part of a CRD that objects depend on. */
export interface CrdContract {
  readonly kind: string;
  readonly scope: string;
  /** Schema of each version that is served, without descriptions. */
  readonly versions: Readonly<Record<string, Schema>>;
}

interface Crd {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly scope: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { name: string; schema: { openAPIV3Schema: Schema } }[];
  };
}

const mapped = (map: Readonly<Record<string, Schema>>): Record<string, Schema> =>
  Object.fromEntries(Object.entries(map).map(([name, one]) => [name, bare(one)]));

/** The schema without what is for people. */
function bare({ description: _text, properties, items, additionalProperties, ...schema }: Schema): Schema {
  return {
    ...schema,
    ...(properties === undefined ? {} : { properties: mapped(properties) }),
    ...(items === undefined ? {} : { items: bare(items) }),
    ...(additionalProperties === undefined ? {} : { additionalProperties: bare(additionalProperties) }),
  };
}

/** What the present tree promises. */
export function presentContract(): Contract {
  const crds = KINDS.map(customResourceDefinition) as Crd[];
  const entries = crds.map(({ metadata: { name }, spec }): [string, CrdContract] => {
    const versions = spec.versions.map(({ name: version, schema }) => [
      version,
      bare(schema.openAPIV3Schema),
    ]);
    const { kind } = spec.names;
    return [
      name,
      { kind, scope: spec.scope, versions: Object.fromEntries(versions) as Record<string, Schema> },
    ];
  });
  return { machineVersion: MACHINE_VERSION, crds: Object.fromEntries(entries) };
}

/** Where the contract of the last release is stored. */
export const RELEASED = fileURLToPath(new URL('released.json', import.meta.url));

/** What the last release has promised. */
export const releasedContract = (): Contract => JSON.parse(readFileSync(RELEASED, 'utf8')) as Contract;
