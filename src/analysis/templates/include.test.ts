import { describe, expect, it } from 'vitest';
import type { AnalysisTemplate } from '../../api/analysis/analysis-template.ts';
import { TemplateRef } from '../../api/analysis/template-ref.ts';
import { API_VERSION } from '../../api/meta.ts';
import { resolveMetrics } from './resolve.ts';

type Kind = AnalysisTemplate['kind'];

function template(name: string, spec: unknown, kind: Kind = 'ClusterAnalysisTemplate'): AnalysisTemplate {
  return { apiVersion: API_VERSION, kind, metadata: { name }, spec: spec as AnalysisTemplate['spec'] };
}

const metric = (name: string, query = `${name}_total{pod=~"{{pods}}"}`): object => ({
  name,
  max: '1%',
  errors: { requests: query, failures: query },
});

const ttft = (sum: string): object => ({
  name: 'ttft',
  maxIncrease: '3pp',
  latency: { buckets: 'b{{pods}}', explainedBy: [{ name: 'prompt length', sum, per: 'c{{pods}}' }] },
});

function resolve(
  ref: object,
  templates: readonly AnalysisTemplate[],
  fields: Readonly<Record<string, string>> = {},
) {
  const found = resolveMetrics([TemplateRef.parse(ref)], templates, [], (path) => fields[path]);
  if ('problem' in found) return found.problem;
  return found.metrics.map(({ name, errors, source }) => ({ name, query: errors?.requests, source }));
}

describe('a template that includes others', () => {
  const leaf = template('leaf', {
    args: [{ name: 'metric', value: 'm' }],
    metrics: [metric('errors', '{{args.metric}}{pod=~"{{pods}}"}')],
  });

  it('has their metrics beside its own, with its arguments handed on', () => {
    const both = template('both', {
      args: [{ name: 'prefix' }],
      metrics: [metric('own')],
      templates: [{ name: 'leaf', args: [{ name: 'metric', value: '{{args.prefix}}_total' }] }],
    });
    const ref = { name: 'both', args: [{ name: 'prefix', value: 'vllm' }] };
    expect(resolve(ref, [both, leaf])).toEqual([
      { name: 'own', query: 'own_total{pod=~"{{pods}}"}', source: undefined },
      { name: 'errors', query: 'vllm_total{pod=~"{{pods}}"}', source: undefined },
    ]);
  });

  it('gives what is wanted of it, from the source that is wanted', () => {
    const wide = template('wide', { metrics: [metric('a'), metric('b'), metric('c')] });
    const some = template('some', { templates: [{ name: 'wide', only: ['c', 'a'], source: 'pods' }] });
    expect(resolve({ name: 'some', only: ['c'] }, [some, wide])).toMatchObject([
      { name: 'c', source: 'pods' },
    ]);
    expect(resolve({ name: 'some', source: 'thanos' }, [some, wide])).toMatchObject([
      { name: 'a', source: 'thanos' },
      { name: 'c', source: 'thanos' },
    ]);
  });

  it('fills arguments in covariates, and names the one in which a variable is not known', () => {
    const args = [{ name: 'model', value: 'llama' }];
    const filled = resolveMetrics(
      [TemplateRef.parse({ name: 'a' })],
      [template('a', { args, metrics: [ttft('s{{pods}}{{args.model}}')] })],
      [],
    );
    const explainedBy = [{ name: 'prompt length', sum: 's{{pods}}llama', per: 'c{{pods}}' }];
    expect(filled).toMatchObject({ metrics: [{ latency: { explainedBy } }] });
    expect(resolve({ name: 'a' }, [template('a', { metrics: [ttft('s{{args.x}}')] })])).toMatchObject({
      reason: 'InvalidQuery',
      message: expect.stringContaining('prompt length: sum: the variable {{args.x}} is not known'),
    });
  });

  it.each([
    [
      'includes itself',
      [template('a', { templates: [{ name: 'b' }] }), template('b', { templates: [{ name: 'a' }] })],
      'TemplateCycle',
      'it includes itself: ClusterAnalysisTemplate a > ClusterAnalysisTemplate b > ClusterAnalysisTemplate a',
    ],
    [
      'is too deep',
      ['a', 'b', 'c', 'd'].map((name, index) => template(name, { templates: [{ name: 'bcde'[index] }] })),
      'TemplateTooDeep',
      'at most 3 deep',
    ],
    [
      'includes a missing template',
      [template('a', { templates: [{ name: 'gone' }] })],
      'TemplateNotFound',
      'spec.analysis.templates[0] (ClusterAnalysisTemplate a): spec.templates[0] (ClusterAnalysisTemplate gone): there is no such',
    ],
    [
      'includes one of a namespace though it is of none',
      [template('a', { templates: [{ kind: 'AnalysisTemplate', name: 'b' }] })],
      'InvalidTemplate',
      'cannot include an AnalysisTemplate',
    ],
    [
      'wants a metric that is not there',
      [template('a', { templates: [{ name: 'leaf', only: ['latency'] }] }), leaf],
      'UnknownMetric',
      'only: it has no metric latency; its metrics are errors',
    ],
    [
      'hands on an argument that it does not have',
      [
        template('a', { templates: [{ name: 'leaf', args: [{ name: 'metric', value: '{{args.x}}' }] }] }),
        leaf,
      ],
      'InvalidArgument',
      'the argument metric: the variable {{args.x}} is not known there',
    ],
    [
      'measures the same thing twice',
      [template('a', { metrics: [metric('errors')], templates: [{ name: 'leaf' }] }), leaf],
      'DuplicateMetric',
      'two metrics are named errors',
    ],
    ['measures nothing', [template('a', {})], 'InvalidTemplate', 'must have metrics or templates'],
  ])('is refused where it %s', (_, templates, reason, message) => {
    expect(resolve({ name: 'a' }, templates)).toMatchObject({
      reason,
      message: expect.stringContaining(message),
    });
  });
});

