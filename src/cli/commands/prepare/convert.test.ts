import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../../api/meta.ts';
import { run } from '../../run.ts';

const RATIO =
  'sum(irate(istio_requests_total{destination_service=~"{{args.service}}",response_code!~"5.*"}[5m])) / sum(irate(istio_requests_total{destination_service=~"{{args.service}}"}[5m]))';

const ARGO = `
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata:
  name: ranker
  namespace: shop
  annotations:
    notifications.argoproj.io/subscribe.on-rollout-aborted.slack: ml-releases
spec:
  replicas: 4
  progressDeadlineSeconds: 900
  selector: {matchLabels: {app: ranker}}
  template:
    metadata: {labels: {app: ranker}}
    spec: {containers: [{name: server, image: "registry/ranker:v1"}]}
  strategy:
    canary:
      canaryService: ranker-canary
      stableService: ranker
      maxSurge: 1
      maxUnavailable: 0
      trafficRouting:
        istio: {virtualService: {name: ranker, routes: [predict]}}
      analysis:
        templates: [{templateName: success}, {templateName: smoke}]
        args: [{name: service, value: ranker-canary.shop.svc.cluster.local}]
      steps:
        - setHeaderRoute: {name: testers, match: [{headerName: x-tester, headerValue: {exact: "yes"}}]}
        - pause: {duration: 10m}
        - setWeight: 20
        - pause: {}
        - setWeight: 60
        - pause: {duration: 90}
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: success, namespace: shop}
spec:
  args: [{name: service}]
  metrics:
    - name: success
      interval: 1m
      failureLimit: 2
      successCondition: result[0] >= 0.95
      provider: {prometheus: {address: "http://prometheus:9090", query: '${RATIO}'}}
    - name: queue
      interval: 30s
      successCondition: result[0] <= 20
      failureCondition: result[0] > 50
      provider:
        prometheus: {query: 'max(queue_length{service="{{args.service}}"})'}
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: smoke, namespace: shop}
spec:
  metrics:
    - name: smoke
      provider:
        job:
          spec:
            backoffLimit: 1
            template: {spec: {restartPolicy: Never, containers: [{name: smoke, image: "registry/smoke:1"}]}}
`;
const ODD = ARGO.replace(
  'maxSurge: 1',
  'sparkle: 1\n      antiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {}}',
);

let folder = '';
const streams = { out: [] as string[], err: [] as string[] };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-convert-'));
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => streams.out.push(String(text)) > 0);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => streams.err.push(String(text)) > 0);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});
afterEach(() => {
  process.exitCode = undefined;
});

interface Said {
  readonly out: string;
  readonly err: string;
  readonly code: number;
}

async function said(text: string, ...flags: readonly string[]): Promise<Said> {
  streams.out.length = 0;
  streams.err.length = 0;
  const file = join(folder, 'objects.yaml');
  await writeFile(file, text);
  await run(['convert', file, ...flags], 'sluice');
  return { out: streams.out.join(''), err: streams.err.join(''), code: Number(process.exitCode ?? 0) };
}

