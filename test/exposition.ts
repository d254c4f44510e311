/** What one version of a service has done so far. */
export interface Done {
  readonly requests: number;
  readonly failures: number;
  /** Requests slower than 300 ms. */
  readonly slow: number;
}

const line = (name: string, labels: Readonly<Record<string, string>>, value: number): string =>
  `${name}{${Object.entries(labels)
    .map(([label, text]) => `${label}="${text}"`)
    .join(',')}} ${value}`;

function histogram(
  name: string,
  labels: Readonly<Record<string, string>>,
  edges: readonly string[],
  done: Done,
): string[] {
  const { requests, slow } = done;
  // All fast requests are in the first bucket, all slow ones in the last one.
  const counts = edges.map((le) => line(`${name}_bucket`, { ...labels, le }, requests - slow));
  return [
    `# TYPE ${name} histogram`,
    ...counts,
    line(`${name}_bucket`, { ...labels, le: '+Inf' }, requests),
    line(`${name}_sum`, labels, requests * 0.1),
    line(`${name}_count`, labels, requests),
  ];
}

const text = (lines: readonly string[]): string => `${lines.join('\n')}\n`;

/** A page of metrics as client libraries for HTTP servers write it: no series for a status before its first answer. */
export function httpPage(done: Done): string {
  const { requests, failures } = done;
  return text([
    '# TYPE http_requests_total counter',
    line('http_requests_total', { status: '200' }, requests - failures),
    ...(failures === 0 ? [] : [line('http_requests_total', { status: '503' }, failures)]),
    ...histogram('http_request_duration_seconds', {}, ['0.05', '0.1', '0.3'], done),
  ]);
}

/** A page of a sidecar of Istio; failures are gRPC's, which HTTP reports as 200. */
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
  const code = (status: string): Record<string, string> => ({
    ...labels,
    response_code: '200',
    grpc_response_status: status,
  });
  const { requests, failures } = done;
  return text([
    '# TYPE istio_requests_total counter',
    line('istio_requests_total', code('0'), requests - failures),
    ...(failures === 0 ? [] : [line('istio_requests_total', code('14'), failures)]),
    ...histogram('istio_request_duration_milliseconds', code('0'), ['100', '250', '300'], done),
  ]);
}

/** A page of an Envoy that sends to both subsets of the service, as Istio names its clusters. */
export function envoyPage(arms: Readonly<Record<'canary' | 'stable', Done>>): string {
  const lines = Object.entries(arms).flatMap(([arm, done]) => {
    const cluster_name = `outbound|80|sluice-${arm}|ranker.ml.svc.cluster.local`;
    const name = 'envoy_cluster_external_upstream_rq';
    const { requests, failures } = done;
    return [
      line(name, { response_code: '200', cluster_name }, requests - failures),
      ...(failures === 0 ? [] : [line(name, { response_code: '503', cluster_name }, failures)]),
      ...histogram(`${name}_time`, { cluster_name }, ['100', '250', '300'], done).slice(1),
    ];
  });
  return text(lines);
}

/** What the conformance suite of metric sources asks for. */
export const CONFORMANCE_PAGE = text([
  '# TYPE conformance_total counter',
  line('conformance_total', { part: 'a' }, 7),
  line('conformance_total', { part: 'b' }, 11),
  '# TYPE conformance_gauge gauge',
  'conformance_gauge NaN',
]).replaceAll('part=', 'pod=');
