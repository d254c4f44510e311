import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readDocuments } from './documents.ts';
import { validate } from './validate.ts';

function check(...texts: readonly string[]) {
  const read = texts.map((text, at) => readDocuments(`${'abc'[at]}.yaml`, text));
  const { findings, counts } = validate(
    read.flatMap(({ sources }) => sources),
    { namespace: 'models', analysisTemplate: 'http-generic' },
  );
  return { findings: [...read.flatMap((one) => one.findings), ...findings], counts };
}

const line = (...texts: readonly string[]): string[] =>
  check(...texts).findings.map(
    ({ file, document, field, message, line: at, severity }) =>
      `${severity === 'note' ? 'note ' : ''}${file}:${document}:${field} (${at}): ${message}`,
  );

const POOL = `apiVersion: inference.networking.k8s.io/v1
kind: InferencePool
metadata: {name: sentiment}
spec:
  selector: {matchLabels: {app: sentiment}}
  targetPorts: [{number: 8080}]
  endpointPickerRef: {name: sentiment-epp, port: {number: 9002}}
`;

const ROLLOUT = `apiVersion: sluice.dev/v1alpha1
kind: Rollout
metadata: {name: ranker}
spec:
  target: {name: ranker}
  traffic:
    istio: {virtualService: ranker}
  analysis:
    templates:
      - {name: http-generic}
`;
const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ranker
spec:
  replicas: 2
  selector: {matchLabels: {app: ranker}}
  template:
    metadata: {labels: {app: ranker}}
    spec: {containers: [{name: server, image: ranker}]}
`;
const SERVICE = `apiVersion: v1
kind: Service
metadata: {name: ranker}
spec: {selector: {app: ranker}, ports: [{port: 80}]}
`;
const VIRTUAL_SERVICE = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ranker}
spec:
  hosts: [ranker]
  http:
    - name: predict
      route: [{destination: {host: ranker}}]
`;
const TEMPLATE = `apiVersion: sluice.dev/v1alpha1
kind: ClusterAnalysisTemplate
metadata: {name: http-generic}
spec:
  metrics:
    - name: errors
      max: 1%
      errors: {requests: requests, failures: failures}
`;
const all = (...documents: readonly string[]): string => documents.join('---\n');
const annotated = (annotations: string): string =>
  DEPLOYMENT.replace('metadata:\n  name', `metadata:\n  annotations: {${annotations}}\n  name`);

describe('valid files', () => {
  it('have no findings, and every object is counted', () => {
    const { findings, counts } = check(all(ROLLOUT, DEPLOYMENT, SERVICE, VIRTUAL_SERVICE, TEMPLATE));
    expect(findings).toEqual([]);
    expect(counts).toEqual({
      Rollout: 1,
      Deployment: 1,
      Service: 1,
      VirtualService: 1,
      ClusterAnalysisTemplate: 1,
    });
  });

  it('may be spread over several, in any order, as YAML, JSON and lists', () => {
    const list = JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: [
        JSON.parse(
          '{"apiVersion":"v1","kind":"Service","metadata":{"name":"ranker"},"spec":{"selector":{"app":"ranker"}}}',
        ),
      ],
    });
    expect(line(all(VIRTUAL_SERVICE, TEMPLATE), list, all(ROLLOUT, DEPLOYMENT))).toEqual([]);
  });

  it('say what could not be checked', () => {
    expect(line(ROLLOUT)).toEqual([
      'note a.yaml:1:spec.target.name (5): workload and routes are not checked, since Deployment ranker is not among the files',
      'note a.yaml:1:spec.analysis.templates (9): metrics and bounds are not checked, since ClusterAnalysisTemplate http-generic is not among the files',
    ]);
  });

  it('may have what is none of ours', () => {
    expect(line('apiVersion: v1\nkind: ConfigMap\ndata: 7\n', 'replicas: 3\n')).toEqual([
      'note b.yaml:1: (1): is not checked, since it has neither apiVersion nor kind',
    ]);
  });

  it('are the examples and the library that ship', async () => {
    const names = [
      'manifests/examples/workload.yaml',
      'manifests/examples/rollout.yaml',
      'analysis-templates/http-generic.yaml',
    ];
    const files = await Promise.all(
      names.map((name) => readFile(new URL(`../../../${name}`, import.meta.url), 'utf8')),
    );
    expect(line(...files)).toEqual([]);
    // The Rollout of the examples with the template of another example.
    const own = files.map((text) =>
      text.replace(
        '{kind: ClusterAnalysisTemplate, name: http-generic}',
        '{kind: AnalysisTemplate, name: sentiment-quality}',
      ),
    );
    const [deployment = '', _rollout, template = ''] = files;
    for (const name of ['gateway-api', 'inference-pool']) {
      const routes = new URL(`../../../manifests/examples/${name}.yaml`, import.meta.url);
      const text = await readFile(routes, 'utf8');
      expect(line(deployment, `${text}---\n${POOL}`, template)).toEqual([]);
    }
    const kinds = new URL('../../../manifests/examples/metric-kinds.yaml', import.meta.url);
    expect(line(...own, await readFile(kinds, 'utf8'))).toEqual([]);
    expect(line(...own).join()).toContain('AnalysisTemplate sentiment-quality is not among the files');
  });
});

