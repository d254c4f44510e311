import { API_VERSION, type KubeObject } from '../api/meta.ts';
import type { MetricState, Release, ReleaseStatus } from '../api/release.ts';
import { Policy, type Rollout, RolloutSpec } from '../api/rollout.ts';
import { initialStatus } from './enter.ts';
import type { RolloutSeen } from './rollout.ts';
import type { Seen } from './seen.ts';
import { type DeploymentSeen, deploymentSeen, type ReplicaSetSeen, type Template } from './workload.ts';

/** The time at which every test looks, in epoch milliseconds. */
export const NOW = Date.parse('2026-11-24T12:00:00Z');
/** A time so many seconds before, or after where negative, as the API has it. */
export const ago = (seconds: number): string => new Date(NOW - seconds * 1_000).toISOString();

export const template = (image: string): Template => ({
  metadata: { labels: { app: 'model' } },
  spec: { containers: [{ image }] },
});
/** The image is the revision. */
export const revision = (one: Template): string =>
  (one['spec'] as { containers: { image: string }[] }).containers[0]?.image ?? '';

function policy(over: object = {}): Policy {
  return Policy.parse({
    traffic: { istio: { virtualService: 'model' } },
    analysis: { templates: [{ name: 'errors' }] },
    ...over,
  });
}

export function release(
  status?: Partial<ReleaseStatus>,
  over: object = {},
  policyOver: object = {},
): Release {
  const spec: Release['spec'] = {
    rollout: 'model',
    workload: { kind: 'Deployment', name: 'model' },
    revision: 'v2',
    stable: { podTemplateHash: 'h1', replicaSet: 'model-h1', template: template('v1') },
    canary: { podTemplateHash: 'h2', replicaSet: 'model-h2' },
    policy: policy(policyOver),
    metrics: [
      {
        name: 'errors',
        errors: { requests: 'r', failures: 'f' },
        max: '1%',
        onNoData: 'wait',
        dryRun: false,
      },
    ],
    ...over,
  };
  return {
    apiVersion: API_VERSION,
    kind: 'Release',
    metadata: { name: 'model-h2', namespace: 'shop', uid: 'u-release', resourceVersion: '5', generation: 1 },
    spec,
    ...(status === undefined ? {} : { status: statusOf(status) }),
  };
}

export const ROUTES = [{ index: 0, destinations: [{ destination: { host: 'model' } }] }];

/** A status with what a release has once it has left Pending. */
export function statusOf(over: Partial<ReleaseStatus>): ReleaseStatus {
  return { ...initialStatus(release()), service: 'model', routes: ROUTES, ...over };
}

export function deployment(over: Partial<DeploymentSeen> = {}): DeploymentSeen {
  const object: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'model',
      namespace: 'shop',
      uid: 'u-deployment',
      resourceVersion: '7',
      annotations: { 'sluice.dev/gate': 'model', 'sluice.dev/hold': 'newer-template' },
    },
    spec: {
      replicas: 4,
      paused: true,
      selector: { matchLabels: { app: 'model' } },
      template: template('v2'),
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    },
    status: { readyReplicas: 4 },
  };
  return { ...deploymentSeen(object, revision), ...over };
}

export function replicaSet(over: Partial<ReplicaSetSeen> = {}): ReplicaSetSeen {
  const name = over.name ?? 'model-h2';
  return {
    name,
    uid: `u-${name}`,
    hash: name.slice(6),
    ownerUid: 'u-release',
    replicas: 1,
    pods: 1,
    ready: 1,
    available: 1,
    deleting: false,
    revision: 'v2',
    template: template('v2'),
    object: {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name, namespace: 'shop', uid: `u-${name}`, resourceVersion: '9' },
    },
    ...over,
  };
}

/** Everything is well: the routes are as desired, one canary pod serves, the Deployment is held on v2. */
export function seen(over: Partial<Seen> = {}): Seen {
  return {
    now: NOW,
    debounceMaxMs: 10_000,
    release: release(),
    policyGone: null,
    deployment: deployment(),
    canary: replicaSet(),
    stable: replicaSet({
      name: 'model-h1',
      ownerUid: 'u-deployment',
      replicas: 4,
      pods: 4,
      ready: 4,
      available: 4,
      revision: 'v1',
    }),
    twins: [],
    stableRevision: 'v1',
    routeState: () => ({ kind: 'asDesired' }),
    routeObjects: [],
    isBypassed: false,
    preflight: null,
    window: null,
    ...over,
  };
}

export function metricState(verdict: MetricState['verdict'], message = 'said so'): MetricState {
  const counts = { events: 100, bad: 0 };
  return { name: 'errors', verdict, message, windows: 3, misses: 0, canary: counts, stable: counts };
}

export function rollout(over: object = {}, metadata: object = {}): Rollout {
  return {
    apiVersion: API_VERSION,
    kind: 'Rollout',
    metadata: { name: 'model', namespace: 'shop', uid: 'u-rollout', generation: 1, ...metadata },
    spec: RolloutSpec.parse({
      target: { name: 'model' },
      traffic: { istio: { virtualService: 'model' } },
      analysis: { templates: [{ name: 'errors' }] },
    }),
    ...over,
  };
}

/** A Deployment that is held on v2 while v1 serves. */
export function rolloutSeen(over: Partial<RolloutSeen> = {}): RolloutSeen {
  return {
    now: NOW,
    rollout: rollout(),
    deployment: deployment(),
    owned: [replicaSet({ name: 'model-h1', ownerUid: 'u-deployment', replicas: 4, revision: 'v1' })],
    aside: [],
    revision,
    takenNames: ['model-h1'],
    releases: [],
    rival: null,
    unreadable: null,
    metrics: { metrics: release().spec.metrics },
    preflight: null,
    leftovers: null,
    ...over,
  };
}
