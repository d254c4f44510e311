import { describe, expect, it } from 'vitest';
import { queryByPods } from './pods.ts';
import { shareOf } from './shares.ts';

const isCanary = (value: string): boolean => value.includes('{{ target }}');
const ISTIO = 'istio_requests_total{reporter="source",destination_service=~"{{args.service-name}}"';
const OURS = 'istio_requests_total{reporter="destination",namespace="{{namespace}}",pod=~"{{pods}}"';
const ratio = (part: string, whole: string): string => `sum(irate(${part}[5m])) / sum(irate(${whole}[5m]))`;
const SUCCESS = ratio(`${ISTIO},response_code!~"5.*"}`, `${ISTIO}}`);

describe('an average that is a share', () => {
  it.each([
    ['of successes, at least', SUCCESS, { min: 0.95 }, '5%'],
    ['in percent', `100 * (${SUCCESS})`, { min: 99.5 }, '0.5%'],
    ['in percent, the other way round', `${SUCCESS} * 100`, { min: 99 }, '1%'],
    ['of the rest, at most', `1 - (${SUCCESS})`, { max: 0.02 }, '2%'],
    ['of the rest in percent', `100 - ${SUCCESS} * 100`, { max: 5 }, '5%'],
    ['with a default', `(${SUCCESS}) or on() vector(0)`, { min: 0.9 }, '10%'],
  ])('%s', (_, query, range, max) => {
    expect(shareOf(query, range)).toEqual({
      max,
      errors: { requests: `${OURS}}`, failures: `${OURS},response_code=~"5.*"}` },
    });
  });

  it('of failures, where the part is what fails', () => {
    const query = `sum(rate(app_requests_total{job="ranker",path="/v1",status=~"5.."}[1m])) / sum(rate(app_requests_total{job="ranker",path="/v1"}[1m]))`;
    const own = 'app_requests_total{namespace="{{namespace}}",pod=~"{{pods}}",path="/v1"';
    expect(shareOf(query, { max: 0.05 })).toEqual({
      max: '5%',
      errors: { requests: `${own}}`, failures: `${own},status=~"5.."}` },
    });
  });

  it.each([
    [
      'histogram_quantile(0.99, sum(rate(istio_request_duration_milliseconds_bucket{destination_app="x"}[5m])) by (le))',
      { max: 500 },
      '500ms',
      'ms',
      '99%',
    ],
    [
      'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{app="x"}[1m])))',
      { max: 0.25 },
      '250ms',
      's',
      '95%',
    ],
    [
      'histogram_quantile(0.9,sum(rate(http_request_duration_seconds_bucket{app="x"}[1m]))by(le)) * 1000',
      { max: 250 },
      '250ms',
      's',
      '90%',
    ],
  ])('quantile %s', (query, range, max, unit, quantile) => {
    expect(shareOf(query, range)).toMatchObject({ max, latency: { unit, quantile } });
  });

  it.each([
    ['two bounds', SUCCESS, { min: 0.1, max: 0.9 }],
    ['different counters', ratio('a_total{code="5"}', 'b_total{}'), { max: 0.1 }],
    [
      'a whole with a condition of its own',
      ratio('a_total{code="5"}', 'a_total{method="GET"}'),
      { max: 0.1 },
    ],
    ['successes by two conditions', ratio('a_total{x!="1",code!~"5.."}', 'a_total{}'), { min: 0.9 }],
    [
      'counters of a gateway',
      ratio(
        'nginx_ingress_controller_requests{ingress="x",status=~"5.."}',
        'nginx_ingress_controller_requests{ingress="x"}',
      ),
      { max: 0.1 },
    ],
    ['a bound outside of 0 to 1', SUCCESS, { min: 99 }],
    ['a plain number', 'max(queue_length{app="x"})', { max: 5 }],
    ['a quantile of an average', 'histogram_quantile(0.9, sum(rate(a_total{}[1m])))', { max: 5 }],
  ])('is none: %s', (_, query, range) => {
    expect(shareOf(query, range)).toBeNull();
  });
});

describe('a number of one version', () => {
  it('selects by the pods in place of what names the version', () => {
    const query =
      'max(queue{namespace="{{ namespace }}",kubernetes_pod_name=~"{{ target }}-[0-9a-z]+",kind="in"}) > 0';
    expect(queryByPods(query, isCanary)).toEqual({
      query: 'max(queue{kind="in",namespace="{{namespace}}",kubernetes_pod_name=~"{{pods}}"}) > 0',
      isChanged: true,
    });
  });

  it('is left alone where it names none, and refused where a proxy in front tells versions apart', () => {
    expect(queryByPods('up{job="x"}', isCanary)).toEqual({ query: 'up{job="x"}', isChanged: false });
    expect(queryByPods('rate(nginx_requests{ingress="{{ target }}"}[1m])', isCanary)).toMatchObject({
      problem: expect.stringContaining('proxy in front'),
    });
  });
});
