import { z } from 'zod';
import type { Router } from '../router.ts';

const Nothing = z.object({});

/**
 * No router and no Service: what the pods do does not come by requests to a Service, or nobody needs to know which. Each
 * version has the share of its ready pods.
 */
export const noRouter: Router<z.infer<typeof Nothing>, z.infer<typeof Nothing>> = {
  name: 'none',
  title: 'None',
  description:
    'No routes and no Service: the canary has the share that its ready pods are. What a rollingUpdate comes to.',
  spec: Nothing,
  plan: Nothing,
  watches: [],
  supports: { weights: 'pods', matches: false, mirror: false, sticky: false },
  install: 'pods need nothing else (traffic.none, rollingUpdate)',
  create: 'write rollingUpdate: {} in place of steps and traffic',
  annotations: [],
  annotated: () => ({}),
  propagation: () => ({ gatherMs: 0 }),
  subject: () => 'no routes',
  isShift: () => false,
  uses: () => false,
  isSplit: () => false,
  selects: () => false,
  find: () => ({ found: [], problems: [] }),
  preflight: () => ({ plan: { service: '', data: {} } }),
  leftovers: () => ({ writes: [], problem: null }),
  own: () => [],
  isBypassed: () => false,
  warnings: () => [],
  compare: () => ({ kind: 'asDesired' }),
  writes: () => [],
};
