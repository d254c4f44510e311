import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { applyManifests } from '../../../hack/install/manifests.ts';
import { createClient } from '../kubectl.ts';
import { releaseManifest, rolloutManifest, templateManifest } from '../objects.ts';
import { CHOSEN_FIRST, STEP_CASES } from '../step-cases.ts';

const NAMESPACE = `crds-${process.pid}`;
const root = createClient({ kubectl: inject('kubectl'), kubeconfig: inject('kubeconfig') });
const admin = root.with('-n', NAMESPACE);
const APPLY = ['apply', '-f', '-'];

beforeAll(async () => {
  await applyManifests(root.run, { controller: false });
  await root.ok(['create', 'namespace', NAMESPACE]);
});

afterAll(async () => {
  await root.run(['delete', 'namespace', NAMESPACE, '--wait=false']);
});

const errors = { requests: 'requests_total', failures: 'failures_total' };
const latency = { buckets: 'seconds_bucket' };
const analysis = (fields: object) => ({ analysis: { templates: [{ name: 'http-generic' }], ...fields } });
const steps = (...weights: number[]) => ({ steps: weights.map((weight) => ({ weight })) });

const patch = (name: string, spec: object) => [
  'patch',
  'release',
  name,
  '--type=merge',
  '-p',
  JSON.stringify({ spec }),
];

