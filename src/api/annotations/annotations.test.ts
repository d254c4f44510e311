import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ROUTERS } from '../../traffic/registry.ts';
import { rolloutFromAnnotations } from './annotations.ts';
import { annotationKinds } from './kinds.ts';

const DEFAULTS = { analysisTemplate: 'http-generic', routers: ROUTERS };
const ANNOTATIONS = annotationKinds(ROUTERS);

/** Reads the annotations, given without their prefix, of a Deployment named `ranker`. */
function read(annotations: Record<string, string>) {
  const prefixed = Object.entries(annotations).map(([key, value]) => [`sluice.dev/${key}`, value]);
  return rolloutFromAnnotations(
    { metadata: { name: 'ranker', annotations: Object.fromEntries(prefixed) } },
    DEFAULTS,
  );
}

const specOf = (annotations: Record<string, string>) => {
  const reading = read({ rollout: 'true', ...annotations });
  if (!('spec' in reading)) throw new Error(JSON.stringify(reading));
  return reading.spec;
};

describe('opting in', () => {
  it('takes one annotation', () => {
    expect(specOf({})).toMatchObject({
      target: { kind: 'Deployment', name: 'ranker' },
      steps: [{ weight: 10 }, { weight: 25 }, { weight: 50 }],
      traffic: { istio: { virtualService: 'ranker' } },
      analysis: { templates: [{ kind: 'ClusterAnalysisTemplate', name: 'http-generic' }], interval: '10s' },
      deadlines: { start: '15m', step: '1h', promotion: '1h', drain: '5m' },
      onAbort: 'hold',
    });
  });

  it.each([
    ['no annotations at all', {}],
    ['settings without the opt-in', { steps: 'nonsense' }],
    ['off, whatever else is said', { rollout: 'off', steps: 'nonsense', typo: 'x' }],
  ])('is not done by %s', (_case, annotations) => {
    expect(read(annotations)).toEqual({ optedIn: false });
  });

  it('reads a Deployment without annotations', () => {
    expect(rolloutFromAnnotations({ metadata: { name: 'ranker' } }, DEFAULTS)).toEqual({ optedIn: false });
  });

  it('takes no notice of bookkeeping and of the annotations of others', () => {
    const annotations = {
      'sluice.dev/rollout': 'true',
      'sluice.dev/gate': 'ranker',
      'sluice.dev/hold': 'newer-template',
      'sluice.dev/retry': '1',
      'deployment.kubernetes.io/revision': '7',
    };
    expect(rolloutFromAnnotations({ metadata: { name: 'ranker', annotations } }, DEFAULTS)).toHaveProperty(
      'spec',
    );
  });
});

