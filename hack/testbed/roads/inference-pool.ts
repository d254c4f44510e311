import { createHash } from 'node:crypto';
import type { KubeObject } from '../../../src/api/meta.ts';
import { filesOf } from '../../cluster/binaries/optional-parts.ts';
import { ISTIO_GATEWAY } from '../../cluster/parts/mesh.ts';
import type { Access } from '../access.ts';
import { MODEL } from '../model.ts';
import { backendShare } from './backend-share.ts';
import type { Road } from './road.ts';

/** The user's own picker, and those that the policy names. */
const PICKERS = { user: 'model-epp', stable: 'model-stable-epp', canary: 'model-canary-epp' } as const;
type Picker = keyof typeof PICKERS;

const POOL = { user: MODEL, stable: `${MODEL}-sluice-stable`, canary: `${MODEL}-sluice-canary` } as const;
const PORT = 9002;

/** Pickers listen on every address, so each has ports of its own: one for gRPC, one for its health, one for metrics. */
function portOf(host: string, picker: Picker): number {
  const place = createHash('sha256').update(host).digest().readUInt16BE() % 2_000;
  return 20_000 + 10 * place + 3 * Object.keys(PICKERS).indexOf(picker);
}

function commandOf(host: string, picker: Picker, kubeconfig: string): string {
  const port = portOf(host, picker);
  const flags = {
    'pool-name': POOL[picker],
    'pool-namespace': '$POD_NAMESPACE',
    'grpc-port': port,
    'grpc-health-port': port + 1,
    'metrics-port': port + 2,
    'secure-serving': false,
    'metrics-endpoint-auth': false,
    'enable-pprof': false,
    tracing: false,
    'ha-enable-leader-election': false,
    'refresh-metrics-interval': '1s',
  };
  const words = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  return `KUBECONFIG=${kubeconfig} exec ${filesOf('endpointPicker').program} ${words.join(' ')}`;
}

function pickerObjects(host: string, picker: Picker, { kubeconfig }: Access): KubeObject[] {
  const name = PICKERS[picker];
  const labels = { app: name };
  const port = portOf(host, picker);
  const container = {
    name: 'epp',
    image: 'sluice.dev/endpoint-picker',
    command: ['sh', '-c', commandOf(host, picker, kubeconfig)],
    ports: [{ name: 'grpc', containerPort: port }],
    readinessProbe: { grpc: { port: port + 1, service: 'readiness' }, periodSeconds: 1 },
  };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, labels },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [container] } },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: {
        selector: labels,
        ports: [{ name: 'grpc', port: PORT, targetPort: port, appProtocol: 'http2' }],
      },
    },
  ];
}

const pool: KubeObject = {
  apiVersion: 'inference.networking.k8s.io/v1',
  kind: 'InferencePool',
  metadata: { name: MODEL },
  spec: {
    selector: { matchLabels: { app: MODEL } },
    targetPorts: [{ number: 8080 }],
    endpointPickerRef: { name: PICKERS.user, port: { number: PORT } },
  },
};

const routeFor = (host: string): KubeObject => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name: MODEL },
  spec: {
    parentRefs: [ISTIO_GATEWAY],
    hostnames: [host],
    rules: [
      {
        matches: [{ path: { type: 'PathPrefix', value: '/predict' } }],
        backendRefs: [{ group: 'inference.networking.k8s.io', kind: 'InferencePool', name: MODEL }],
      },
    ],
  },
});

/** An HTTPRoute to an InferencePool, whose real endpoint pickers choose the pod of each request. */
export const inferencePoolRoad: Road = {
  name: 'inference-pool',
  about: 'HTTPRoute to an InferencePool with endpoint pickers, on istiod and Envoy',
  traffic: { gatewayAPI: { pickers: { stable: PICKERS.stable, canary: PICKERS.canary } } },
  route: { kind: 'HTTPRoute', name: MODEL },
  kinds: ['HTTPRoute', 'Service', 'InferencePool'],
  part: 'endpointPicker',
  lacks: ['mirror', 'sticky'],
  controlPlane: 'istiod',
  objects: (host, access) => {
    const pickers =
      access === undefined
        ? []
        : (Object.keys(PICKERS) as Picker[]).flatMap((picker) => pickerObjects(host, picker, access));
    return [...pickers, pool, routeFor(host)];
  },
  target: ({ gatewayApiUrl }, { host }) => ({
    url: `${gatewayApiUrl}/predict`,
    host,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: MODEL, prompt: 'hello' }),
  }),
  share: (moment, version, headers) => backendShare(moment, 'HTTPRoute', version, headers),
};