describe('sluice convert', () => {
  it('writes a Deployment, a Rollout and templates for a canary of Argo Rollouts', async () => {
    const { out, err, code } = await said(ARGO);
    const [deployment, rollout, success, smoke] = parseAllDocuments(out).map(
      (one) => one.toJS() as KubeObject,
    );
    expect(deployment).toMatchObject({
      kind: 'Deployment',
      metadata: { name: 'ranker', namespace: 'shop' },
      spec: { replicas: 4, strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } },
    });
    expect(rollout?.['spec']).toEqual({
      target: { kind: 'Deployment', name: 'ranker' },
      traffic: { istio: { virtualService: 'ranker', routes: ['predict'], service: 'ranker' } },
      steps: [
        { match: [{ headers: { 'x-tester': { exact: 'yes' } } }], bake: '10m' },
        { weight: 20 },
        { weight: 60, bake: '90s' },
      ],
      analysis: {
        templates: [
          { kind: 'AnalysisTemplate', name: 'success' },
          { kind: 'AnalysisTemplate', name: 'smoke' },
        ],
      },
      approval: { at: ['60'] },
      notifications: [{ name: 'slack-1', severity: 'critical', slack: { channel: '#ml-releases' } }],
      deadlines: { start: '15m' },
    });
    const own = 'istio_requests_total{reporter="destination",namespace="{{namespace}}",pod=~"{{pods}}"';
    expect(success?.['spec']).toEqual({
      metrics: [
        {
          name: 'success',
          max: '5%',
          errors: { requests: `${own}}`, failures: `${own},response_code=~"5.*"}` },
        },
        {
          name: 'queue',
          max: '20',
          failure: { max: '50' },
          value: { query: 'max(queue_length{namespace="{{namespace}}",pod=~"{{pods}}"})', interval: '30s' },
        },
      ],
    });
    expect(smoke?.['spec']).toMatchObject({
      metrics: [{ name: 'smoke', job: { at: 'step', backoffLimit: 1 } }],
    });
    expect(out).toContain('# From Rollout shop/ranker of Argo Rollouts.');
    expect(err).toContain('0 refused');
    expect(code).toBe(0);
  });

  it('names what it refuses and what it does not know, and says so with its exit code', async () => {
    const { err, code } = await said(ODD);
    expect(code).toBe(1);
    expect(err).toMatch(/refused +spec\.strategy\.canary\.antiAffinity: write podAntiAffinity/);
    expect(err).toMatch(/unknown +spec\.strategy\.canary\.sparkle: is not known to sluice convert/);
  });

  it('reports every field for programs', async () => {
    const { out, code } = await said(ODD, '-o', 'json');
    const { objects, counts } = JSON.parse(out);
    expect(code).toBe(1);
    expect(counts).toMatchObject({ refused: 1, unknown: 1 });
    expect(objects[0].rows).toContainEqual({
      field: 'spec.strategy.canary.steps[2].setWeight',
      outcome: 'mapped',
      values: 1,
      to: 'spec.steps[1].weight',
    });
    expect(objects[0].documents[0].kind).toBe('Deployment');
    expect(parse(out)).toEqual(JSON.parse(out));
  });

  it.each([
    ['kind: [', 1, 'is no valid YAML'],
    [
      'apiVersion: v1\nkind: Service\nmetadata: {name: x}',
      1,
      'there is no object of Argo Rollouts or Flagger',
    ],
    ['apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {}', 1, 'has no metadata.name'],
    [
      'apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: x}\nspec: 5',
      1,
      'spec: must be a map',
    ],
    [
      'apiVersion: argoproj.io/v1alpha1\nkind: Experiment\nmetadata: {name: x}\nspec: {}',
      1,
      'an Experiment has no counterpart',
    ],
  ])('explains bad input: %s', async (text, code, message) => {
    const answer = await said(text);
    expect(answer.code).toBe(code);
    expect(answer.err).toContain(message);
  });

  it('reads a list as kubectl writes it, and shows text that would control a terminal as escapes', async () => {
    const hostile = 'x\u001b[31m\u202e\nFORGED';
    const rollout = parseAllDocuments(ARGO)[0]?.toJS() as KubeObject;
    const sparkle = { [hostile]: hostile };
    const item = {
      ...rollout,
      metadata: { ...rollout.metadata, annotations: sparkle, resourceVersion: '7' },
      odd: sparkle,
    };
    for (const flags of [[], ['-o', 'json'], ['-o', 'yaml']]) {
      // oxlint-disable-next-line no-await-in-loop -- one command line at a time
      const { out, err } = await said(
        JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [item] }),
        ...flags,
      );
      expect(out).toContain('ranker');
      for (const character of ['\u001b', '\u202e']) expect(out + err).not.toContain(character);
      expect((out + err).split('\n').filter((line) => line.startsWith('FORGED'))).toEqual([]);
    }
  });

  it('needs a kind with --route', async () => {
    const { code, err } = await said(ARGO, '--route', 'ranker');
    expect(code).toBe(2);
    expect(err).toContain('must be KIND/NAME');
  });
});

const FLAGGER = `
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: {name: ranker, namespace: shop}
spec:
  provider: istio
  targetRef: {apiVersion: apps/v1, kind: Deployment, name: ranker}
  progressDeadlineSeconds: 600
  service:
    port: 80
    targetPort: 8080
    gateways: [public/gateway]
    hosts: [ranker.example.com]
    retries: {attempts: 3, perTryTimeout: 1s}
  analysis:
    interval: 1m
    threshold: 5
    maxWeight: 50
    stepWeight: 20
    metrics:
      - {name: request-success-rate, thresholdRange: {min: 99}, interval: 1m}
      - {name: request-duration, thresholdRange: {max: 500}, interval: 30s}
      - {name: not-found, templateRef: {name: not-found}, thresholdRange: {max: 5}, interval: 1m}
      - {name: queue, templateRef: {name: queue}, templateVariables: {kind: in}, thresholdRange: {max: 10}}
    webhooks:
      - {name: ask, type: confirm-promotion, url: "http://gate.shop/approve"}
      - {name: load, url: "http://loadtester.shop/"}
    alerts:
      - {name: team, severity: warn, providerRef: {name: slack}}
---
apiVersion: flagger.app/v1beta1
kind: MetricTemplate
metadata: {name: not-found, namespace: shop}
spec:
  provider: {type: prometheus, address: "http://prometheus:9090"}
  query: |
    100 - sum(rate(istio_requests_total{reporter="destination",destination_workload="{{ target }}",response_code!="404"}[{{ interval }}]))
    / sum(rate(istio_requests_total{reporter="destination",destination_workload="{{ target }}"}[{{ interval }}])) * 100
---
apiVersion: flagger.app/v1beta1
kind: MetricTemplate
metadata: {name: queue, namespace: shop}
spec:
  provider: {type: prometheus}
  query: max(queue_length{kubernetes_pod_name=~"{{ target }}-[0-9a-z-]+",kind="{{ variables.kind }}"})
---
apiVersion: flagger.app/v1beta1
kind: AlertProvider
metadata: {name: slack, namespace: shop}
spec: {type: slack, channel: ml-releases}
`;

