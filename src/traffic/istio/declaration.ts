import type { RouterDeclaration } from '../declaration.ts';
import { ISTIO_ANNOTATIONS } from './annotations.ts';
import { foreignServices } from './hosts/foreign.ts';
import { IstioPlan } from './plan.ts';
import { IstioTraffic } from './spec.ts';

const NETWORKING = { group: 'networking.istio.io', version: 'v1', optional: true, foreignServices } as const;

/** The declaration of the Istio router. */
export const ISTIO: RouterDeclaration<IstioTraffic, IstioPlan> = {
  name: 'istio',
  title: 'Istio',
  description: 'Weights of an Istio VirtualService.',
  spec: IstioTraffic,
  plan: IstioPlan,
  watches: [
    {
      ...NETWORKING,
      kind: 'VirtualService',
      plural: 'virtualservices',
      writes: 'fields',
      routesField: 'http',
    },
    {
      ...NETWORKING,
      kind: 'DestinationRule',
      plural: 'destinationrules',
      writes: 'objects',
      alsoIn: ({ rootNamespace }) => rootNamespace,
    },
  ],
  supports: { weights: true, matches: true, mirror: true, sticky: true },
  install: 'install Istio 1.22 or newer: https://istio.io/latest/docs/setup/install/',
  create: 'create one whose http route goes to the Service of the Deployment',
  annotations: ISTIO_ANNOTATIONS,
  annotated: (workload) => ({ virtualService: workload }),
  propagation: ({ istiodDebounceMax }) => ({ gatherMs: istiodDebounceMax }),
  subject: ({ virtualService }) => `VirtualService ${virtualService}`,
};
