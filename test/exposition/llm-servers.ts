import { type Arms, bothArms, counter, type Done, histogram, line, PYTHON, text } from './page.ts';

const MODEL = { model_name: 'meta-llama/Llama-3.1-8B-Instruct' };

/** vLLM's API server: the HTTP layer counts by class of status, the engine by request. */
export function vllmPage(done: Done): string {
  const { requests, failures, slow } = done;
  const engine = { engine: '0', ...MODEL };
  const http = { handler: '/v1/chat/completions', method: 'POST' };
  const latency = (name: string, edges: readonly string[]): string[] =>
    histogram(`vllm:${name}`, engine, edges, done, PYTHON);
  return text([
    ...counter(
      'http_requests_total',
      [
        [{ ...http, status: '2xx' }, requests - failures],
        [{ ...http, status: '5xx' }, failures],
        [{ handler: '/health', method: 'GET', status: '2xx' }, 9_999],
      ],
      PYTHON,
    ),
    ...latency('e2e_request_latency_seconds', [
      '0.3',
      '0.5',
      '0.8',
      '1.0',
      '1.5',
      '2.0',
      '2.5',
      '5.0',
      '10.0',
    ]),
    ...latency('time_to_first_token_seconds', [
      '0.001',
      '0.005',
      '0.01',
      '0.02',
      '0.1',
      '0.25',
      '0.5',
      '0.75',
    ]),
    ...latency('inter_token_latency_seconds', ['0.01', '0.025', '0.05', '0.075', '0.1', '0.15', '0.2']),
    ...counter(
      'vllm:request_success_total',
      [
        [{ ...engine, finished_reason: 'stop' }, requests - slow],
        [{ ...engine, finished_reason: 'length' }, slow],
      ],
      PYTHON,
    ),
    line('vllm:request_success_created', { ...engine, finished_reason: 'stop' }, 1_771_000_000.25, PYTHON),
  ]);
}

/** SGLang's server with --enable-metrics. */
export function sglangPage(done: Done): string {
  const labels = { engine_type: 'unified', ...MODEL };
  const edges = ['0.1', '0.2', '0.4', '0.6', '0.8', '1.0', '2.0', '4.0', '6.0', '8.0', '10.0'];
  return text([
    ...counter('sglang:num_requests_total', [[labels, done.requests]], PYTHON),
    ...counter('sglang:num_aborted_requests_total', [[labels, done.failures]], PYTHON),
    ...histogram('sglang:e2e_request_latency_seconds', labels, edges, done, PYTHON),
    ...histogram('sglang:time_to_first_token_seconds', labels, edges, done, PYTHON),
    ...histogram('sglang:inter_token_latency_seconds', labels, ['0.02', '0.05', '0.1', '0.2'], done, PYTHON),
  ]);
}

const HASHES = { canary: 'abc', stable: 'def' };

/** The endpoint picker of llm-d's router, for two versions under names of their own. */
export function llmdPage(arms: Arms): string {
  return bothArms(arms, (arm, done) => {
    const target_model_name = `llama-${HASHES[arm]}`;
    const labels = { model_name: 'llama', target_model_name, fairness_id: 'default', priority: '0' };
    const edges = ['0.005', '0.025', '0.05', '0.1', '0.2', '0.4', '0.6', '0.8', '1', '1.25', '1.5', '2', '3'];
    return [
      ...counter('llm_d_epp_request_total', [[labels, done.requests]]),
      ...counter('llm_d_epp_request_error_total', [
        [{ ...labels, error_code: 'ServiceUnavailable' }, done.failures],
      ]),
      ...histogram('llm_d_epp_request_duration_seconds', labels, edges, done),
      ...histogram('llm_d_epp_request_ttft_seconds', { ...labels, streaming: 'true' }, edges, done),
    ];
  });
}
