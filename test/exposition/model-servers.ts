import { counter, type Done, histogram, line, PYTHON, type Style, text } from './page.ts';

/** Triton writes six digits behind the point. */
const TRITON: Style = { number: (value) => value.toFixed(6) };
/** TorchServe's library is Java's, which ends its labels with a comma. */
const JAVA: Style = { number: (value) => value.toFixed(1), end: ',' };

/** Triton with histogram_latencies=true; every reason of failures is there from the start. */
export function tritonPage(done: Done): string {
  const model = { model: 'ranker', version: '1' };
  const { requests, failures } = done;
  const reasons: [string, number][] = [
    ['OTHER', 0],
    ['BACKEND', failures],
    ['CANCELED', 0],
    ['REJECTED', 0],
  ];
  return text([
    ...counter('nv_inference_request_success', [[model, requests - failures]], TRITON),
    '# TYPE nv_inference_request_failure counter',
    ...reasons.map(([reason, value]) =>
      line('nv_inference_request_failure', { model: model.model, reason, version: '1' }, value, TRITON),
    ),
    ...histogram(
      'nv_inference_first_response_histogram_ms',
      model,
      ['100', '500', '2000', '5000'],
      done,
      TRITON,
    ),
  ]);
}

/** TorchServe with metrics_mode=prometheus. */
export function torchservePage({ requests, failures }: Done): string {
  const host = { Level: 'Host', Hostname: 'ranker-0' };
  const model = { model_name: 'mnist', model_version: 'default', hostname: 'ranker-0' };
  return text([
    ...counter('ts_inference_requests_total', [[model, requests]], JAVA),
    ...counter('Requests2XX', [[host, requests - failures + 77]], JAVA),
    ...counter('Requests5XX', [[host, failures]], JAVA),
    line('ts_inference_latency_microseconds', model, 2_142_124.756, { ...JAVA, number: String }),
  ]);
}

/** TensorFlow Serving, whose edges are 10 µs times powers of 1.8. */
export function tfServingPage(done: Done): string {
  const labels = { model_name: 'ranker', API: 'predict', entrypoint: 'GRPC' };
  const edges = Array.from({ length: 20 }, (_, power) => String(Number((10 * 1.8 ** power).toPrecision(6))));
  const { requests, failures } = done;
  return text([
    ...counter(':tensorflow:serving:request_count', [
      [{ model_name: 'ranker', status: 'OK' }, requests - failures - 5],
      [{ model_name: 'ranker', status: 'INVALID_ARGUMENT' }, 5],
      [{ model_name: 'ranker', status: 'INTERNAL' }, failures],
    ]),
    ...histogram(':tensorflow:serving:request_latency', labels, edges, done),
  ]);
}

const DEFAULT_EDGES = ['0.005', '0.01', '0.025', '0.05', '0.075', '0.1', '0.25', '0.5', '0.75', '1.0', '2.5'];

/** A Python server of KServe. */
export function kservePage(done: Done): string {
  const model = { model_name: 'ranker' };
  const before = { ...done, slow: 0 };
  return text([
    ...histogram('request_preprocess_seconds', model, DEFAULT_EDGES, before, PYTHON),
    ...histogram('request_predict_seconds', model, DEFAULT_EDGES, done, PYTHON),
    line('request_predict_seconds_created', model, 1_771_000_000.25, PYTHON),
  ]);
}

/** A service of BentoML; its endpoints for health have the same metrics. */
export function bentomlPage(done: Done): string {
  const service = { runner_name: 'Ranker', service_name: 'ranker', service_version: 'l24sy5ecfge7fw6u' };
  const endpoint = { endpoint: '/predict', ...service };
  const { requests, failures } = done;
  return text([
    ...counter(
      'bentoml_service_request_total',
      [
        [{ http_response_code: '200', ...endpoint }, requests - failures],
        [{ http_response_code: '500', ...endpoint }, failures],
      ],
      PYTHON,
    ),
    ...histogram(
      'bentoml_service_request_duration_seconds',
      { ...endpoint, http_response_code: '200' },
      DEFAULT_EDGES,
      done,
      PYTHON,
    ),
  ]);
}

/** The agent of Seldon Core 2. */
export function seldonPage({ requests, failures }: Done): string {
  const labels = { model: 'iris', model_internal: 'iris_1', server: 'mlserver', server_replica: '0' };
  return text(
    counter('seldon_model_infer_total', [
      [{ code: '200', method_type: 'rest', ...labels }, requests - failures],
      [{ code: '500', method_type: 'rest', ...labels }, Math.ceil(failures / 2)],
      [{ code: 'Unavailable', method_type: 'grpc', ...labels }, Math.floor(failures / 2)],
    ]),
  );
}

/** A pod of Ray Serve. Requests and errors have the very same labels. */
export function rayServePage(done: Done): string {
  const labels = {
    Component: 'core_worker',
    SessionName: 'session_2026',
    application: 'default',
    deployment: 'Ranker',
    replica: 'abc12',
    route: '/predict',
  };
  const edges = ['1', '2', '5', '10', '20', '50', '100', '200', '300', '400', '500', '1000', '2000', '5000'];
  const { requests, failures } = done;
  return text([
    ...counter('ray_serve_deployment_request_counter_total', [[labels, requests - failures]], PYTHON),
    ...counter('ray_serve_deployment_error_counter_total', [[labels, failures]], PYTHON),
    ...histogram(
      'ray_serve_deployment_processing_latency_ms',
      labels,
      edges.map((edge) => `${edge}.0`),
      done,
      PYTHON,
    ),
  ]);
}

/** NVIDIA's exporter on the node of the canary's pod. Slow requests stand for memory in use, failures for an error. */
export function dcgmPage(done: Done): string {
  const gpu = {
    gpu: '0',
    UUID: 'GPU-a8394b51-c086-568a-9f1a-c1e1c934c44c',
    pci_bus_id: '00000000:00:02.0',
    device: 'nvidia0',
    modelName: 'NVIDIA H100 80GB HBM3',
    Hostname: 'node-a',
    container: 'server',
    namespace: 'ml',
    pod: 'ranker-abc-x2z9k',
  };
  return text([
    '# TYPE DCGM_FI_DEV_XID_ERRORS gauge',
    line(
      'DCGM_FI_DEV_XID_ERRORS',
      { ...gpu, err_code: '0', err_msg: 'No Error' },
      done.failures === 0 ? 0 : 43,
    ),
    '# TYPE DCGM_FI_DEV_FB_USED gauge',
    line('DCGM_FI_DEV_FB_USED', gpu, 40_000 + done.slow),
    '# TYPE DCGM_FI_DEV_FB_FREE gauge',
    line('DCGM_FI_DEV_FB_FREE', gpu, 40_000 - done.slow),
  ]);
}
