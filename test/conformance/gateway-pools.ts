import type { KubeObject } from '../../src/api/meta.ts';
import type { GatewayTraffic } from '../../src/traffic/gateway-api/spec.ts';
import type { Json } from '../../src/traffic/json.ts';
import { service } from './gateway-world.ts';
import { NAMESPACE } from './istio-world.ts';

/** Services of the endpoint pickers of the two versions, as a policy names them. */
export const PICKERS = { stable: 'stable-epp', canary: 'canary-epp' } as const;

/** An InferencePool as an API server has it. */
export function pool(name = 'model', more: Json = {}): KubeObject {
  return {
    apiVersion: 'inference.networking.k8s.io/v1',
    kind: 'InferencePool',
    metadata: { name, namespace: NAMESPACE, resourceVersion: '5' },
    spec: {
      selector: { matchLabels: { app: 'model' } },
      targetPorts: [{ number: 8080 }],
      appProtocol: 'http',
      endpointPickerRef: {
        group: '',
        kind: 'Service',
        name: 'user-epp',
        port: { number: 9002 },
        failureMode: 'FailOpen',
      },
      ...more,
    },
  };
}

/** The Service of an endpoint picker. */
export const pickerService = (name: string): KubeObject =>
  service(name, { selector: { app: name }, ports: [{ name: 'grpc', port: 9002, targetPort: 9002 }] });

/** The Deployment of an endpoint picker with these arguments, and as many ready pods. */
export const pickerDeployment = (
  name: string,
  args: readonly string[],
  readyReplicas: number,
): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: NAMESPACE, resourceVersion: '5' },
  spec: {
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'epp', args }] } },
  },
  status: { readyReplicas },
});

/** A backend that is an InferencePool, as the API server completes it. */
export const toPool = (name = 'model', weight = 1, more: Json = {}): Json => ({
  group: 'inference.networking.k8s.io',
  kind: 'InferencePool',
  name,
  weight,
  ...more,
});

/** A policy for it. */
export const POOL_SPEC: GatewayTraffic = { pickers: PICKERS };

/** A pool with the Services of its pickers. */
export const pooled = (): readonly KubeObject[] => [
  pool(),
  pickerService(PICKERS.stable),
  pickerService(PICKERS.canary),
];
