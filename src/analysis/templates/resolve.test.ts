import { describe, expect, it } from 'vitest';
import type { AnalysisTemplate } from '../../api/analysis/analysis-template.ts';
import { TemplateRef } from '../../api/analysis/template-ref.ts';
import { API_VERSION } from '../../api/meta.ts';
import { resolveMetrics } from './resolve.ts';

const errors = {
  name: 'errors',
  max: '1%',
  errors: { requests: '{{args.metric}}{pod=~"{{pods}}"}', failures: 'f{code=~"{{args.codes}}"}' },
};
const latency = { name: 'latency', maxIncrease: '3pp', latency: { buckets: 'b{pod=~"{{pods}}"}' } };
const args = [{ name: 'metric', value: 'http_requests_total' }, { name: 'codes' }];

function template(spec: unknown, name = 'http'): AnalysisTemplate {
  return {
    apiVersion: API_VERSION,
    kind: 'ClusterAnalysisTemplate',
    metadata: { name },
    spec: spec as AnalysisTemplate['spec'],
  };
}

const ref = (values: Record<string, string> = { codes: '5..' }, name = 'http') =>
  TemplateRef.parse({ name, args: Object.entries(values).map(([key, value]) => ({ name: key, value })) });

describe('resolveMetrics', () => {
  it('fills the arguments in and takes the bounds of the Rollout', () => {
    const found = resolveMetrics(
      [ref({ codes: '5..|"x"' })],
      [template({ args, metrics: [errors, latency] })],
      [{ name: 'latency', max: '300ms' }],
    );
    expect(found).toEqual({
      metrics: [
        {
          name: 'errors',
          max: '1%',
          errors: {
            requests: 'http_requests_total{pod=~"{{pods}}"}',
            failures: String.raw`f{code=~"5..|\"x\""}`,
          },
          onNoData: 'wait',
          dryRun: false,
        },
        {
          name: 'latency',
          max: '300ms',
          maxIncrease: '3pp',
          latency: { buckets: 'b{pod=~"{{pods}}"}', unit: 's', quantile: '95%' },
          onNoData: 'wait',
          dryRun: false,
        },
      ],
    });
  });

  const known = template({ args, metrics: [errors, latency] });
  it.each([
    [
      'an unknown template',
      [ref({}, 'nope')],
      [known],
      [],
      'TemplateNotFound',
      'spec.analysis.templates[0] (ClusterAnalysisTemplate nope): there is no such template',
    ],
    [
      'a kind that is not there',
      [{ ...ref(), kind: 'AnalysisTemplate' as const }],
      [known],
      [],
      'TemplateNotFound',
      'AnalysisTemplate http',
    ],
    ['a template that is none', [ref()], [template({ metrics: [] })], [], 'InvalidTemplate', 'spec.metrics'],
    [
      'a metric of two kinds',
      [ref({})],
      [template({ metrics: [{ ...errors, ...latency }] })],
      [],
      'InvalidTemplate',
      'spec.metrics.0: must have exactly one of errors, latency, drift, value, golden, shadow, webhook and job',
    ],
    [
      'a metric of no kind',
      [ref({})],
      [template({ metrics: [{ name: 'x', max: '1%' }] })],
      [],
      'InvalidTemplate',
      'must have exactly one of',
    ],
    [
      'an argument that the template lacks',
      [ref({ codes: '5', odd: 'x' })],
      [known],
      [],
      'UnknownArgument',
      'it has no argument odd; its arguments: metric, codes',
    ],
    [
      'an argument without a value',
      [ref({})],
      [known],
      [],
      'MissingArgument',
      'the argument codes has no default',
    ],
    [
      'an argument that is no name',
      [ref({ codes: '5', metric: 'a) or (b' })],
      [known],
      [],
      'InvalidQuery',
      'outside of quotes only a name or a number',
    ],
    [
      'an unknown variable',
      [ref({})],
      [template({ metrics: [{ ...latency, latency: { buckets: 'b{p="{{pod}}"}' } }] })],
      [],
      'InvalidQuery',
      'buckets: the variable {{pod}} is not known; known are namespace, workload',
    ],
    [
      'two metrics of one name',
      [ref({}, 'a'), ref({}, 'b')],
      [template({ metrics: [latency] }, 'a'), template({ metrics: [latency] }, 'b')],
      [],
      'DuplicateMetric',
      'two metrics are named latency',
    ],
    [
      'a bound of no metric',
      [ref()],
      [known],
      [{ name: 'p95', max: '1s' }],
      'UnknownMetric',
      'spec.analysis.bounds[0].name: no template has a metric p95; the metrics are errors, latency',
    ],
    [
      'two bounds of one metric',
      [ref()],
      [known],
      [{ name: 'errors' }, { name: 'errors' }],
      'InvalidBound',
      'stands there twice',
    ],
    [
      'a share without a sign',
      [ref()],
      [known],
      [{ name: 'errors', max: '5' }],
      'InvalidBound',
      'spec.analysis.bounds[0]: max: "5" must be a share',
    ],
    [
      'a share above all',
      [ref()],
      [known],
      [{ name: 'errors', max: '500%' }],
      'InvalidBound',
      'must be a share',
    ],
    [
      'a latency without a unit',
      [ref()],
      [known],
      [{ name: 'latency', max: '300' }],
      'InvalidBound',
      'must be a duration with its unit',
    ],
    [
      'an increase without a unit',
      [ref()],
      [known],
      [{ name: 'latency', maxIncrease: '3' }],
      'InvalidBound',
      'percentage points such as 1pp',
    ],
    [
      'a bound of the template',
      [ref({})],
      [template({ metrics: [{ ...latency, maxIncrease: '1x' }] })],
      [],
      'InvalidBound',
      'metric latency of its template: maxIncrease',
    ],
    [
      'no bound at all',
      [ref({})],
      [template({ metrics: [{ ...latency, maxIncrease: undefined }] })],
      [],
      'InvalidBound',
      'has no bound (max, min or maxIncrease)',
    ],
    [
      'a value compared with stable',
      [ref({})],
      [template({ metrics: [{ name: 'gpu', maxIncrease: '1pp', value: { query: 'up' } }] })],
      [],
      'InvalidBound',
      'a value is not compared with stable',
    ],
    [
      'a value with words for bounds',
      [ref({})],
      [template({ metrics: [{ name: 'gpu', max: '90%', value: { query: 'up' } }] })],
      [],
      'InvalidBound',
      '"90%" must be a number',
    ],
    [
      'a value that fails before it passes',
      [ref({})],
      [template({ metrics: [{ name: 'gpu', max: '9', failure: { max: '5' }, value: { query: 'up' } }] })],
      [],
      'InvalidBound',
      'failure: max "5" must not be below the max "9" that passes',
    ],
    [
      'a value that fails above the least that passes',
      [ref({})],
      [template({ metrics: [{ name: 'gpu', min: '1', failure: { min: '2' }, value: { query: 'up' } }] })],
      [],
      'InvalidBound',
      'failure: min "2" must not be above the min "1" that passes',
    ],
    [
      'a bound for failures in words',
      [ref({})],
      [template({ metrics: [{ name: 'gpu', failure: { max: 'many' }, value: { query: 'up' } }] })],
      [],
      'InvalidBound',
      'failure: max "many" must be a number',
    ],
    [
      'bounds that exclude each other',
      [ref({})],
      [template({ metrics: [{ name: 'gpu', max: '1', min: '2', value: { query: 'up' } }] })],
      [],
      'InvalidBound',
      'min: "2" must not be above max "1"',
    ],
    [
      'a bound for failures of errors',
      [ref({})],
      [
        template({
          metrics: [
            { name: 'gpu', max: '1%', failure: { max: '2' }, errors: { requests: 'r', failures: 'f' } },
          ],
        }),
      ],
      [],
      'InvalidBound',
      'only a value has a bound of its own for failures',
    ],
    [
      'a value without bounds',
      [ref({})],
      [template({ metrics: [{ name: 'gpu', value: { query: 'up' } }] })],
      [],
      'InvalidBound',
      'has no bound',
    ],
    [
      'drift with an absolute bound',
      [ref({})],
      [template({ metrics: [{ name: 'drift', max: '5%', drift: { counters: 'c', label: 'class' } }] })],
      [],
      'InvalidBound',
      'drift is only compared with stable',
    ],
    [
      'drift relative to stable',
      [ref({})],
      [
        template({
          metrics: [{ name: 'drift', maxIncrease: '5%', drift: { counters: 'c', label: 'class' } }],
        }),
      ],
      [],
      'InvalidBound',
      'must be in percentage points',
    ],
    [
      'a lowest share',
      [ref({})],
      [template({ metrics: [{ ...latency, min: '1' }] })],
      [],
      'InvalidBound',
      'only a value has a lowest number',
    ],
    [
      'only dry runs',
      [ref({})],
      [template({ metrics: [{ ...latency, dryRun: true }] })],
      [],
      'NothingCounts',
      'every metric is dryRun',
    ],
  ])('refuses %s', (_, refs, templates, bounds, reason, message) => {
    expect(resolveMetrics(refs, templates, bounds)).toEqual({
      problem: { reason, message: expect.stringContaining(message) },
    });
  });
});
