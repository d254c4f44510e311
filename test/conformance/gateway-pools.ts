import type { KubeObject } from '../../src/api/meta.ts';
import type { GatewayTraffic } from '../../src/traffic/gateway-api/spec.ts';
import { asObject, asObjects, type Json } from '../../src/traffic/json.ts';
import { service } from './gateway-world.ts';
import { NAMESPACE } from './istio-world.ts';
import type { Edit, World } from './router.ts';

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

const POOLS = ['model', 'model-sluice-stable', 'model-sluice-canary'];
const isPool = ({ name }: Json): boolean => POOLS.includes(String(name));

function refTo(ref: Json): Json {
  const { port: _port, ...rest } = ref;
  const isOld = ref['kind'] === 'Service' && ref['namespace'] === undefined && isPool(ref);
  return isOld ? { ...rest, group: 'inference.networking.k8s.io', kind: 'InferencePool' } : ref;
}

/** An object of a user of Services, as a user of InferencePools has it. */
function converted(object: KubeObject): KubeObject {
  const { kind, metadata } = object;
  const spec = asObject(object['spec']);
  if (kind === 'Service' && isPool({ name: metadata.name })) {
    const { spec: made, ...rest } = pool(metadata.name);
    const selector = { matchLabels: asObject(spec['selector']) };
    return { ...rest, metadata, spec: { ...asObject(made), selector } };
  }
  const rules = asObjects(spec['rules']).map((rule) =>
    rule['backendRefs'] === undefined
      ? rule
      : { ...rule, backendRefs: asObjects(rule['backendRefs']).map(refTo) },
  );
  return kind === 'HTTPRoute' ? { ...object, spec: { ...spec, rules } } : object;
}

/** A world of Services, with InferencePools in their place. */
export function withPools({ spec, ...world }: World<GatewayTraffic>): World<GatewayTraffic> {
  const { service: _service, ...rest } = spec;
  const pickers = [pickerService(PICKERS.stable), pickerService(PICKERS.canary)];
  return {
    ...world,
    objects: [...world.objects.map(converted), ...pickers],
    spec: { ...rest, inferencePool: 'model', pickers: PICKERS },
  };
}

/** An edit in such a world. */
export const onPools = (edit: Edit): Edit => ({
  ...edit,
  apply: (objects, user) => {
    edit.apply(objects, user);
    for (const list of [objects, user]) list.splice(0, list.length, ...list.map(converted));
  },
});
