import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addresses } from '../addresses.ts';
import type { Binaries } from '../binaries/binaries.ts';
import type { ComponentSpec } from '../process/component.ts';
import { answers } from '../process/probe.ts';
import { yamlText } from '../yaml-text.ts';
import type { KeyPair } from './certificates.ts';
import { flags, spacedFlags } from './flags.ts';
import { VALIDATOR } from './istiod-webhook.ts';

const { ports } = addresses;

/** Longest time over which istiod gathers changes into one push: a tenth of its default, so that releases end sooner. */
export const ISTIOD_DEBOUNCE_MAX = '1s';

/** What the mesh's command lines and files depend on. */
export interface MeshInput {
  readonly binaries: Binaries;
  readonly directory: string;
  readonly logs: string;
  /** Edges of Envoy's request time histogram, milliseconds, ascending. */
  readonly latencyBuckets: readonly number[];
  /** Whether proxies send a failed request again where its route says nothing of it. */
  readonly retries: boolean;
  /** Whether routes may go to InferencePools, whose CRD must be there then. */
  readonly pools: boolean;
}

/** istiod alone: no certificates for proxies, no injection, everything on loopback; its validating webhook is the real one. */
export function istiodSpec(
  { binaries, directory, logs, pools }: MeshInput,
  kubeconfig: string,
  webhook: { readonly authority: string; readonly server: KeyPair },
): ComponentSpec {
  return {
    name: 'istiod',
    command: binaries.pilotDiscovery,
    args: [
      'discovery',
      ...flags({
        kubeconfig,
        meshConfig: join(directory, 'mesh.yaml'),
        clusterID: 'Kubernetes',
        grpcAddr: `127.0.0.1:${ports.istiodGrpc}`,
        httpAddr: `127.0.0.1:${ports.istiodHttp}`,
        monitoringAddr: `127.0.0.1:${ports.istiodMonitoring}`,
        secureGRPCAddr: '',
        httpsAddr: `127.0.0.1:${ports.istiodWebhook}`,
        caCertFile: webhook.authority,
        tlsCertFile: webhook.server.cert,
        tlsKeyFile: webhook.server.key,
      }),
    ],
    env: {
      POD_NAMESPACE: 'istio-system',
      POD_NAME: 'istiod-0',
      ENABLE_LEADER_ELECTION: 'false',
      INJECT_ENABLED: 'false',
      ENABLE_CA_SERVER: 'false',
      PILOT_CERT_PROVIDER: 'none',
      PILOT_DEBOUNCE_MAX: ISTIOD_DEBOUNCE_MAX,
      VALIDATION_WEBHOOK_CONFIG_NAME: VALIDATOR,
      INJECTION_WEBHOOK_CONFIG_NAME: '',
      PILOT_ENABLE_METADATA_EXCHANGE: 'false',
      PILOT_ENABLE_ALPN_FILTER: 'false',
      PILOT_ENABLE_GATEWAY_API_DEPLOYMENT_CONTROLLER: 'false',
      ...(pools ? { ENABLE_GATEWAY_API_INFERENCE_EXTENSION: 'true' } : {}),
    },
    cwd: directory,
    logFile: join(logs, 'istiod.log'),
    ready: () => answers(`http://127.0.0.1:${ports.istiodHttp}/ready`),
  };
}

