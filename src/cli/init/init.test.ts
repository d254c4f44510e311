import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { LIBRARY_TEMPLATES, recordedPage } from '../../../test/fixtures/exposition/recorded.ts';
import type { Sample } from '../../analysis/evidence/sample.ts';
import { type AnalysisTemplate, AnalysisTemplateSpec } from '../../api/analysis/analysis-template.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { RouteObjects } from '../../traffic/context.ts';
import { istioRouter } from '../../traffic/istio/istio.ts';
import { serviceRouter } from '../../traffic/service/service.ts';
import { CliError } from '../cli-error.ts';
import { chooseService, chooseTemplates, chooseTraffic, plainLines } from '../commands/prepare/init.ts';
import { readDocuments } from '../validation/documents.ts';
import { validate } from '../validation/validate.ts';
import { findTemplates, fitLines, servingSet } from './find-metrics.ts';
import { findTraffic } from './find-traffic.ts';
import { rolloutText } from './write-rollout.ts';

const text = await readFile(new URL('../../../manifests/examples/workload.yaml', import.meta.url), 'utf8');
const workload = parseAllDocuments(text).map((document) => document.toJS() as KubeObject);
const of = (kind: string): KubeObject[] => workload.filter((one) => one.kind === kind);
const deployment = of('Deployment')[0] as KubeObject;
const objects = (virtualServices: readonly KubeObject[] = of('VirtualService')) => ({
  namespace: 'models',
  kinds: { Service: of('Service'), VirtualService: virtualServices },
});
const BOUND = { metric: 'latency', proposed: '100ms', others: ['50ms', '500ms'] };
const find = (given: RouteObjects) => findTraffic(istioRouter, deployment, given);
const virtualService = (name: string, http: readonly object[]): KubeObject => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name },
  spec: { hosts: ['x'], http },
});
const to = (host: string, name?: string): object => ({
  ...(name && { name }),
  route: [{ destination: { host } }],
});

function told(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof CliError) return [error.message, ...error.next].join(' / ');
    throw error;
  }
  return 'nothing';
}

describe('the traffic of a Deployment', () => {
  it('is found', () => {
    expect(chooseTraffic(find(objects()), undefined)).toEqual({
      router: 'istio',
      kind: 'VirtualService',
      name: 'sentiment',
      service: 'sentiment',
      spec: { virtualService: 'sentiment' },
    });
  });

  it('of several routes are those that have names', () => {
    const several = virtualService('api', [
      to('sentiment', 'predict'),
      to('other', 'rest'),
      to('sentiment', 'batch'),
    ]);
    expect(find(objects([several])).found).toMatchObject([
      { service: 'sentiment', spec: { virtualService: 'api', routes: ['predict', 'batch'] } },
    ]);
  });

  it('is asked for if several fit, and the reason is shown if none does', () => {
    const [a, b] = [virtualService('a', [to('sentiment')]), virtualService('b', [to('sentiment')])];
    const both = find(objects([a, b]));
    expect(told(() => chooseTraffic(both, undefined))).toContain('--route a or b');
    expect(chooseTraffic(both, 'b').name).toBe('b');
    const none = find(objects([virtualService('c', [to('other')])]));
    expect(told(() => chooseTraffic(none, undefined))).toContain('VirtualService c: ');
    expect(told(() => chooseTraffic(find(objects([])), undefined))).toContain('create one whose');
  });
});

const plain = (services: readonly KubeObject[]) =>
  findTraffic(serviceRouter, deployment, { namespace: 'models', kinds: { Service: services } }).found;
const [service] = of('Service') as [KubeObject];
const named = (name: string): KubeObject => ({ ...service, metadata: { ...service.metadata, name } });

describe('a Deployment that nothing routes to', () => {
  it('is offered its plain Service, by name only where there are several', () => {
    expect(chooseService(plain([service]), 'sentiment')).toMatchObject({ router: 'service', spec: {} });
    const several = plain([named('a'), named('sentiment')]);
    expect(chooseService(several, 'sentiment').spec).toEqual({ name: 'sentiment' });
    expect(told(() => chooseService(several, 'other'))).toContain('for one of a, sentiment');
  });

  it('has a Rollout that is valid beside the workload', () => {
    const traffic = chooseService(plain([service]), 'sentiment');
    const templates = [{ kind: 'ClusterAnalysisTemplate' as const, name: 'http-generic' }];
    const written = rolloutText({ namespace: 'models', deployment: 'sentiment', traffic, templates });
    expect(parse(written)).toMatchObject({ spec: { traffic: { service: {} } } });
  });

  it('gets the reason', () => {
    const none = find(objects([virtualService('c', [to('other')])]));
    expect(plainLines(none)).toEqual([
      expect.stringContaining('the share of a new version will be that of its pods'),
      expect.stringContaining('VirtualService c: '),
    ]);
  });
});

const template: AnalysisTemplate = {
  apiVersion: 'sluice.dev/v1alpha1',
  kind: 'ClusterAnalysisTemplate',
  metadata: { name: 'http' },
  spec: AnalysisTemplateSpec.parse({
    metrics: [
      {
        name: 'errors',
        max: '1%',
        errors: { requests: 'r{pod=~"{{pods}}"}', failures: 'f{pod=~"{{pods}}"}' },
      },
    ],
  }),
};
const serving = {
  namespace: 'models',
  workload: 'sentiment',
  service: 'sentiment',
  replicaSet: 'sentiment-1',
  hash: '1',
};

const set = (name: string, revision: string, readyReplicas: number): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: {
    name,
    annotations: { 'deployment.kubernetes.io/revision': revision },
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'Deployment', name: 'sentiment', uid: 'u', controller: true },
    ],
  },
  spec: { replicas: 1, template: { metadata: { labels: { 'pod-template-hash': name } }, spec: {} } },
  status: { readyReplicas },
});

