import type { KubeObject } from '../api/meta.ts';
import type { Release, ReleaseStatus } from '../api/release.ts';
import { Policy, type Rollout } from '../api/rollout.ts';
import type { Canvas } from './paint.ts';
import { plain } from './paint.ts';
import type { Scene } from './scene.ts';

/** The time of every test of a view. */
export const NOW = Date.parse('2026-03-01T12:00:00Z');

/** The time so many seconds before `NOW`, as the API server writes it. */
export const ago = (seconds: number): string => new Date(NOW - seconds * 1_000).toISOString();

/** A canvas without colours. */
export const canvas = (width: number): Canvas => ({ width, paint: plain, now: NOW });

const SPEC = {
  target: { kind: 'Deployment' as const, name: 'ranker' },
  traffic: { istio: { virtualService: 'ranker' } },
  analysis: { templates: [{ name: 'http-generic' }] },
};

/** A Rollout named `ranker`. */
export function rollout(status: Rollout['status'] = {}, name = 'ranker'): Rollout {
  return {
    apiVersion: 'sluice.dev/v1alpha1',
    kind: 'Rollout',
    metadata: { name, namespace: 'models', uid: `uid-${name}`, creationTimestamp: ago(86_400) },
    spec: { ...Policy.parse(SPEC), target: { ...SPEC.target, name } },
    status,
  };
}

/** A pod template with one container. */
export const template = (image: string, env: Readonly<Record<string, string>> = {}) => ({
  metadata: { labels: { app: 'ranker' } },
  spec: {
    containers: [
      { name: 'server', image, env: Object.entries(env).map(([name, value]) => ({ name, value })) },
    ],
  },
});

const METRICS: Release['spec']['metrics'] = [
  {
    name: 'errors',
    max: '1%',
    errors: { requests: 'requests', failures: 'failures' },
    onNoData: 'wait',
    dryRun: false,
  },
  {
    name: 'latency',
    max: '300ms',
    latency: { buckets: 'buckets', unit: 's', quantile: '95%' },
    onNoData: 'wait',
    dryRun: false,
  },
];

/** A Release of `ranker` from v1 to v2; `policy` and `spec` change parts of it. */
export function release(
  status?: Partial<ReleaseStatus>,
  { policy = {}, ...spec }: Partial<Omit<Release['spec'], 'policy'>> & { policy?: object } = {},
  name = 'ranker-s222222222',
): Release {
  return {
    apiVersion: 'sluice.dev/v1alpha1',
    kind: 'Release',
    metadata: { name, namespace: 'models', uid: `uid-${name}`, creationTimestamp: ago(200) },
    spec: {
      rollout: 'ranker',
      workload: { kind: 'Deployment', name: 'ranker' },
      revision: 's222222222',
      stable: { podTemplateHash: 'aaa', replicaSet: 'ranker-aaa', template: template('registry/ranker:v1') },
      canary: { podTemplateHash: 's222222222', replicaSet: 'ranker-s222222222' },
      policy: Policy.parse({ ...SPEC, ...policy }),
      metrics: METRICS,
      ...spec,
    },
    ...(status === undefined
      ? {}
      : {
          status: {
            machineVersion: 1,
            phase: 'Pending',
            step: 0,
            stepText: '0/3',
            weight: 0,
            replicas: 0,
            ...status,
          },
        }),
  };
}

const counts = (events: number, bad: number) => ({ events, bad });

/** A release at its second step, with a verdict that is out. */
export const stepping = (): Partial<ReleaseStatus> => ({
  phase: 'Stepping',
  stage: 'Analysing',
  step: 1,
  stepText: '2/3',
  weight: 25,
  replicas: 1,
  readyReplicas: 1,
  startedAt: ago(190),
  stageStartedAt: ago(64),
  exposedAt: ago(150),
  deadline: ago(-3_300),
  verdict: 'inconclusive',
  reason: 'WeightRaised',
  message: 'the canary gets 25 % of the traffic',
  analysis: {
    windows: 4,
    metrics: [
      {
        name: 'errors',
        verdict: 'pass',
        message: 'error rate 0.2 % against 1 % bound and 0.3 % stable, 1,204 requests, 4 windows',
        windows: 4,
        misses: 0,
        canary: counts(1_204, 2),
        stable: counts(3_600, 11),
      },
      {
        name: 'latency',
        verdict: 'inconclusive',
        message:
          'p95 312 ms against 300 ms bound and 287 ms stable, 5.4 % over 300 ms (5 % allowed), 1,204 requests, 4 windows: beyond the bound, but that may be chance',
        windows: 4,
        misses: 0,
        canary: { ...counts(1_204, 70), over: 65, quantile: 0.312 },
        stable: { ...counts(3_600, 160), quantile: 0.287 },
      },
    ],
  },
  trail: [
    { phase: 'Starting.Preparing', at: ago(190), reason: 'PreflightPassed' },
    { phase: 'Stepping.Analysing', at: ago(64), reason: 'WeightRaised' },
  ],
});

/** A ReplicaSet of the workload. */
export function replicaSet(
  name: string,
  wanted: number,
  ready: number,
  image = 'registry/ranker:v2',
): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, namespace: 'models' },
    spec: { replicas: wanted, template: template(image) },
    status: { replicas: wanted, readyReplicas: ready },
  };
}

/** A pod with a status. */
export function pod(name: string, hash: string, status: object, more: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'models',
      labels: { 'pod-template-hash': hash },
      creationTimestamp: ago(100),
      ...more,
    },
    status,
  };
}

/** The status of a pod that has been ready for so many seconds. */
export const readyFor = (seconds: number): object => ({
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: ago(seconds) }],
  containerStatuses: [{ ready: true, restartCount: 0, state: { running: { startedAt: ago(seconds + 30) } } }],
});

/** The status of a pod that runs for so many seconds and is not ready yet. */
export const loadingFor = (seconds: number, restartCount = 0): object => ({
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'False' }],
  containerStatuses: [{ ready: false, restartCount, state: { running: { startedAt: ago(seconds) } } }],
});

/** What is in the namespace. */
export const scene = (rollouts: readonly Rollout[], releases: readonly Release[]): Scene => ({
  namespace: 'models',
  rollouts,
  releases,
});