describe('a Rollout', () => {
  it('gets its defaults from the API server', async () => {
    await admin.ok(APPLY, rolloutManifest('defaults'));
    expect((await admin.get('rollouts', 'defaults'))['spec']).toEqual({
      target: { kind: 'Deployment', name: 'defaults' },
      traffic: { istio: { virtualService: 'defaults' } },
      analysis: {
        templates: [{ kind: 'ClusterAnalysisTemplate', name: 'http-generic' }],
        interval: '10s',
        warmup: '5s',
        minRequests: 50,
        minWindows: 3,
        falseAbortRate: '1%',
        promoteOn: 'observed',
        onTimeout: 'hold',
        onInconclusive: 'hold',
        onSharedFault: 'hold',
        learn: 'daily',
      },
      deadlines: { start: '15m', step: '1h', promotion: '1h', drain: '5m' },
      settle: '2s',
      drain: '10s',
      unhealthyGrace: '15s',
      health: { maxRestarts: 1, maxEvictions: 0, notReady: '30s' },
      canary: { mode: 'surge' },
      onAbort: 'hold',
      onNewRevision: 'supersede',
    });
  });

  it('may let the canary connect before its first step', async () => {
    const connect = { weight: 4, for: '30s' };
    await admin.ok(APPLY, rolloutManifest('connecting', { ...steps(5), canary: { connect } }));
    expect((await admin.get('rollouts', 'connecting'))['spec']).toMatchObject({ canary: { connect } });
  });

  it('may choose and copy requests before the weights', async () => {
    const approval = { at: ['mirror', 'match', 'mirror-2', 'match-2', '5', 'promotion'] };
    const connect = { weight: 4, for: '30s' };
    await admin.ok(APPLY, rolloutManifest('chosen', { steps: CHOSEN_FIRST, approval, canary: { connect } }));
    expect((await admin.get('rollouts', 'chosen'))['spec']).toMatchObject({ steps: CHOSEN_FIRST });
    await admin.ok(APPLY, rolloutManifest('mirrored', { steps: [{ mirror: 100 }], canary: { connect } }));
  });

  it.each<[string, object, string]>([
    ['steps that fall', steps(50, 10), 'spec.steps: Invalid value: weights must ascend'],
    ['the same weight twice', steps(10, 10), 'spec.steps: Invalid value: weights must ascend'],
    ['a weight of 0', steps(0, 10), 'spec.steps[0].weight'],
    ['a weight above 100', steps(10, 101), 'spec.steps[1].weight'],
    ['no steps', steps(), 'spec.steps'],
    ...STEP_CASES,
    [
      'steps and autoSteps',
      { steps: [{ weight: 10 }], autoSteps: {} },
      'must have one of steps, autoSteps, rollingUpdate, blueGreen, abTest',
    ],
    ['bounds of autoSteps that cross', { autoSteps: { min: 60 } }, 'min must be at most max'],
    [
      'a gate at a weight that the evidence chooses',
      { autoSteps: {}, approval: { at: ['10'] } },
      'approval.at: every gate must be start, promotion, or the name of one of the steps',
    ],
    [
      'a maxBake below bake',
      { steps: [{ weight: 10, bake: '5m', maxBake: '1m' }] },
      'maxBake must be at least bake',
    ],
    [
      'a default maxBake below a bake',
      { steps: [{ weight: 10, bake: '5m' }], ...analysis({ maxBake: '1m' }) },
      'analysis.maxBake must be at least the bake of every step',
    ],
    [
      'a default maxBake below the bake of autoSteps',
      { autoSteps: { bake: '5m' }, ...analysis({ maxBake: '1m' }) },
      'analysis.maxBake must be at least the bake of every step',
    ],
    ['a maxBake after the deadline', analysis({ maxBake: '2h' }), 'maxBake must be at most deadlines.step'],
    [
      'a maxBake of a step after the deadline',
      { steps: [{ weight: 10, maxBake: '2m' }], deadlines: { step: '1m' } },
      'maxBake must be at most deadlines.step',
    ],
    [
      'connecting at the weight of the first step',
      { ...steps(5, 50), canary: { connect: { weight: 5 } } },
      'canary.connect.weight must be below the weight of the first step',
    ],
    [
      'connecting at the weight of the first default step',
      { canary: { connect: { weight: 10 } } },
      'canary.connect.weight must be below the weight of the first step',
    ],
    [
      'connecting at the least weight that the evidence chooses',
      { autoSteps: { min: 1 }, canary: { connect: {} } },
      'canary.connect.weight must be below the weight of the first step',
    ],
    [
      'connecting for as long as a step may take',
      { canary: { connect: { for: '1h' } } },
      'canary.connect.for must be shorter than deadlines.step',
    ],
    [
      'connecting for no time',
      { canary: { connect: { for: '0s' } } },
      'spec.canary.connect.for: Invalid value: must be at least 1s',
    ],
    ['no router', { traffic: {} }, 'spec.traffic: Invalid value: must name exactly one router'],
    ['no traffic', { traffic: undefined }, 'traffic must name a router'],
    ['a rolling update by a router', { rollingUpdate: {} }, 'rollingUpdate has no router'],
    [
      'a rolling update in steps',
      { traffic: undefined, rollingUpdate: {}, steps: [{ weight: 10 }] },
      'must have one of steps, autoSteps, rollingUpdate, blueGreen, abTest',
    ],
    [
      'a gate within a rolling update',
      { traffic: undefined, rollingUpdate: {}, approval: { at: ['10'] } },
      'approval.at: every gate must be',
    ],
    [
      'a rolling update that bakes for longer than its deadline',
      { traffic: undefined, rollingUpdate: { maxBake: '2h' } },
      'maxBake must be at most deadlines.step',
    ],
    [
      'a name with capitals',
      { target: { name: 'Ranker' } },
      'spec.target.name: Invalid value: must be the name of an object',
    ],
    [
      'a bake time without a unit',
      { steps: [{ weight: 10, bake: '90' }] },
      'spec.steps[0].bake: Invalid value: must be a duration',
    ],
    ['a duration in words', { settle: '2 seconds' }, 'spec.settle: Invalid value: must be a duration'],
    [
      'windows that are too short',
      analysis({ interval: '900ms' }),
      'spec.analysis.interval: Invalid value: must be at least 1s',
    ],
    [
      'a chance of 0',
      analysis({ falseAbortRate: '0%' }),
      'spec.analysis.falseAbortRate: Invalid value: must be a chance',
    ],
    [
      'a template twice',
      analysis({ templates: [{ name: 'a' }, { name: 'a' }] }),
      'spec.analysis.templates[1]: Duplicate value',
    ],
    [
      'a bound twice',
      analysis({ bounds: [{ name: 'a' }, { name: 'a' }] }),
      'spec.analysis.bounds[1]: Duplicate value',
    ],
    [
      'a gate at no step',
      { approval: { at: ['40'] } },
      'approval.at: every gate must be start, promotion, or the name of one of the steps',
    ],
    [
      'a gate that is none',
      { approval: { at: ['friday'] } },
      'spec.approval.at[0]: Invalid value: must be a gate',
    ],
    ['a gate twice', { approval: { at: ['start', 'start'] } }, 'spec.approval.at[1]: Duplicate value'],
    ['a word that is none of the choices', { onAbort: 'restart' }, 'supported values: "hold", "revert"'],
    ['a field that does not exist', { stepz: [] }, 'unknown field "spec.stepz"'],
  ])('is refused with %s', async (_case, spec, message) => {
    const said = await admin.refused(['create', '-f', '-'], rolloutManifest('refused', spec));
    expect(
      said.replaceAll(/Invalid value: ("(\\.|[^"])*"|\{.*?\}|\[.*?\]|null): /g, 'Invalid value: '),
    ).toContain(message);
  });
});