describe('a Rollout that is refused by the schema', () => {
  it.each<[string, string, string]>([
    [
      '    istio: {virtualService: ranker}',
      '    istio: {virtualservice: ranker}',
      'a.yaml:1:spec.traffic.istio.virtualService (7): is missing (VirtualService in the namespace of the workload); write a string',
    ],
    [
      '  analysis:\n',
      '  step: []\n  analysis:\n',
      'a.yaml:1:spec.step (8): is no field of this object, so the API server would drop it; did you mean steps?',
    ],
    [
      '  analysis:\n',
      '  steps: [{weight: 50}, {weight: 10}]\n  analysis:\n',
      'a.yaml:1:spec.steps (8): weights must ascend',
    ],
    [
      '  analysis:\n',
      '  steps:\n    - {weight: "10"}\n  analysis:\n',
      'a.yaml:1:spec.steps[0].weight (9): must be a number (Percent of the traffic that the canary gets)',
    ],
    [
      '  analysis:\n',
      '  steps: 10\n  analysis:\n',
      'a.yaml:1:spec.steps (8): must be a list (Steps with match or mirror first',
    ],
    ['  analysis:\n', '  settle: 5\n  analysis:\n', 'a.yaml:1:spec.settle (8): must be a string'],
    [
      '  analysis:\n',
      '  settle: "5"\n  analysis:\n',
      'a.yaml:1:spec.settle (8): must be a duration: write it like 500ms',
    ],
    [
      '  analysis:\n',
      '  onAbort: undo\n  analysis:\n',
      'a.yaml:1:spec.onAbort (8): Invalid option: expected one of "hold"|"revert"',
    ],
    [
      '  analysis:\n',
      '  approval: {at: ["40"]}\n  analysis:\n',
      'a.yaml:1:spec (4): approval.at: every gate must be start, promotion',
    ],
    [
      '  analysis:\n',
      '  approval: {at: [start, start]}\n  analysis:\n',
      'a.yaml:1:spec.approval.at[1] (8): is there twice; take one away',
    ],
    [
      '      - {name: http-generic}',
      '      - {name: a}\n      - {name: a}',
      'a.yaml:1:spec.analysis.templates[1] (11): is there twice (the same kind and name); take one away',
    ],
    [
      'metadata: {name: ranker}',
      'metadata: {name: Ranker}',
      'a.yaml:1:metadata.name (3): must be the name of an object',
    ],
    ['metadata: {name: ranker}', 'metadata: {}', 'a.yaml:1:metadata.name (3): is missing; write a string'],
    [
      'sluice.dev/v1alpha1',
      'sluice.dev/v1',
      'a.yaml:1:apiVersion (1): must be sluice.dev/v1alpha1: sluice.dev/v1 does not exist',
    ],
    [
      'kind: Rollout',
      'kind: Rolout',
      'a.yaml:1:kind (2): Rolout is no kind of sluice.dev; did you mean Rollout?',
    ],
    [
      'kind: Rollout',
      'kind: Release',
      'a.yaml:1:kind (2): a Release is written by the controller: commit a Rollout in its place',
    ],
  ])('%s → %s', (from, to, finding) => {
    expect(line(ROLLOUT.replace(from, to))).toContainEqual(expect.stringContaining(finding));
  });
});

describe('a file that cannot be read', () => {
  it.each<[string, string, string]>([
    ['a bad indent', 'a: 1\n  b: 2\n', 'a.yaml:1: (1): is no valid YAML: Nested mappings'],
    [
      'a key twice',
      'apiVersion: v1\napiVersion: v1\n',
      'a.yaml:1: (2): is no valid YAML: Map keys must be unique',
    ],
    ['bad JSON', '{"kind": "Rollout", }}', 'is no valid YAML'],
    [
      'a template of Helm',
      'metadata:\n  name: {{ .Values.name }}x\n',
      'check what `helm template` makes of it',
    ],
    ['a list at the top', '- 1\n', 'is no Kubernetes object'],
    ['text', 'hello\n', 'is no Kubernetes object'],
  ])('%s', (_what, text, finding) => {
    expect(line(text)).toContainEqual(expect.stringContaining(finding));
  });

  it('does not hide the documents after it', () => {
    expect(line(all('a: 1\n  b: 2\n', ROLLOUT.replace('kind: Rollout', 'kind: Release')))).toEqual([
      expect.stringContaining('a.yaml:1: (1): is no valid YAML'),
      expect.stringContaining('a.yaml:2:kind'),
    ]);
  });

  it('may be empty', () => {
    expect(line('', '---\n---\n', '# nothing\n')).toEqual([]);
  });
});

