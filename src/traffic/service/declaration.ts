import type { RouterDeclaration } from '../declaration.ts';
import { SERVICE_ANNOTATIONS } from './annotations.ts';
import { ServicePlan, ServiceTraffic } from './spec.ts';

/** The declaration of the router without routes. */
export const SERVICE: RouterDeclaration<ServiceTraffic, ServicePlan> = {
  name: 'service',
  title: 'Service',
  description: 'No routes: the canary gets the share that its ready pods are behind a plain Service.',
  spec: ServiceTraffic,
  plan: ServicePlan,
  watches: [],
  supports: { weights: 'pods', matches: false, mirror: false, sticky: false },
  install: 'Services need nothing else (traffic.service)',
  create: 'create a Service that selects the pods of the Deployment',
  annotations: SERVICE_ANNOTATIONS,
  annotated: () => ({}),
  propagation: () => ({ gatherMs: 0 }),
  subject: ({ name }) => (name === undefined ? 'all ready pods behind it' : `Service ${name}`),
};
