import { createHistogram } from './histogram.ts';

/** What a model server tells Prometheus about itself. */
export interface Metrics {
  /** Counts one answered request. */
  request(status: number, seconds: number): void;
  prediction(name: string): void;
  loaded(seconds: number): void;
  /** Everything in the text format 0.0.4. */
  text(): string;
}

/** Counts by the value of one label. */
function createCounter(name: string, label: string, help: string) {
  const counts = new Map<string, number>();
  return {
    add: (value: string) => counts.set(value, (counts.get(value) ?? 0) + 1),
    text: () => {
      const lines = [...counts].map(([value, count]) => `${name}{${label}="${value}"} ${count}`);
      return [`# HELP ${name} ${help}`, `# TYPE ${name} counter`, ...lines].join('\n');
    },
  };
}

const HISTOGRAM = 'http_request_duration_seconds';

/** The metrics of a generic model server; every series but the histogram starts when it first happens. */
export function createMetrics(buckets: readonly number[], version: string): Metrics {
  const requests = createCounter('http_requests_total', 'status', 'Answered requests by status.');
  const predictions = createCounter('model_predictions_total', 'class', 'Predictions by class.');
  const durations = createHistogram(buckets);
  let loadSeconds: number | null = null;
  return {
    request: (status, seconds) => {
      requests.add(String(status));
      durations.observe(seconds);
    },
    prediction: (name) => void predictions.add(name),
    loaded: (seconds) => {
      loadSeconds = seconds;
    },
    text: () =>
      [
        requests.text(),
        `# HELP ${HISTOGRAM} Time to answer.\n# TYPE ${HISTOGRAM} histogram\n${durations.text(HISTOGRAM)}`,
        predictions.text(),
        `# TYPE model_info gauge\nmodel_info{version="${version}"} 1`,
        `# TYPE model_loads_total counter\nmodel_loads_total ${loadSeconds === null ? 0 : 1}`,
        ...(loadSeconds === null
          ? []
          : [`# TYPE model_load_seconds gauge\nmodel_load_seconds ${loadSeconds}`]),
        '',
      ].join('\n'),
  };
}
