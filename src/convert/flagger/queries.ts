import { queryByPods } from '../promql/pods.ts';
import { type Range, shareOf } from '../promql/shares.ts';

/** What a query of Flagger is filled in with. */
export interface QueryFacts {
  readonly canary: string;
  readonly interval: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** A metric as plain data, or why it cannot be one. */
type Judged = { readonly metric: object; readonly remark: string } | { readonly problem: string };

const TARGET = '{{target}}';

/** The variables of Flagger as Sluice has them, and those that only a Canary knows filled in. */
function filledIn(query: string, { canary, interval, variables }: QueryFacts): string {
  return query.replaceAll(/\{\{\s*([a-zA-Z_.-]+)\s*\}\}/g, (whole, name: string) => {
    if (name === 'namespace' || name === 'service') return `{{${name}}}`;
    if (name === 'target') return TARGET;
    if (name === 'interval') return interval;
    if (name === 'name') return canary;
    return variables[name.replace(/^variables\./, '')] ?? whole;
  });
}

const UNKNOWN_VARIABLE = /\{\{(?!namespace\}|service\}|workload\}|pods\})[^{}]*\}\}/;
const namesVersion = (value: string): boolean =>
  value.includes(TARGET) || value.includes('{{service}}-canary');

const bounds = ({ min, max }: Range): object => ({
  ...(max !== undefined && { max: String(max) }),
  ...(min !== undefined && { min: String(min) }),
});

/** The metric that asks what a query of Flagger asks: shares of requests where it is of that form, else a number of the canary. */
export function judgedBy(
  query: string,
  range: Range,
  facts: QueryFacts,
  failures: number | undefined,
): Judged {
  if (range.min === undefined && range.max === undefined)
    return { problem: 'has no thresholdRange, so nothing could fail: write min or max' };
  const filled = filledIn(query, facts);
  const share = shareOf(filled, range);
  if (share !== null)
    return {
      metric: share,
      remark: `was an average held against a bound at each interval, and is a share of requests tested in every window, on counters of the pods: at most ${share.max}; one failed check by chance has no effect`,
    };
  const selected = queryByPods(filled, namesVersion);
  if ('problem' in selected) return selected;
  const text = selected.query.replaceAll(TARGET, '{{workload}}');
  const variable = UNKNOWN_VARIABLE.exec(text)?.[0];
  if (variable !== undefined) return { problem: `uses ${variable}, which nothing fills in: write its value` };
  if (text.length > 4_096)
    return { problem: 'is longer than 4,096 characters: record it by a rule of Prometheus' };
  const limit = failures === undefined || failures < 2 ? {} : { failureLimit: Math.min(1_000, failures - 1) };
  return {
    metric: { ...bounds(range), value: { query: text, ...limit } },
    remark: selected.isChanged
      ? 'what named the canary selects its pods: namespace="{{namespace}}",pod=~"{{pods}}"; failed checks count in a step, and no data fails nothing'
      : 'names no version, so it measures both together: select by pod=~"{{pods}}" where it is about the canary',
  };
}

const PODS = 'namespace="{{namespace}}",pod=~"{{pods}}"';
const ISTIO = `{reporter="destination",${PODS}}`;

/** The built-in metrics: shares, on the counters that Flagger reads. */
export function builtIn(name: string, { min, max }: Range, isIstio: boolean): Judged | null {
  const remark =
    'is a share of requests tested in every window, on counters of the pods: one failed check by chance has no effect';
  if (name === 'request-success-rate' && min !== undefined && min >= 0 && min <= 100) {
    const requests = isIstio
      ? `istio_requests_total${ISTIO}`
      : `http_request_duration_seconds_count{${PODS}}`;
    const failures = requests.replace(/\}$/, isIstio ? ',response_code=~"5.."}' : ',status=~"5.."}');
    return {
      metric: { max: `${Number((100 - min).toPrecision(8))}%`, errors: { requests, failures } },
      remark,
    };
  }
  if (name === 'request-duration' && max !== undefined && max >= 1) {
    const [buckets, unit] = isIstio
      ? [`istio_request_duration_milliseconds_bucket${ISTIO}`, 'ms']
      : [`http_request_duration_seconds_bucket{${PODS}}`, 's'];
    return {
      metric: { max: `${Math.round(max)}ms`, latency: { buckets, unit, quantile: '99%' } },
      remark: `${remark}; the bound must be an edge of the histogram`,
    };
  }
  return null;
}
