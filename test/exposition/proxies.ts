import { type Arms, bothArms, counter, type Done, histogram, text } from './page.ts';

/** A sidecar of Istio; half of the failures are gRPC's, which HTTP reports as 200. */
export function istioPage(done: Done): string {
  const labels = {
    reporter: 'destination',
    source_workload: 'gateway',
    destination_workload: 'ranker',
    destination_service: 'ranker.ml.svc.cluster.local',
    request_protocol: 'grpc',
    response_flags: '-',
    connection_security_policy: 'mutual_tls',
  };
  const { requests, failures } = done;
  const lost = Math.floor(failures / 2);
  return text([
    ...counter('istio_requests_total', [
      [{ ...labels, response_code: '200', grpc_response_status: '0' }, requests - failures],
      [{ ...labels, response_code: '200', grpc_response_status: '14' }, lost],
      [{ ...labels, response_code: '503' }, failures - lost],
    ]),
    ...histogram(
      'istio_request_duration_milliseconds',
      { ...labels, response_code: '200', grpc_response_status: '0' },
      ['0.5', '1', '5', '10', '25', '50', '100', '250', '300', '500', '1000', '2500'],
      done,
    ),
  ]);
}

/** An Envoy that sends to both subsets of the service, as Istio names its clusters. */
export function envoyPage(arms: Arms): string {
  return bothArms(arms, (arm, done) => {
    const cluster_name = `outbound|80|sluice-${arm}|ranker.ml.svc.cluster.local`;
    const name = 'envoy_cluster_external_upstream_rq';
    const { requests, failures } = done;
    return [
      ...counter(name, [
        [{ response_code: '200', cluster_name }, requests - failures],
        [{ response_code: '503', cluster_name }, failures],
      ]),
      ...histogram(`${name}_time`, { cluster_name }, ['100', '250', '300'], done),
    ];
  });
}

const LINKERD_EDGES = [
  '1',
  '2',
  '3',
  '4',
  '5',
  '10',
  '20',
  '30',
  '40',
  '50',
  '100',
  '200',
  '300',
  '400',
  '500',
];

/** Linkerd's proxy beside the pod that answers; what it sends itself (outbound) is none of the pod's requests. */
export function linkerdPage(done: Done): string {
  const inbound = {
    direction: 'inbound',
    target_addr: '10.1.2.3:8080',
    target_ip: '10.1.2.3',
    target_port: '8080',
    tls: 'true',
    client_id: 'default.web.serviceaccount.identity.linkerd.cluster.local',
    srv_kind: 'server',
    srv_name: 'ranker',
    route_kind: 'default',
    route_name: 'default',
  };
  const { requests, failures } = done;
  return text([
    ...counter('response_total', [
      [{ ...inbound, status_code: '200', classification: 'success', error: '' }, requests - failures],
      [{ ...inbound, status_code: '503', classification: 'failure', error: '' }, failures],
      [{ direction: 'outbound', authority: 'db', status_code: '500', classification: 'failure' }, 4_321],
    ]),
    ...histogram('response_latency_ms', { ...inbound, status_code: '200' }, LINKERD_EDGES, done),
  ]);
}

/** Linkerd's proxy of a client, for an HTTPRoute with a Service for each version. */
export function gatewayApiPage(arms: Arms): string {
  return bothArms(arms, (arm, done) => {
    const route = {
      parent_group: 'core',
      parent_kind: 'Service',
      parent_namespace: 'ml',
      parent_name: 'ranker',
      parent_port: '80',
      route_group: 'gateway.networking.k8s.io',
      route_kind: 'HTTPRoute',
      route_namespace: 'ml',
      route_name: 'ranker',
      backend_group: 'core',
      backend_kind: 'Service',
      backend_namespace: 'ml',
      backend_name: `ranker-${arm}`,
      backend_port: '80',
    };
    const { requests, failures } = done;
    const third = Math.floor(failures / 3);
    const { route_kind: _, ...shared } = route;
    const grpc = { ...shared, route_kind: 'GRPCRoute' };
    return [
      ...counter('outbound_http_route_backend_response_statuses_total', [
        [{ ...route, http_status: '200', error: '' }, requests - failures],
        [{ ...route, http_status: '500', error: '' }, failures - 2 * third],
        [{ ...route, http_status: '', error: 'REQUEST_TIMEOUT' }, third],
      ]),
      ...counter('outbound_grpc_route_backend_response_statuses_total', [
        [{ ...grpc, grpc_status: 'UNAVAILABLE', error: '' }, third],
      ]),
      ...histogram(
        'outbound_http_route_backend_response_duration_seconds',
        route,
        ['0.025', '0.05', '0.1', '0.25', '0.5', '1.0', '10.0'],
        done,
      ),
    ];
  });
}
