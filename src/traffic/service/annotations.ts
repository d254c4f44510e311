import { annotation } from '../../api/annotations/kinds.ts';
import { name, not, type Read } from '../../api/annotations/values.ts';
import type { RouterAnnotation } from '../declaration.ts';

const NAMED = /^service\/(.+)$/;

function read(text: string): Read {
  const [, service] = NAMED.exec(text) ?? [];
  if (service !== undefined) return name(service, { traffic: { service: { name: service } } });
  return text === 'service'
    ? { settings: { traffic: { service: {} } } }
    : not(text, 'a router by this annotation; write service, or service/NAME');
}

/** The annotation that names this router. */
export const SERVICE_ANNOTATIONS: readonly RouterAnnotation[] = [
  {
    field: 'name',
    ...annotation(
      'router',
      'service',
      '`service` or `service/NAME`: no mesh and no routes; the canary gets the share that its ready pods are behind the plain Service. Default: Istio.',
      read,
    ),
  },
];