describe('settings', () => {
  it.each<[Record<string, string>, object]>([
    [{ steps: '5, 20,100' }, { steps: [{ weight: 5 }, { weight: 20 }, { weight: 100 }] }],
    [{ steps: '10%,50%' }, { steps: [{ weight: 10 }, { weight: 50 }] }],
    [{ steps: '10', bake: '2m' }, { steps: [{ weight: 10, bake: '2m' }] }],
    [
      { bake: '90s' },
      {
        steps: [
          { weight: 10, bake: '90s' },
          { weight: 25, bake: '90s' },
          { weight: 50, bake: '90s' },
        ],
      },
    ],
    [
      { steps: 'auto', bake: '1m', 'max-bake': '5m', 'on-inconclusive': 'abort' },
      {
        autoSteps: { min: 10, max: 50, bake: '1m' },
        analysis: { maxBake: '5m', onInconclusive: 'abort' },
      },
    ],
    [{ 'virtual-service': 'edge' }, { traffic: { istio: { virtualService: 'edge' } } }],
    [{ unsplit: 'refuse' }, { traffic: { istio: { unsplit: 'refuse' } } }],
    [{ service: 'ranker-http' }, { traffic: { istio: { service: 'ranker-http' } } }],
    [{ routes: 'predict, batch' }, { traffic: { istio: { routes: ['predict', 'batch'] } } }],
    [{ router: 'service' }, { traffic: { service: {} } }],
    [{ router: 'service/ranker' }, { traffic: { service: { name: 'ranker' } } }],
    [{ 'rolling-update': 'true', bake: '1m', approval: 'promotion' }, { rollingUpdate: { bake: '1m' } }],
    [{ analysis: 'vllm' }, { analysis: { templates: [{ kind: 'ClusterAnalysisTemplate', name: 'vllm' }] } }],
    [
      { analysis: 'AnalysisTemplate/own,ClusterAnalysisTemplate/vllm' },
      {
        analysis: {
          templates: [
            { kind: 'AnalysisTemplate', name: 'own' },
            { kind: 'ClusterAnalysisTemplate', name: 'vllm' },
          ],
        },
      },
    ],
    [
      { 'analysis-args': 'path=/predict,query=a=b' },
      {
        analysis: {
          templates: [
            {
              args: [
                { name: 'path', value: '/predict' },
                { name: 'query', value: 'a=b' },
              ],
            },
          ],
        },
      },
    ],
    [
      { 'max-restarts': '0', 'not-ready': '1m', 'unhealthy-grace': '5s' },
      { health: { maxRestarts: 0, maxEvictions: 0, notReady: '1m' }, unhealthyGrace: '5s' },
    ],
    [{ 'max-evictions': '2' }, { health: { maxRestarts: 1, maxEvictions: 2, notReady: '30s' } }],
    [
      { 'canary-replicas': '1', 'canary-mode': 'borrow', 'canary-budget': 'nvidia.com/gpu=2, memory=64Gi' },
      {
        canary: {
          replicas: 1,
          mode: 'borrow',
          budget: [
            { resource: 'nvidia.com/gpu', max: '2' },
            { resource: 'memory', max: '64Gi' },
          ],
        },
      },
    ],
    [
      {
        'warm-up-path': '/v1/predict',
        'warm-up-method': 'GET',
        'warm-up-port': '8081',
        'warm-up-requests': '5',
        'warm-up-concurrency': '2',
        'warm-up-timeout': '3s',
      },
      {
        canary: {
          mode: 'surge',
          warmUp: {
            path: '/v1/predict',
            method: 'GET',
            port: 8081,
            requests: 5,
            concurrency: 2,
            timeout: '3s',
          },
        },
      },
    ],
    [{ 'warm-up-body': '{"a": 1}' }, { canary: { warmUp: { body: '{"a": 1}', method: 'POST' } } }],
    [
      { 'warm-up-body-from': 'predict.json' },
      { canary: { warmUp: { bodyFrom: { configMap: 'sluice-warm-up', key: 'predict.json' } } } },
    ],
    [
      { 'warm-up-body-from': 'golden/predict.json' },
      { canary: { warmUp: { bodyFrom: { configMap: 'golden', key: 'predict.json' } } } },
    ],
    [{ 'connect-weight': '2' }, { canary: { mode: 'surge', connect: { weight: 2, for: '10s' } } }],
    [{ 'connect-for': '1m' }, { canary: { connect: { weight: 1, for: '1m' } } }],
    [
      { 'connect-weight': '9', 'connect-for': '5s', steps: 'auto' },
      { canary: { connect: { weight: 9, for: '5s' } } },
    ],
    [{ 'rollback-window': '3' }, { rollbackWindow: { revisions: 3 } }],
    [
      {
        mirror: '20%',
        match: 'header:X-Tester=yes, cookie:beta=1',
        steps: '50',
        bake: '1m',
        sticky: 'sv',
        approval: 'mirror,match',
      },
      {
        steps: [
          { mirror: 20, bake: '1m' },
          {
            match: [{ headers: { 'X-Tester': { exact: 'yes' } } }, { cookies: { beta: { exact: '1' } } }],
            bake: '1m',
          },
          { weight: 50, bake: '1m' },
        ],
        sticky: { cookie: 'sv' },
        approval: { at: ['mirror', 'match'] },
      },
    ],
    [
      { match: 'header:x-region=eu=1, host:preview.example.com', steps: 'blue-green' },
      {
        blueGreen: {
          preview: {
            match: [{ headers: { 'x-region': { exact: 'eu=1' } } }, { host: 'preview.example.com' }],
          },
        },
      },
    ],
    [{ 'ab-test': '50%, 30m', approval: '50' }, { abTest: { weight: 50, for: '30m', decide: 'verdict' } }],
    [
      { 'ab-test': '30m', match: 'cookie:group=b', approval: 'match', sticky: 'true' },
      {
        abTest: { match: [{ cookies: { group: { exact: 'b' } } }], for: '30m' },
        sticky: { cookie: 'sluice-version', maxAge: '24h' },
      },
    ],
    [{ 'max-p95': '300ms' }, { analysis: { bounds: [{ name: 'latency', max: '300ms' }] } }],
    [{ 'max-error-rate': '0.5%' }, { analysis: { bounds: [{ name: 'errors', max: '0.5%' }] } }],
    [
      { 'max-error-rate': '1%', 'max-error-rate-increase': '1pp', 'max-p95-increase': '20%' },
      {
        analysis: {
          bounds: [
            { name: 'errors', max: '1%', maxIncrease: '1pp' },
            { name: 'latency', maxIncrease: '20%' },
          ],
        },
      },
    ],
    [
      { interval: '30s', warmup: '1m', 'min-requests': '500', 'min-windows': '5', 'on-timeout': 'abort' },
      { analysis: { interval: '30s', warmup: '1m', minRequests: 500, minWindows: 5, onTimeout: 'abort' } },
    ],
    [
      {
        approval: '50',
        'approval-from':
          'alice,user:system:serviceaccount:argocd:argocd,group:ml-leads,slack:U0123456789,slack-group:S0123456789',
        'approval-slack': '#ml',
        'approval-quorum': '2',
        'approval-timeout': '2h',
        'approval-on-timeout': 'abort',
        notify: 'C0123456789',
      },
      {
        approval: {
          at: ['50'],
          quorum: 2,
          timeout: '2h',
          onTimeout: 'abort',
          slack: { channel: '#ml' },
          from: {
            users: ['alice', 'system:serviceaccount:argocd:argocd'],
            groups: ['ml-leads'],
            slackUsers: ['U0123456789'],
            slackGroups: ['S0123456789'],
          },
        },
        notifications: [{ name: 'slack', severity: 'info', slack: { channel: 'C0123456789' } }],
      },
    ],
    [{ 'approval-slack': '#ml' }, { approval: { at: ['promotion'], quorum: 1, slack: { channel: '#ml' } } }],
    [{ approval: 'start, 50%,promotion' }, { approval: { at: ['start', '50', 'promotion'] } }],
    [
      { 'on-abort': 'revert', settle: '5s', drain: '1m' },
      { onAbort: 'revert', settle: '5s', drain: '1m' },
    ],
    [
      { 'start-deadline': '1h', 'step-deadline': '2h', 'drain-deadline': '10m' },
      { deadlines: { start: '1h', step: '2h', promotion: '1h', drain: '10m' } },
    ],
  ])('%j', (annotations, spec) => {
    expect(specOf(annotations)).toMatchObject(spec);
  });

  it.each(ANNOTATIONS.filter(({ example }) => example !== 'off').map((kind) => [kind.name, kind.example]))(
    'the example of %s (%s) is valid',
    (name, example) => {
      const strategy = name.endsWith('/scale-down-delay') ? { 'sluice.dev/steps': 'blue-green' } : {};
      const annotations = { 'sluice.dev/rollout': 'true', ...strategy, [name]: example };
      const reading = rolloutFromAnnotations({ metadata: { name: 'ranker', annotations } }, DEFAULTS);
      expect(reading).toHaveProperty('spec');
    },
  );
});