describe('sluice convert with a Canary of Flagger', () => {
  it('writes Service, routes, template and Rollout, and refuses the load test by name', async () => {
    const { out, err, code } = await said(FLAGGER);
    const [service, routes, template, rollout] = parseAllDocuments(out).map(
      (one) => one.toJS() as KubeObject,
    );
    expect(service?.['spec']).toEqual({
      selector: { app: 'ranker' },
      ports: [{ name: 'http', port: 80, targetPort: 8080 }],
    });
    expect(routes?.['spec']).toEqual({
      hosts: ['ranker.example.com', 'ranker'],
      gateways: ['public/gateway'],
      http: [{ retries: { attempts: 3, perTryTimeout: '1s' }, route: [{ destination: { host: 'ranker' } }] }],
    });
    const pods = 'namespace="{{namespace}}",pod=~"{{pods}}"';
    const all = `istio_requests_total{reporter="destination",${pods}`;
    const seconds = `istio_request_duration_milliseconds_bucket{reporter="destination",${pods}}`;
    expect(template?.['spec']).toEqual({
      metrics: [
        {
          name: 'request-success-rate',
          max: '1%',
          errors: { requests: `${all}}`, failures: `${all},response_code=~"5.."}` },
        },
        {
          name: 'request-duration',
          max: '500ms',
          latency: { buckets: seconds, unit: 'ms', quantile: '99%' },
        },
        {
          name: 'not-found',
          max: '5%',
          errors: { requests: `${all}}`, failures: `${all},response_code="404"}` },
        },
        {
          name: 'queue',
          max: '10',
          value: {
            query: 'max(queue_length{kind="in",namespace="{{namespace}}",kubernetes_pod_name=~"{{pods}}"})',
            failureLimit: 4,
          },
        },
      ],
    });
    expect(rollout?.['spec']).toEqual({
      target: { kind: 'Deployment', name: 'ranker' },
      traffic: { istio: { virtualService: 'ranker', service: 'ranker' } },
      steps: [
        { weight: 20, bake: '1m' },
        { weight: 40, bake: '1m' },
        { weight: 50, bake: '1m' },
      ],
      analysis: { templates: [{ kind: 'AnalysisTemplate', name: 'ranker' }] },
      approval: { at: ['promotion'] },
      notifications: [{ name: 'alert-1', severity: 'warning', slack: { channel: '#ml-releases' } }],
      deadlines: { start: '10m' },
    });
    expect(err).toMatch(/refused +spec\.analysis\.webhooks\[1\]: no load test is needed/);
    expect(code).toBe(1);
  });

  it.each([
    [
      'a match of a cookie',
      'match: [{headers: {cookie: {regex: "^(.*?;)?(beta=1)(;.*)?$"}}}], iterations: 10',
      { steps: [{ match: [{ cookies: { beta: { exact: '1' } } }], bake: '10m' }] },
    ],
    [
      'copies first',
      'mirror: true, mirrorWeight: 20, stepWeights: [5, 50]',
      {
        steps: [
          { mirror: 20, bake: '1m' },
          { weight: 5, bake: '1m' },
          { weight: 50, bake: '1m' },
        ],
      },
    ],
    ['all traffic in one step', 'iterations: 5', { blueGreen: { scaleDownDelay: '5m' } }],
    [
      'more steps than a Rollout has',
      'stepWeight: 2, maxWeight: 50',
      { steps: expect.objectContaining({ length: 13 }) },
    ],
  ])('has a pace for %s', async (_, analysis, spec) => {
    const { out } = await said(`
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: {name: ranker}
spec:
  targetRef: {apiVersion: apps/v1, kind: Deployment, name: ranker}
  analysis: {interval: 1m, ${analysis}}
`);
    expect(parseAllDocuments(out).at(-1)?.toJS()).toMatchObject({ spec });
  });
});
