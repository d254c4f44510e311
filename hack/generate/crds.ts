import { GROUP, VERSION } from '../../src/api/meta.ts';
import { VALIDATIONS } from '../../src/api/rules.ts';
import type { ApiKind } from './kinds.ts';
import { type Schema, structuralSchema } from './schema.ts';

function objectSchema({ kind, description, spec, status, rules }: ApiKind): Schema {
  return {
    type: 'object',
    description,
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string', description: `${GROUP}/${VERSION}.` },
      kind: { type: 'string', description: `${kind}.` },
      metadata: { type: 'object' },
      spec: { ...structuralSchema(spec), description: 'What is wanted.' },
      ...(status === undefined
        ? {}
        : {
            status: {
              ...structuralSchema(status),
              description: 'What is the case. Written by the controller.',
            },
          }),
    },
    ...(rules === undefined ? {} : { [VALIDATIONS]: rules }),
  };
}

/** The CustomResourceDefinition of a kind. */
export function customResourceDefinition(api: ApiKind): object {
  const { kind, plural, shortNames, scope, columns, status } = api;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}`, labels: { 'app.kubernetes.io/part-of': 'sluice' } },
    spec: {
      group: GROUP,
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames,
        categories: ['sluice'],
      },
      scope,
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          ...(status === undefined ? {} : { subresources: { status: {} } }),
          additionalPrinterColumns: columns,
          schema: { openAPIV3Schema: objectSchema(api) },
        },
      ],
    },
  };
}