describe('problems', () => {
  it.each([
    ['rollout', 'yes', 'write "true" to opt in, or "off" to opt out'],
    ['rollout', 'false', 'write "true" to opt in, or "off" to opt out'],
    ['steps', '10,101', 'weights from 1 to 100'],
    ['steps', '0,50', 'weights from 1 to 100'],
    ['steps', '', 'weights from 1 to 100'],
    ['steps', '50,10', 'is not ascending; write "10,50"'],
    ['steps', '10,10,25', 'is not ascending; write "10,25"'],
    ['steps', '10;25', 'such as "10,25,50"'],
    ['bake', '2 minutes', 'write it like 30s, 5m or 1h30m'],
    ['virtual-service', 'Not_A_Name', 'write lower-case letters'],
    ['service', '', 'write lower-case letters'],
    ['router', 'linkerd', 'write service, or service/NAME'],
    ['router', 'service/Not_A_Name', 'write lower-case letters'],
    ['rolling-update', 'yes', 'true'],
    ['match', 'x-tester=yes', 'write "header:x-tester=yes", "cookie:beta=1"'],
    ['match', 'header:x-tester', 'write "header:x-tester=yes"'],
    ['match', 'header:cookie=a', 'write "header:x-tester=yes"'],
    ['mirror', '0', 'a whole number from 1 to 100'],
    ['sticky', 'false', '"true" or the name of a cookie'],
    ['sticky', 'a b', '"true" or the name of a cookie'],
    ['ab-test', '24h,50', 'write it like "50,24h"'],
    ['ab-test', '100,24h', 'a weight from 1 to 99'],
    ['routes', 'a,,b', 'names of HTTP routes'],
    ['analysis', 'Template/x', 'write "NAME" for a ClusterAnalysisTemplate'],
    ['analysis', 'AnalysisTemplate/a/b', 'write "NAME" for a ClusterAnalysisTemplate'],
    ['analysis-args', 'path', 'write "name=value,name=value"'],
    ['max-p95', '300', 'write it like 250ms or 2s'],
    ['max-p95', '0ms', 'write it like 250ms or 2s'],
    ['max-p95-increase', '1', 'percentage points such as 1pp'],
    ['max-error-rate', '0.01', 'percent above 0 and below 100, such as 1%'],
    ['max-error-rate', '0%', 'percent above 0 and below 100'],
    ['max-error-rate', '100%', 'percent above 0 and below 100'],
    ['max-error-rate-increase', 'much', 'percentage points such as 1pp'],
    ['interval', '-1s', 'write it like 30s'],
    ['min-requests', '0', 'a whole number from 1 to 1000000'],
    ['min-windows', '2.5', 'a whole number from 1 to 1000'],
    ['on-timeout', 'promote', 'one of "hold", "abort"'],
    ['approval', 'friday', 'write "start", "promotion", weights of steps or "switch"'],
    ['scale-down-delay', '5m', 'needs sluice.dev/steps: blue-green'],
    ['approval-from', 'alice,', 'write "alice", "group:ml-leads"'],
    ['approval-from', 'slack:ada', 'must be the ID of a Slack user'],
    ['approval-slack', 'ml-releases', 'write it like "#ml-releases"'],
    ['approval-quorum', '11', 'a whole number from 1 to 10'],
    ['notify', '', 'write it like "#ml-releases"'],
    ['approval', '40', 'the gates of this workload are start, promotion, 10, 25, 50'],
    ['on-abort', 'restart', 'one of "hold", "revert"'],
    ['unsplit', 'no', 'one of "warn", "refuse", "allow"'],
    ['max-restarts', '-1', 'a whole number from 0 to 1000'],
    ['canary-replicas', '0', 'a whole number from 1 to 1000'],
    ['canary-mode', 'lend', 'one of "surge", "borrow"'],
    ['canary-budget', 'nvidia.com/gpu', 'write "nvidia.com/gpu=2"'],
    ['canary-budget', 'pods=2,pods=3', 'each resource once'],
    ['canary-budget', 'pods=many', 'write "nvidia.com/gpu=2"'],
    ['warm-up-path', 'v1', 'write it like /v1/predict'],
    ['warm-up-body-from', 'a/b/c', 'or "CONFIGMAP/KEY"'],
    ['warm-up-body-from', '', 'write "KEY"'],
    ['warm-up-port', '70000', 'a whole number from 1 to 65535'],
    ['connect-weight', '1.5', 'a whole number from 1 to 99'],
    ['connect-weight', '10', '10 is not below 10; lower it, or raise the first weight of sluice.dev/steps'],
    ['connect-for', 'long', 'write it like 30s'],
    ['rollback-window', '11', 'a whole number from 0 to 10'],
    ['promotion-deadline', 'never', 'write it like 30s'],
    ['max-bake', 'long', 'write it like 30s'],
    ['on-inconclusive', 'wait', 'one of "hold", "abort", "promote"'],
    ['step', '10', 'did you mean sluice.dev/steps?'],
    ['max-p99', '1s', 'did you mean sluice.dev/max-p95?'],
    ['virtualservice', 'x', 'did you mean sluice.dev/virtual-service?'],
    ['Rollout', 'true', 'did you mean sluice.dev/rollout?'],
  ])('%s: "%s"', (annotation, value, fix) => {
    const reading = read({ rollout: 'true', [annotation]: value });
    expect(reading).toEqual({
      problems: [{ annotation: `sluice.dev/${annotation}`, message: expect.stringContaining(fix) }],
    });
  });

  it('say that a body comes from one place', () => {
    const reading = read({ rollout: 'true', 'warm-up-body': 'x', 'warm-up-body-from': 'y' });
    expect(JSON.stringify(reading)).toContain('give body or bodyFrom, not both');
  });

  it('say where connecting is not below the first step, or not over before its deadline', () => {
    expect(read({ rollout: 'true', 'connect-for': '5s', steps: '1,10' })).toEqual({
      problems: [
        {
          annotation: 'sluice.dev/connect-weight',
          message: expect.stringContaining('1 is not below 1'),
        },
      ],
    });
    const long = read({ rollout: 'true', 'connect-for': '5m', 'step-deadline': '5m' });
    expect(JSON.stringify(long)).toContain('canary.connect.for must be shorter than deadlines.step');
  });

  it('are reported all at once', () => {
    const reading = read({ rollout: 'true', steps: 'x', 'max-p95': 'y', aproval: 'start' });
    expect('problems' in reading ? reading.problems.map((one) => one.annotation) : []).toEqual([
      'sluice.dev/aproval',
      'sluice.dev/max-p95',
      'sluice.dev/steps',
    ]);
  });

  it('come to a Rollout or to problems, never to an exception', () => {
    const names = ANNOTATIONS.map(({ name }) => name.slice('sluice.dev/'.length));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), fc.string()), (annotations) => {
        const reading = read({ rollout: 'true', ...annotations });
        expect(Object.keys(reading)).toHaveLength(1);
      }),
    );
  });
});