const args = (...list: object[]): object => ({ args: list, templates: [{ name: 'http-generic' }] });

const explained = (...explainedBy: object[]) => [{ name: 'a', latency: { ...latency, explainedBy } }];
describe('an AnalysisTemplate', () => {
  it.each<[string, object[], string]>([
    [
      'nothing to measure',
      [{ name: 'a' }],
      'must have exactly one of errors, latency, drift, value, golden, shadow, webhook and job',
    ],
    [
      'two things in one',
      [{ name: 'a', errors, latency }],
      'must have exactly one of errors, latency, drift, value, golden, shadow, webhook and job',
    ],
    [
      'a metric twice',
      [
        { name: 'a', errors },
        { name: 'a', latency },
      ],
      'spec.metrics[1]: Duplicate value',
    ],
    [
      'a quantile as a number',
      [{ name: 'a', latency: { ...latency, quantile: '0.95' } }],
      'must be a quantile in percent',
    ],
    ['a covariate of two kinds', explained({ name: 'b', sum: 'c', gauge: 'd' }), 'must have sum or gauge'],
    ['no metrics', [], 'spec.metrics'],
  ])('is refused with %s', async (_case, metrics, message) => {
    expect(await admin.refused(['create', '-f', '-'], templateManifest('refused', metrics))).toContain(
      message,
    );
  });

  it.each<[string, object, string]>([
    ['neither metrics nor templates', {}, 'must have metrics or templates'],
    [
      'two values for one argument',
      args({ name: 'a', value: 'b', valueFrom: { fieldPath: 'metadata.name' } }),
      'must have at most one of value and valueFrom',
    ],
    [
      'a field that cannot be an argument',
      args({ name: 'a', valueFrom: { fieldPath: 'spec.replicas' } }),
      'must be metadata.name, metadata.namespace, or a label or annotation',
    ],
    [
      'a Secret for an argument',
      args({ name: 'a', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } }),
      'secretKeyRef is refused: a query is stored in the Release and in the log of Prometheus',
    ],
    [
      'an argument without a value',
      { templates: [{ name: 'http-generic', args: [{ name: 'a' }] }] },
      'must have exactly one of value and valueFrom',
    ],
    ['a template twice', { templates: [{ name: 'a' }, { name: 'a' }] }, 'Duplicate value'],
    [
      'a source that is no name',
      { templates: [{ name: 'a', source: 'Team A' }] },
      'must be the name of a source',
    ],
  ])('is refused with %s', async (_case, spec, message) => {
    const manifest = JSON.stringify({ ...JSON.parse(templateManifest('refused', [])), spec });
    expect(await admin.refused(['create', '-f', '-'], manifest)).toContain(message);
  });

  it('may include others and read the Deployment', async () => {
    const label = "spec.template.metadata.labels['app.kubernetes.io/version']";
    const spec = {
      args: [{ name: 'a', valueFrom: { fieldPath: label } }, { name: 'b' }],
      templates: [
        { name: 'vllm', only: ['ttft'], source: 'pods', args: [{ name: 'x', value: '{{args.a}}' }] },
      ],
    };
    await admin.ok(APPLY, JSON.stringify({ ...JSON.parse(templateManifest('nested', [])), spec }));
    expect((await admin.get('sat', 'nested'))['spec']).toMatchObject({
      ...spec,
      templates: [{ ...spec.templates[0], kind: 'ClusterAnalysisTemplate' }],
    });
  });

  it('is taken', async () => {
    await admin.ok(
      APPLY,
      templateManifest('good', [
        { name: 'a', errors },
        { name: 'b', latency },
      ]),
    );
    expect((await admin.get('sat', 'good'))['spec']).toMatchObject({
      metrics: [{ onNoData: 'wait', dryRun: false }, { latency: { unit: 's', quantile: '95%' } }],
    });
  });
});

