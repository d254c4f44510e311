import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { VALIDATIONS } from '../api/rules.ts';
import type { RouterDeclaration } from './declaration.ts';
import { istioRouter } from './istio/istio.ts';
import { ROUTERS } from './registry.ts';
import { createRouters } from './routers.ts';

const other: RouterDeclaration<{ readonly route: string; readonly sticky: boolean }> = {
  name: 'other',
  title: 'Other',
  description: 'Weights of another one.',
  spec: z.object({ route: z.string(), sticky: z.boolean().default(false) }),
  plan: z.object({}),
  watches: [
    { group: 'example.dev', version: 'v1', kind: 'Route', plural: 'routes', writes: 'fields' },
    { group: '', version: 'v1', kind: 'DestinationRule', plural: 'destinationrules' },
  ],
  supports: { weights: true, matches: false, mirror: false, sticky: true },
  install: 'install it',
  create: 'create one',
  annotations: [],
  annotated: (workload) => ({ route: workload }),
  propagation: () => ({ gatherMs: 0 }),
  subject: ({ route }) => `Route ${route}`,
};
const both = createRouters<RouterDeclaration>([istioRouter, other]);

const faults = (traffic: Record<string, unknown>, routers = both): string[] => {
  const chosen = routers.choose(traffic);
  return 'faults' in chosen
    ? chosen.faults.map(({ path, message }) => `${['traffic', ...path].join('.')}: ${message}`)
    : [];
};

describe('the traffic of a policy', () => {
  it.each<[object, string]>([
    [{}, 'traffic: must name exactly one router: write istio or other'],
    [{ unknown: {} }, 'traffic: must name exactly one router: write istio or other'],
    [{ istio: { virtualService: 'a' }, other: { route: 'a' } }, 'traffic: must name exactly one router'],
    [{ istio: {} }, 'traffic.istio.virtualService: '],
    [{ istio: { virtualService: 'Not a name' } }, 'must be the name of an object'],
  ])('%j is refused with the field and the fix', (traffic, problem) => {
    expect(faults(traffic as Record<string, unknown>)).toEqual([expect.stringContaining(problem)]);
  });

  it('is read by the router that it names, with its defaults', () => {
    const traffic = { other: { route: 'a' } };
    const chosen = both.choose(traffic);
    expect(chosen).toMatchObject({ router: { name: 'other' }, spec: { route: 'a', sticky: false } });
    expect(both.choose(traffic)).toBe(chosen);
  });

  it('is checked by the API server, too', () => {
    expect(both.schema.meta()?.[VALIDATIONS]).toEqual([
      {
        rule: '[has(self.istio), has(self.other)].exists_one(given, given)',
        message: 'must name exactly one router: write istio or other',
      },
    ]);
  });
});

describe('several routers', () => {
  it('have each kind watched once', () => {
    const kinds = both.watches.map(({ kind }) => kind);
    expect(kinds.toSorted()).toEqual(['DestinationRule', 'Route', 'VirtualService']);
  });

  it('have annotations of their own, and the first one is meant where none is given', () => {
    expect(both.annotated('model', {})).toEqual({ istio: { virtualService: 'model' } });
    expect(both.annotated('model', { other: { sticky: true } })).toEqual({
      other: { route: 'model', sticky: true },
    });
  });
});

describe('the routers', () => {
  it('share no name and no annotation, and their names can stand in a rule', () => {
    const names = ROUTERS.all.map(({ name }) => name);
    const annotations = ROUTERS.annotations.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(annotations).size).toBe(annotations.length);
    expect(names.every((name) => /^[a-z][a-zA-Z0-9]*$/.test(name))).toBe(true);
  });
});
