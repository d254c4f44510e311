import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ArmSamples } from '../../analysis/evidence/sample.ts';
import { queriesOf } from '../../analysis/templates/query.ts';
import { judgeMetric } from '../../analysis/verdict/judge.ts';
import { Metric } from '../../api/analysis/analysis-template.ts';
import type { MetricState } from '../../api/release/analysis-state.ts';
import { Analysis } from '../../api/rollout/rollout.ts';
import { createPrometheus } from './source.ts';

/**
 * Answers that are no evidence, from the bytes of the answer to the verdict: the reason must help, and nothing may pass
 * or fail by them.
 */
type Points = readonly (readonly [labels: Readonly<Record<string, string>>, start: string, end: string])[];
type Answers = Readonly<Record<string, Points | string>>;

let [server, url, answers]: [Server | undefined, string, Answers] = [undefined, '', {}];
const [START, END] = [1_700_000_000_000, 1_700_000_010_000];

async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return new URLSearchParams(body);
}

function bodyFor(query: string, atStart: boolean): string {
  const found = answers[query] ?? answers['otherwise'] ?? [];
  if (typeof found === 'string') return found;
  const result = found.map(([labels, start, end]) => ({
    metric: { __name__: query, ...labels },
    value: [1, atStart ? start : end],
  }));
  return JSON.stringify({ status: 'success', data: { resultType: 'vector', result } });
}

beforeAll(async () => {
  server = createServer((request, response) => {
    void formOf(request).then((form) => {
      const atStart = form.get('time') === (START / 1_000).toFixed(3);
      response.end(bodyFor(form.get('query') ?? '', atStart));
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server?.closeAllConnections();
  server?.close();
});

const errors = Metric.parse({
  name: 'errors',
  max: '1%',
  maxIncrease: '1pp',
  errors: { requests: 'requests_{{arm}}', failures: 'failures_{{arm}}' },
});
const latency = Metric.parse({
  name: 'latency',
  max: '300ms',
  maxIncrease: '1pp',
  latency: { buckets: 'buckets_{{arm}}' },
});
const number = Metric.parse({ name: 'number', max: '1', value: { query: 'number' } });
const names = {
  namespace: 'ml',
  workload: 'r',
  service: 'r',
  canary: { replicaSet: 'r-a', hash: 'a' },
  stable: { replicaSet: 'r-b', hash: 'b' },
};

async function judge(metric: Metric, given: Answers): Promise<MetricState> {
  answers = given;
  const source = createPrometheus({ urls: [url], clock: { monotonic: () => 0 } });
  const samples = queriesOf([metric], names).map(async (query): Promise<ArmSamples> => {
    const [start, end] = [await source.sample(query.promql, START), await source.sample(query.promql, END)];
    return { ...query, start, end };
  });
  const window = { start: START, end: END, samples: await Promise.all(samples) };
  return judgeMetric(metric, Analysis.parse({ templates: [{ name: 'x' }] }), undefined, window);
}

const pod = { pod: 'r-x' };
const good: Points = [[pod, '100', '1100']];
const buckets = (...edges: [string, string][]): Points =>
  edges.map(([le, end]) => [{ ...pod, le }, '0', end]);
const both = (points: Points): Answers => ({ otherwise: points });
const scalar = '{"status":"success","data":{"resultType":"scalar","result":[1,"7"]}}';

describe('no verdict', () => {
  it.each<[string, Metric, Answers, MetricState['verdict'], string]>([
    ['NaN', errors, both([[pod, '1', 'NaN']]), 'providerError', 'has the value NaN'],
    ['infinity', errors, both([[pod, '1', '+Inf']]), 'providerError', 'has the value Infinity'],
    [
      'a negative counter',
      errors,
      both([[pod, '-3', '5']]),
      'providerError',
      'is negative (-3), so it is not a counter',
    ],
    ['a rate', errors, both([[pod, '0.5', '0.7']]), 'providerError', 'without rate() or increase()'],
    ['a text', errors, both([[pod, 'one', 'two']]), 'providerError', 'has the value NaN'],
    ['a number without labels', errors, { otherwise: scalar }, 'providerError', 'a number without labels'],
    ['a page', errors, { otherwise: '<html>' }, 'providerError', 'instead of JSON'],
    ['half of an answer', errors, { otherwise: '{"status":"succ' }, 'providerError', 'instead of JSON'],
    ['no series', errors, {}, 'noData', 'the query gives no series'],
    [
      'failures that cannot be read',
      errors,
      { otherwise: good, failures_canary: [[pod, '1', 'NaN']] },
      'providerError',
      'failures of the canary',
    ],
    [
      'counters that do not change',
      errors,
      both([[pod, '5', '5']]),
      'noData',
      'had no request in this window',
    ],
    [
      'a histogram without an end',
      latency,
      both(buckets(['0.1', '10'], ['0.3', '20'])),
      'providerError',
      'has no bucket le="+Inf"',
    ],
    [
      'a histogram of words',
      latency,
      both(buckets(['fast', '10'], ['+Inf', '20'])),
      'providerError',
      'needs the buckets of a histogram',
    ],
    [
      'a summary',
      latency,
      both([[{ ...pod, quantile: '0.95' }, '1', '2']]),
      'providerError',
      'quantiles cannot be added up over pods',
    ],
    [
      'a histogram that has lost the edge of the bound',
      latency,
      {
        buckets_canary: buckets(['1', '900'], ['+Inf', '1000']),
        buckets_stable: buckets(['0.3', '9'], ['+Inf', '10']),
      },
      'providerError',
      'edge',
    ],
    [
      'two numbers',
      number,
      { number: [...good, [{ pod: 'r-y' }, '1', '2']] },
      'providerError',
      'gives 2 series and must give one',
    ],
    ['no number', number, { number: [] }, 'noData', 'the query gives no series'],
    ['NaN for a number', number, { number: [[pod, '1', 'NaN']] }, 'providerError', 'has the value NaN'],
  ])('comes of %s', async (_, metric, given, verdict, reason) => {
    const state = await judge(metric, given);
    expect(state.verdict).toBe(verdict);
    expect(state.message).toContain(reason);
  });

  it('comes of the comparison where the versions have other buckets; the bound is held all the same', async () => {
    const state = await judge(latency, {
      buckets_canary: buckets(['0.1', '990'], ['0.3', '995'], ['+Inf', '1000']),
      buckets_stable: buckets(['0.2', '990'], ['0.5', '995'], ['+Inf', '1000']),
    });
    expect(['pass', 'fail']).not.toContain(state.verdict);
  });

  it('does not stand in the way of a verdict on what is right', async () => {
    const state = await judge(errors, {
      otherwise: good,
      failures_canary: [[pod, '0', '900']],
      failures_stable: [[pod, '0', '1']],
    });
    expect(state.verdict).toBe('fail');
  });
});
