import { API_VERSION, type KubeObject } from '../../src/api/meta.ts';
import type { Access } from './access.ts';
import type { Road } from './roads/road.ts';

/** Name of the model server of a site, and of its Service and VirtualService. */
export const MODEL = 'model';

/** Properties of a model server; the defaults are small and quick. */
export interface ModelOptions {
  /** Name of the Deployment, if it differs from its Service and VirtualService. */
  readonly name?: string;
  readonly replicas?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Environment of the container beside VERSION; see `hack/model-server/behaviour.ts`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Further fields of the Deployment's spec, which win. */
  readonly deployment?: object;
  /** HTTP routes of the VirtualService; null for no VirtualService. */
  readonly routes?: readonly object[] | null;
}

const BEHAVIOUR = { LOAD_SECONDS: '1', LATENCY_MS: '20', LATENCY_SIGMA: '0.3', DRAIN_SECONDS: '2' };
const ROUTES = [{ name: 'predict', timeout: '5s', route: [{ destination: { host: MODEL } }] }];

function podTemplate(env: Readonly<Record<string, string>>): object {
  const container = {
    name: 'server',
    image: 'sluice.dev/model-server:v1',
    ports: [{ name: 'http', containerPort: 8080 }],
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
    readinessProbe: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 1 },
  };
  return {
    metadata: {
      labels: { app: MODEL },
      annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '8080' },
    },
    spec: { terminationGracePeriodSeconds: 10, containers: [container] },
  };
}

function deploymentOf({
  name = MODEL,
  replicas = 2,
  annotations = {},
  env,
  deployment,
}: ModelOptions): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels: { app: MODEL }, annotations: { ...annotations } },
    spec: {
      replicas,
      selector: { matchLabels: { app: MODEL } },
      strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: podTemplate({ VERSION: 'v1', ...BEHAVIOUR, ...env }),
      ...deployment,
    },
  };
}

const HTTP = { name: 'http', port: 80, targetPort: 8080 };

const serviceOf = (port: object = HTTP): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: MODEL },
  spec: { selector: { app: MODEL }, ports: [port] },
});

/** An Istio Gateway for the host, and a VirtualService with these routes; without it if they are null. */
export function istioObjects(
  host: string,
  routes: readonly object[] | null,
  more: readonly string[] = [],
): KubeObject[] {
  const istio = { apiVersion: 'networking.istio.io/v1', metadata: { name: MODEL } };
  const port = { number: 80, name: 'http', protocol: 'HTTP' };
  const gateway = { selector: { istio: 'ingressgateway' }, servers: [{ port, hosts: [host, ...more] }] };
  const virtualService = { hosts: [host, ...more, MODEL], gateways: [MODEL, 'mesh'], http: routes };
  return [
    { ...istio, kind: 'Gateway', spec: gateway },
    ...(routes === null ? [] : [{ ...istio, kind: 'VirtualService', spec: virtualService }]),
  ];
}

/**
 * A model server with its Service, and with the routes of a road; without one, with Istio's: it is reachable by the host
 * name from the gateway, and by its own name in the mesh.
 */
export function modelObjects(
  host: string,
  options: ModelOptions = {},
  road?: Road,
  access?: Access,
): KubeObject[] {
  const { routes = ROUTES } = options;
  const paths = road === undefined ? istioObjects(host, routes) : road.objects(host, access);
  const env = { ...road?.env, ...options.env };
  return [deploymentOf({ ...options, env }), serviceOf(road?.port), ...paths];
}

/**
 * A policy by annotations that takes about ten seconds to promote a sound version. Its bounds are wide, so that a busy
 * machine rolls nothing back; bad versions must be far beyond them.
 */
export const QUICK: Readonly<Record<string, string>> = {
  'sluice.dev/rollout': 'true',
  'sluice.dev/steps': '25,50',
  'sluice.dev/max-p95': '500ms',
  'sluice.dev/max-p95-increase': '30pp',
  'sluice.dev/max-error-rate': '5%',
  'sluice.dev/max-error-rate-increase': '5pp',
  'sluice.dev/interval': '2s',
  'sluice.dev/warmup': '1s',
  'sluice.dev/min-requests': '10',
  'sluice.dev/min-windows': '2',
  'sluice.dev/settle': '1s',
  'sluice.dev/drain': '2s',
};

/** The analysis of the same policy, as a Rollout has it. */
export function quickAnalysis(): object {
  const latency = { name: 'latency', max: '500ms', maxIncrease: '30pp' };
  const errors = { name: 'errors', max: '5%', maxIncrease: '5pp' };
  return {
    templates: [{ name: 'http-generic' }],
    bounds: [latency, errors],
    interval: '2s',
    warmup: '1s',
    minRequests: 10,
    minWindows: 2,
  };
}

/** The same policy as a Rollout from YAML; `over` replaces fields of its spec. */
export function quickRollout(name: string, over: object = {}): KubeObject {
  const spec = {
    target: { name: MODEL },
    steps: [{ weight: 25 }, { weight: 50 }],
    traffic: { istio: { virtualService: MODEL } },
    analysis: quickAnalysis(),
    settle: '1s',
    drain: '2s',
    ...over,
  };
  return { apiVersion: API_VERSION, kind: 'Rollout', metadata: { name }, spec };
}