describe('the templates', () => {
  const vector: Sample = { kind: 'vector', series: [{ labels: { __name__: 'r_total', le: '1' }, value: 7 }] };

  it('fit where Prometheus has the series of the pods that serve', async () => {
    const asked: string[] = [];
    const fits = await findTemplates([template], serving, (promql) => {
      asked.push(promql);
      return Promise.resolve(vector);
    });
    expect(fits).toEqual([{ kind: 'ClusterAnalysisTemplate', name: 'http', problem: null }]);
    expect(asked).toContain('r{pod=~"sentiment-1-[a-z0-9]{5}"}');
  });

  it('that do not are written with the reason', async () => {
    const fits = await findTemplates([template], serving, () =>
      Promise.resolve({ kind: 'noData', message: 'x' }),
    );
    const { templates, remark } = chooseTemplates(fits, undefined);
    expect(templates).toEqual([{ kind: 'ClusterAnalysisTemplate', name: 'http-generic' }]);
    expect(remark).toBe('NOT READY: Prometheus has the series of no template');
    expect(chooseTemplates(fits, 'http').remark).toContain(
      'NOT READY: metric errors: requests has no series',
    );
  });

  it('that cannot be queried are reported once, with what they have in common', async () => {
    const many = Array.from({ length: 16 }, (_, at) => ({
      ...template,
      metadata: { ...template.metadata, name: `t${at}` },
    }));
    const fits = await findTemplates(many, serving, () =>
      Promise.resolve({ kind: 'providerError', message: 'Prometheus answers HTTP 503' }),
    );
    expect(fitLines(fits)).toEqual(['templates t0, t1, t2, t3 and 12 more: Prometheus answers HTTP 503']);
    expect(chooseTemplates(fits, 't3').remark).toContain('NOT READY: metric');
  });

  it('that count no requests do not fit by themselves', async () => {
    const metrics = [{ name: 'memory', max: '0.9', value: { query: 'max(m)' } }];
    const beside = { ...template, spec: AnalysisTemplateSpec.parse({ metrics }) };
    const fits = await findTemplates([beside], serving, () => Promise.resolve(vector));
    expect(fits[0]?.problem).toContain('counts no requests');
  });

  // By the library and the pages of running servers.
  it.each<[page: string, name: string, edges: string[]]>([
    ['bentoml-1.4.40', 'bentoml', ['500ms']],
    ['express-prom-bundle-8.0.0', 'http-node', ['1500ms']],
    ['express-prom-bundle-8.0.0-defaults', 'http-node', ['1500ms']],
    ['fastapi-instrumentator-8.1.0', 'http-generic', ['500ms']],
    ['fastify-metrics-13.2.1', 'http-node', ['500ms']],
    ['flask-exporter-0.23.2', 'http-flask', ['500ms']],
    ['go-promhttp-client_golang-1.25.0', 'http-go', ['500ms']],
    ['kserve-0.21.0', 'kserve', ['500ms']],
    ['litellm-1.108.7', 'litellm', ['500ms']],
    ['mlserver-1.7.1-no-workers', 'mlserver', ['500ms']],
    ['ray-serve-2.60.0', 'ray-serve', ['500ms']],
    ['starlette-exporter-0.24.0', 'http-starlette', ['500ms']],
    ['torchserve-0.12.0', 'torchserve', []],
    ['triton-2.51.0', 'triton', []],
    ['vllm-0.32.0-cpu', 'vllm', ['800ms', '60ms', '10ms']],
  ])('of %s are found by its series: %s', async (page, name, edges) => {
    const ask = recordedPage(page);
    const pods = { ...serving, namespace: 'ml', workload: 'ranker', replicaSet: 'ranker-abc', hash: 'abc' };
    const fits = await findTemplates(LIBRARY_TEMPLATES, pods, (promql) => Promise.resolve(ask(promql)));
    expect(chooseTemplates(fits, undefined)).toMatchObject({ templates: [{ name }] });
    expect(fits.find((fit) => fit.name === name)?.bounds?.map((bound) => bound.proposed) ?? []).toEqual(
      edges,
    );
    const fitting = fits.filter(({ problem }) => problem === null).map((fit) => fit.name);
    expect(fitting.filter((one) => one !== name && one !== 'http-generic')).toEqual([]);
  });

  it('are asked about the newest ReplicaSet that is ready', () => {
    const owner = { ...deployment, metadata: { ...deployment.metadata, uid: 'u' } };
    const found = servingSet(owner, [set('a', '9', 1), set('b', '10', 1), set('c', '11', 0)]);
    expect(found).toEqual({ replicaSet: 'b', hash: 'b' });
    expect(servingSet(owner, [])).toBeNull();
  });
});

describe('the Rollout', () => {
  it('that is written is valid for the workload', () => {
    const found = {
      namespace: 'default',
      deployment: 'sentiment',
      traffic: {
        router: 'istio',
        kind: 'VirtualService',
        name: 'sentiment',
        service: 'sentiment',
        spec: { virtualService: 'sentiment', routes: ['predict'] },
      },
      templates: [{ kind: 'ClusterAnalysisTemplate', name: 'http-generic', bounds: [BOUND] } as const],
      remark: 'Prometheus has all series for it.',
    };
    const written = rolloutText(found);
    expect(written).toContain(
      '#   - {name: latency, max: 100ms}  # the least edge that stable keeps to; beside it 50ms, 500ms',
    );
    expect(parse(written)).toMatchObject({ spec: { traffic: { istio: { routes: ['predict'] } } } });
    const { sources } = readDocuments('all.yaml', `${text}\n---\n${written}`);
    const { findings } = validate(sources, { namespace: 'default', analysisTemplate: 'http-generic' });
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});
