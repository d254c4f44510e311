import { annotation } from '../../api/annotations/kinds.ts';
import { choice, list, name, not, type Read, type Settings } from '../../api/annotations/values.ts';
import { NAME_PATTERN } from '../../api/meta.ts';
import type { RouterAnnotation } from '../declaration.ts';
import type { GatewayTraffic } from './spec.ts';

const MOST = 16;

const setting = (field: keyof GatewayTraffic, value: unknown): Settings => ({
  traffic: { gatewayAPI: { [field]: value } },
});

const routes =
  (field: 'httpRoutes' | 'grpcRoutes', kind: string) =>
  (text: string): Read => {
    const names = list(text);
    const good = names.length <= MOST && names.every((one) => NAME_PATTERN.test(one) && one.length <= 253);
    return good
      ? { settings: setting(field, names) }
      : not(text, `a list of names of ${kind}s; write up to ${MOST}, such as "ranker,ranker-internal"`);
  };

function features(text: string): Read {
  const names = list(text);
  return names.length <= MOST && names.every((one) => one.length > 0 && one.length <= 64)
    ? { settings: setting('features', names) }
    : not(text, `a list of names of features; write up to ${MOST}, such as "HTTPRouteRequestMirror"`);
}

function rules(text: string): Read {
  const names = list(text);
  return names.length <= MOST && names.every((one) => one.length > 0 && one.length <= 253)
    ? { settings: setting('rules', names) }
    : not(text, `a list of names of rules; write up to ${MOST}, such as "predict,batch"`);
}

function pickers(text: string): Read {
  const names = list(text);
  const [stable, canary] = names;
  return names.length === 2 && names.every((one) => NAME_PATTERN.test(one) && one.length <= 253)
    ? { settings: setting('pickers', { stable, canary }) }
    : not(
        text,
        'the names of two Services, stable first; write them such as "ranker-stable-epp,ranker-canary-epp"',
      );
}

/** The annotations for fields of `traffic.gatewayAPI`. */
export const GATEWAY_ANNOTATIONS: readonly RouterAnnotation[] = [
  {
    field: 'httpRoutes',
    ...annotation(
      'http-routes',
      'ranker',
      'HTTPRoutes of the Gateway API whose rules for the Service are shifted, separated by commas.',
      routes('httpRoutes', 'HTTPRoute'),
    ),
  },
  {
    field: 'grpcRoutes',
    ...annotation(
      'grpc-routes',
      'ranker',
      'GRPCRoutes of the Gateway API whose rules for the Service are shifted, separated by commas.',
      routes('grpcRoutes', 'GRPCRoute'),
    ),
  },
  {
    field: 'rules',
    ...annotation(
      'route-rules',
      'predict',
      'Names of the rules of these routes to shift, separated by commas. Default: every rule for the Service.',
      rules,
    ),
  },
  {
    field: 'service',
    ...annotation(
      'route-service',
      'ranker',
      'Service to which these routes go. Needed only where they go to several Services of the workload.',
      (text) => name(text, setting('service', text)),
    ),
  },
  {
    field: 'features',
    ...annotation(
      'route-features',
      'HTTPRouteRequestMirror',
      'Features of the Gateway API that the implementation has without saying so in its GatewayClass, separated by commas.',
      features,
    ),
  },
  {
    field: 'inferencePool',
    ...annotation(
      'inference-pool',
      'ranker',
      'InferencePool to which these routes go. Needed only where they go to several backends of the workload.',
      (text) => name(text, setting('inferencePool', text)),
    ),
  },
  {
    field: 'pickers',
    ...annotation(
      'pool-pickers',
      'ranker-stable-epp,ranker-canary-epp',
      'Where these routes go to an InferencePool: Services of the endpoint pickers of its two pools, stable first.',
      pickers,
    ),
  },
  {
    field: 'unsplit',
    ...annotation(
      'route-unsplit',
      'allow',
      'With these routes, what happens where requests can reach the pods past the split: `warn`, `refuse` or `allow`. Default: `warn`.',
      (text) => choice(text, ['warn', 'refuse', 'allow'], setting('unsplit', text)),
    ),
  },
];