/** A proxy of the mesh: the ingress gateway, or the sidecar of a client that speaks to it as to an HTTP proxy. */
export interface Proxy {
  readonly name: 'envoy-gateway' | 'envoy-mesh';
  readonly type: 'router' | 'sidecar';
  readonly address: string;
  /** Pod name and namespace that it claims. */
  readonly pod: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly adminPort: number;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The Gateway (Gateway API) that istiod and the ingress gateway serve; routes of every namespace may attach to it. */
export const ISTIO_GATEWAY = { namespace: 'istio-system', name: 'gateway' } as const;

/** Serves Istio Gateways with the selector `istio: ingressgateway`, on the port that the Gateway names. */
export const gatewayProxy: Proxy = {
  name: 'envoy-gateway',
  type: 'router',
  address: addresses.gatewayProxy,
  pod: 'gateway-0',
  namespace: ISTIO_GATEWAY.namespace,
  labels: {
    app: 'istio-ingressgateway',
    istio: 'ingressgateway',
    // By which istiod lets only proxies of a Gateway ask endpoint pickers.
    'gateway.networking.k8s.io/gateway-name': ISTIO_GATEWAY.name,
  },
  adminPort: ports.gatewayAdmin,
};

/** Routes requests sent to it as to an HTTP proxy by the mesh's rules (`gateways: [mesh]`). */
export const meshProxy: Proxy = {
  name: 'envoy-mesh',
  type: 'sidecar',
  address: addresses.meshProxy,
  pod: 'client-0',
  namespace: 'default',
  labels: { app: 'client' },
  adminPort: ports.meshAdmin,
  metadata: { HTTP_PROXY_PORT: String(ports.meshHttpProxy) },
};

const socket = (port: number): object => ({ socket_address: { address: '127.0.0.1', port_value: port } });

const discovery = {
  name: 'istiod',
  type: 'STATIC',
  connect_timeout: '1s',
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
  load_assignment: {
    cluster_name: 'istiod',
    endpoints: [{ lb_endpoints: [{ endpoint: { address: socket(ports.istiodGrpc) } }] }],
  },
};

/** Cluster and code become labels, as in a real mesh, so that one series name serves every subset. */
function statistics(latencyBuckets: readonly number[]): object {
  return {
    use_all_default_tags: false,
    stats_tags: [
      { tag_name: 'cluster_name', regex: String.raw`^cluster(\.(.+);)` },
      { tag_name: 'response_code', regex: String.raw`_rq(_(\d{3}))$` },
      { tag_name: 'response_code_class', regex: String.raw`_rq(_(\dxx))$` },
    ],
    histogram_bucket_settings: [{ match: { suffix: 'upstream_rq_time' }, buckets: latencyBuckets }],
  };
}

/** The bootstrap of a proxy: everything but the admin port and the statistics comes from istiod. */
export function bootstrap(proxy: Proxy, latencyBuckets: readonly number[], istioVersion: string): object {
  const domain = `${proxy.namespace}.svc.cluster.local`;
  const stream = {
    api_type: 'GRPC',
    transport_api_version: 'V3',
    grpc_services: [{ envoy_grpc: { cluster_name: 'istiod' } }],
  };
  return {
    node: {
      id: `${proxy.type}~${proxy.address}~${proxy.pod}.${proxy.namespace}~${domain}`,
      cluster: `${proxy.labels['app'] ?? proxy.pod}.${proxy.namespace}`,
      metadata: {
        NAMESPACE: proxy.namespace,
        NAME: proxy.pod,
        CLUSTER_ID: 'Kubernetes',
        ISTIO_VERSION: istioVersion,
        INSTANCE_IPS: proxy.address,
        LABELS: proxy.labels,
        ...proxy.metadata,
      },
    },
    admin: { address: socket(proxy.adminPort) },
    dynamic_resources: {
      lds_config: { ads: {}, resource_api_version: 'V3' },
      cds_config: { ads: {}, resource_api_version: 'V3' },
      ads_config: stream,
    },
    static_resources: { clusters: [discovery] },
    stats_config: statistics(latencyBuckets),
  };
}

/** Envoy as one of the two proxies. */
export function envoySpec(input: MeshInput, proxy: Proxy, baseId: number): ComponentSpec {
  return {
    name: proxy.name,
    command: input.binaries.envoy,
    args: [
      ...spacedFlags({
        'config-path': join(input.directory, `${proxy.name}.yaml`),
        concurrency: 1,
        'base-id': baseId,
        'log-level': 'error',
        'drain-time-s': 1,
        'file-flush-interval-msec': 500,
      }),
      '--disable-hot-restart',
    ],
    logFile: join(input.logs, `${proxy.name}.log`),
    ready: () => answers(`http://127.0.0.1:${proxy.adminPort}/ready`),
  };
}

/** Writes the mesh configuration and both bootstraps. */
export async function writeMeshFiles(input: MeshInput, istioVersion: string): Promise<void> {
  await mkdir(input.directory, { recursive: true });
  const mesh = {
    enableAutoMtls: false,
    accessLogFile: '/dev/stdout',
    ingressControllerMode: 'OFF',
    enableTracing: false,
    ...(input.retries ? {} : { defaultHttpRetryPolicy: { attempts: 0 } }),
    defaultConfig: { discoveryAddress: `127.0.0.1:${ports.istiodGrpc}` },
  };
  await writeFile(join(input.directory, 'mesh.yaml'), yamlText(mesh));
  // Without certificates a proxy would wait for them for ever.
  const plainTraffic = {
    apiVersion: 'security.istio.io/v1',
    kind: 'PeerAuthentication',
    metadata: { name: 'default', namespace: 'istio-system' },
    spec: { mtls: { mode: 'DISABLE' } },
  };
  await writeFile(join(input.directory, 'plain-traffic.yaml'), yamlText(plainTraffic));
  for (const proxy of [gatewayProxy, meshProxy]) {
    const text = yamlText(bootstrap(proxy, input.latencyBuckets, istioVersion));
    await writeFile(join(input.directory, `${proxy.name}.yaml`), text);
  }
}