describe('a Release', () => {
  beforeAll(async () => {
    await admin.ok(APPLY, releaseManifest('ranker-1'));
    await admin.ok(APPLY, releaseManifest('ended'));
    const status = {
      machineVersion: 1,
      phase: 'Promoted',
      step: 2,
      stepText: '3/3',
      weight: 100,
      replicas: 3,
      verdict: 'pass',
      reason: 'Complete',
    };
    const body = JSON.stringify({ status });
    await admin.ok(['patch', 'release', 'ended', '--subresource=status', '--type=merge', '-p', body]);
  });

  it.each<[string, object]>([
    ['rollout', { rollout: 'other' }],
    ['workload', { workload: { name: 'other' } }],
    ['revision', { revision: 'other' }],
    ['stable', { stable: { replicaSet: 'other' } }],
    ['stable', { stable: { template: { spec: { containers: [{ name: 'other' }] } } } }],
    ['canary', { canary: { podTemplateHash: 'other' } }],
    ['policy', { policy: { onAbort: 'revert' } }],
    ['metrics', { metrics: [{ name: 'a', errors }] }],
  ])('has a %s that cannot be changed', async (field, change) => {
    expect(await admin.refused(patch('ranker-1', change))).toMatch(
      new RegExp(`spec\\.${field}.* is fixed for the life of a Release`, 's'),
    );
  });

  it('can be paused, resumed and sent on', async () => {
    await admin.ok(patch('ranker-1', { paused: true }));
    await admin.ok(patch('ranker-1', { paused: null, skipStep: 0 }));
    expect((await admin.get('release', 'ranker-1'))['spec']).toMatchObject({ skipStep: 0 });
  });

  it('cannot be acted on when it has ended', async () => {
    for (const change of [
      { abort: {} },
      { paused: true },
      { skipStep: 1 },
      { approvals: [{ gate: 'start' }] },
    ]) {
      expect(await admin.refused(patch('ended', change))).toContain('the release has ended as Promoted');
    }
  });

  it('can still be labelled when it has ended', async () => {
    await admin.ok(['label', 'release', 'ended', 'kept=yes']);
    expect((await admin.get('release', 'ended')).metadata.labels).toEqual({ kept: 'yes' });
  });

  it('is readable at a glance', async () => {
    const [head, row] = (await admin.ok(['get', 'releases', 'ended'])).split('\n');
    expect(head?.split(/\s+/)).toEqual([
      'NAME',
      'PHASE',
      'STEP',
      'WEIGHT',
      'VERDICT',
      'WAITING',
      'REASON',
      'AGE',
    ]);
    expect(row).toMatch(/^ended\s+Promoted\s+3\/3\s+100\s+pass\s+Complete\s+/);
  });
});

describe('the API', () => {
  it.each([
    ['rollout.spec.steps.bake', 'Shortest time of analysed traffic'],
    ['release.spec.abort', 'Cannot be undone'],
    ['release.status.verdict', 'Verdict over all metrics'],
    ['clusteranalysistemplate.spec.metrics.onNoData', 'What a window without data means'],
    ['analysistemplate.spec.metrics.latency.quantile', 'Quantile that the bound is about'],
  ])('explains %s', async (field, description) => {
    expect(
      (await root.ok(['explain', field, '--api-version=sluice.dev/v1alpha1'])).replaceAll(/\s+/g, ' '),
    ).toContain(description);
  });

  it.each(['slr', 'rel', 'sat', 'scat', 'sluice'])('answers to %s', async (short) => {
    expect((await admin.run(['get', short])).code).toBe(0);
  });
});
