import { z } from 'zod';
import { ObjectName } from '../../../src/api/meta.ts';
import type { RouterDeclaration } from '../../../src/traffic/declaration.ts';

export const WeightsTraffic = z.object({
  object: ObjectName.describe('Weights in the namespace of the workload.'),
});
export type WeightsTraffic = z.infer<typeof WeightsTraffic>;

/** It changes nothing that has to be remembered. */
export const NoPlan = z.object({});
export type NoPlan = z.infer<typeof NoPlan>;

/** The kind of a made-up data plane: an object that names a Service, and who of its pods gets how much. */
export const WEIGHTS = { group: 'example.dev', version: 'v1', kind: 'Weights', plural: 'weights' } as const;

/** What a router with plain weights says of itself. */
export const DECLARATION: RouterDeclaration<WeightsTraffic, NoPlan> = {
  name: 'weights',
  title: 'Weights',
  description: 'Weights of a plain object.',
  spec: WeightsTraffic,
  plan: NoPlan,
  watches: [{ ...WEIGHTS, writes: 'fields', optional: true, routesField: 'weights' }],
  supports: { weights: true, matches: false, mirror: false, sticky: false },
  install: 'install it',
  create: 'create Weights for the Service of the Deployment',
  annotations: [],
  annotated: (workload) => ({ object: workload }),
  propagation: () => ({ gatherMs: 0 }),
  subject: ({ object }) => `Weights ${object}`,
};
