import { annotation } from '../../api/annotations/kinds.ts';
import { choice, list, name, not, type Read, type Settings } from '../../api/annotations/values.ts';
import type { RouterAnnotation } from '../declaration.ts';
import type { IstioTraffic } from './spec.ts';

const setting = (field: keyof IstioTraffic, value: unknown): Settings => ({
  traffic: { istio: { [field]: value } },
});

/** Names of HTTP routes. */
function routes(text: string): Read {
  const names = list(text);
  return names.every((one) => one.length > 0 && one.length <= 253) && names.length <= 16
    ? { settings: setting('routes', names) }
    : not(text, 'a list of names of HTTP routes; write up to 16, such as "predict,batch"');
}

/** The annotations for fields of `traffic.istio`. */
export const ISTIO_ANNOTATIONS: readonly RouterAnnotation[] = [
  {
    field: 'virtualService',
    ...annotation(
      'virtual-service',
      'ranker',
      'VirtualService whose weights are shifted, in the namespace of the Deployment. Default: the name of the Deployment.',
      (text) => name(text, setting('virtualService', text)),
    ),
  },
  {
    field: 'service',
    ...annotation(
      'service',
      'ranker',
      'Service of the workload. Needed only where several Services select its pods.',
      (text) => name(text, setting('service', text)),
    ),
  },
  {
    field: 'routes',
    ...annotation(
      'routes',
      'predict',
      'Names of the HTTP routes to shift, separated by commas. Needed only where more than one goes to the Service.',
      routes,
    ),
  },
  {
    field: 'unsplit',
    ...annotation(
      'unsplit',
      'allow',
      'What happens where requests can reach the pods past the split: `warn` says so, `refuse` starts no release and ends one under way, `allow` accepts them. Default: `warn`.',
      (text) => choice(text, ['warn', 'refuse', 'allow'], setting('unsplit', text)),
    ),
  },
];