const withRollout = (
  deployment = DEPLOYMENT,
  service = SERVICE,
  virtualService = VIRTUAL_SERVICE,
  rollout = ROLLOUT,
) => line(all(rollout, deployment, service, virtualService, TEMPLATE));

describe('a policy that does not fit the workload beside it', () => {
  it.each<[string, () => string[], string]>([
    [
      'no replicas',
      () => withRollout(DEPLOYMENT.replace('replicas: 2', 'replicas: 0')),
      'a.yaml:2:spec (16): spec.replicas of Deployment ranker is 0',
    ],
    [
      'Recreate',
      () => withRollout(DEPLOYMENT.replace('replicas: 2', 'strategy: {type: Recreate}')),
      'set it to RollingUpdate',
    ],
    [
      'a Service of others',
      () => withRollout(DEPLOYMENT, SERVICE.replace('app: ranker', 'app: other')),
      'a.yaml:1:spec.traffic.istio.service (7): no Service of the namespace selects the pods',
    ],
    [
      'no such VirtualService',
      () =>
        withRollout(
          DEPLOYMENT,
          SERVICE,
          VIRTUAL_SERVICE.replace('metadata: {name: ranker}', 'metadata: {name: rank}'),
        ),
      'a.yaml:1:spec.traffic.istio.virtualService (7): there is no VirtualService ranker in the namespace (there are: rank)',
    ],
    [
      'no route to it',
      () => withRollout(DEPLOYMENT, SERVICE, VIRTUAL_SERVICE.replace('host: ranker', 'host: other')),
      'has no http route to Service ranker',
    ],
    [
      'a route that is none',
      () =>
        withRollout(
          DEPLOYMENT,
          SERVICE,
          VIRTUAL_SERVICE,
          ROLLOUT.replace('virtualService: ranker', 'virtualService: ranker, routes: [predit]'),
        ),
      'a.yaml:1:spec.traffic.istio.routes (7): there is no http route "predit"',
    ],
    [
      'a bound of no metric',
      () =>
        withRollout(
          DEPLOYMENT,
          SERVICE,
          VIRTUAL_SERVICE,
          `${ROLLOUT}    bounds: [{name: latensy, max: 1s}]\n`,
        ),
      'a.yaml:1:spec.analysis.bounds',
    ],
    [
      'a namespace of its own',
      () => withRollout(DEPLOYMENT.replace('name: ranker', 'name: ranker\n  namespace: other')),
      'note a.yaml:1:spec.target.name',
    ],
    [
      'two policies',
      () => line(all(ROLLOUT, ROLLOUT.replace('name: ranker', 'name: again'))),
      'a.yaml:2:spec.target.name (16): Deployment ranker has a policy in a.yaml:1 already',
    ],
    [
      'the same twice',
      () => line(ROLLOUT, ROLLOUT),
      'b.yaml:1:metadata.name (3): Rollout ranker is in a.yaml:1 too',
    ],
  ])('%s', (_what, findings, finding) => {
    expect(findings()).toContainEqual(expect.stringContaining(finding));
  });
});

describe('annotations of a Deployment', () => {
  const others = all(SERVICE, VIRTUAL_SERVICE, TEMPLATE);

  it('that are right are a policy like any other', () => {
    expect(line(all(annotated('sluice.dev/rollout: "true"'), others))).toEqual([]);
    expect(line(all(DEPLOYMENT, others))).toEqual([]);
  });

  it.each<[string, string]>([
    [
      'sluice.dev/rollout: "true", sluice.dev/step: "10"',
      'a.yaml:1:metadata.annotations["sluice.dev/step"] (4): is not known; did you mean sluice.dev/steps?',
    ],
    ['sluice.dev/rollout: "true", sluice.dev/steps: "50,10"', 'write "10,50"'],
    [
      'sluice.dev/rollout: "true", sluice.dev/virtual-service: other',
      'a.yaml:1:metadata.annotations["sluice.dev/virtual-service"] (4): there is no VirtualService other',
    ],
    [
      'sluice.dev/rollout: "true", sluice.dev/bake: 5',
      'a.yaml:1:metadata.annotations["sluice.dev/bake"] (4): must be a string',
    ],
  ])('%s', (annotations, finding) => {
    expect(line(all(annotated(annotations), others))).toContainEqual(expect.stringContaining(finding));
  });

  it('and a Rollout for the same Deployment are one too many', () => {
    expect(line(all(annotated('sluice.dev/rollout: "true"'), ROLLOUT, others))).toContainEqual(
      expect.stringContaining('has a policy in a.yaml:1 already'),
    );
  });
});