describe('an argument that is read from the Deployment', () => {
  const path = "spec.template.metadata.labels['model']";
  const asked = template('a', {
    args: [{ name: 'model', valueFrom: { fieldPath: path } }],
    metrics: [metric('errors', 'm{model="{{args.model}}",again=~"x-{{args.model}}-.*"}')],
  });

  it('is data: it ends no string, and in a pattern it stands for itself', () => {
    expect(resolve({ name: 'a' }, [asked], { [path]: 'a.b"}' })).toMatchObject([
      { query: String.raw`m{model="a.b\"}",again=~"x-a\\.b\"\\}-.*"}` },
    ]);
  });

  it('gives way to a value, and stays data when it is handed on', () => {
    const given = { name: 'a', args: [{ name: 'model', value: 'x|y' }] };
    expect(resolve(given, [asked])).toMatchObject([{ query: 'm{model="x|y",again=~"x-x|y-.*"}' }]);
    const outer = template('outer', {
      args: [{ name: 'm', valueFrom: { fieldPath: 'metadata.name' } }],
      templates: [{ name: 'a', args: [{ name: 'model', value: '{{args.m}}' }] }],
    });
    expect(resolve({ name: 'outer' }, [outer, asked], { 'metadata.name': 'r.1' })).toMatchObject([
      { query: String.raw`m{model="r.1",again=~"x-r\\.1-.*"}` },
    ]);
  });

  it('is never a Secret, which would be stored and logged with the query', () => {
    const valueFrom = { secretKeyRef: { name: 'prometheus', key: 'token' } };
    const wants = template('wants', { args: [{ name: 'token', valueFrom }], metrics: [metric('errors')] });
    expect(resolve({ name: 'wants' }, [wants])).toMatchObject({
      reason: 'InvalidTemplate',
      message: expect.stringContaining('Credentials belong to the source: --prometheus-bearer-token-file'),
    });
  });

  it('is asked for where the Deployment does not have it, or has too much of it', () => {
    expect(resolve({ name: 'a' }, [asked])).toMatchObject({
      reason: 'InvalidArgument',
      message: expect.stringContaining(`the argument model: the Deployment has no ${path}; set it there`),
    });
    expect(resolve({ name: 'a' }, [asked], { [path]: 'x'.repeat(1_025) })).toMatchObject({
      message: expect.stringContaining('is longer than 1024 characters'),
    });
  });
});

describe('arguments in what is sent outside', () => {
  const args = [{ name: 'dataset', value: 's3://data/"v1"' }];
  const container = { name: 'eval', image: 'eval:1', args: ['--data={{args.dataset}}', '{{ .Values.x }}'] };
  const webhook = {
    url: 'https://judge.example/v1',
    secret: { key: 'judge' },
    parameters: [{ name: 'data', value: '{{args.dataset}}' }],
  };

  it('are filled in, and stay data', () => {
    const metrics = [
      { name: 'job', job: { template: { spec: { containers: [container] } } } },
      { name: 'webhook', webhook },
    ];
    const found = resolveMetrics(
      [TemplateRef.parse({ name: 'own' })],
      [template('own', { args, metrics })],
      [],
    );
    expect(found).toMatchObject({
      metrics: [
        {
          job: {
            at: 'step',
            template: {
              spec: { containers: [{ args: ['--data=s3://data/"v1"', '{{ .Values.x }}'] }] },
            },
          },
        },
        { webhook: { timeout: '5s', parameters: [{ name: 'data', value: 's3://data/"v1"' }] } },
      ],
    });
  });

  it.each<[object, string]>([
    [
      {
        name: 'job',
        job: { template: { spec: { containers: [{ ...container, args: ['{{args.set}}'] }] } } },
      },
      'metric job: job.template: the variable {{args.set}} is not known; known are args.dataset',
    ],
    [
      { name: 'hook', webhook: { ...webhook, parameters: [{ name: 'x', value: '{{args.set}}' }] } },
      'metric hook: webhook.parameters: the variable {{args.set}} is not known',
    ],
    [{ name: 'hook', webhook: { ...webhook, url: 'file:///etc/passwd' } }, 'must be a URL'],
    [{ name: 'hook', webhook: { ...webhook, url: 'http://user:word@judge.example' } }, 'must be a URL'],
    [{ name: 'hook', webhook: { ...webhook, timeout: '31s' } }, 'must be from 1s to 30s'],
    [{ name: 'hook', max: 'high', webhook }, 'max: "high" must be a number'],
    [
      { name: 'job', max: '1', job: { template: { spec: { containers: [container] } } } },
      'has its bounds in job',
    ],
    [{ name: 'job', job: { template: { spec: {} } } }, 'spec.containers must have a container'],
  ])('%j', (wrong, message) => {
    const found = resolve({ name: 'own' }, [template('own', { args, metrics: [wrong] })]);
    expect(found).toMatchObject({ message: expect.stringContaining(message) });
  });
});
