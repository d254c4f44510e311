import { API_VERSION, type KubeObject } from '../../src/api/meta.ts';
import { RolloutSpec } from '../../src/api/rollout/rollout.ts';
import { GATE, HOLD, OPT_IN } from '../../src/workload/workload.ts';
import type { MemoryCluster } from '../fakes/memory-cluster.ts';
import type { Admission } from '../fakes/memory-server.ts';
import { ISTIO_ROUTING, type Routing } from './routing.ts';

export const NAMESPACE = 'shop';
export const NAME = 'model';

type Json = Record<string, unknown>;

/** Options of a world. Times are in milliseconds. */
export interface WorldOptions {
  readonly replicas: number;
  readonly maxSurge: number | string;
  readonly maxUnavailable: number | string;
  readonly weights: readonly number[];
  readonly loadMs: number;
  readonly onAbort: 'hold' | 'revert';
  readonly policy: Json;
  readonly routing: Routing;
}

export const OPTIONS: WorldOptions = {
  replicas: 3,
  maxSurge: 1,
  maxUnavailable: 0,
  weights: [10, 25, 50],
  loadMs: 2_000,
  onAbort: 'hold',
  policy: {},
  routing: ISTIO_ROUTING,
};

/** What is in the templates, and in nothing that is written for people. */
export const SECRET = 'hunter2';

/** A pod template; the image is the version. */
export function templateOf(image: string): Json {
  return {
    metadata: { labels: { app: NAME } },
    spec: {
      containers: [{ name: 'server', image, env: [{ name: 'TOKEN', value: `${SECRET} of ${image}` }] }],
    },
  };
}

export function deploymentOf(options: WorldOptions): KubeObject {
  const { replicas, maxSurge, maxUnavailable } = options;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: NAME, namespace: NAMESPACE },
    spec: {
      replicas,
      selector: { matchLabels: { app: NAME } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
      template: templateOf('v1'),
    },
    status: {},
  };
}

function routesOf({ object, forTesters }: Routing): KubeObject[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: NAME, namespace: NAMESPACE },
      spec: { selector: { app: NAME } },
    },
    ...[object, forTesters].filter((one) => one !== undefined),
    {
      apiVersion: API_VERSION,
      kind: 'ClusterAnalysisTemplate',
      metadata: { name: 'errors' },
      spec: {
        metrics: [
          {
            name: 'error-rate',
            max: '5%',
            errors: { requests: 'requests{hash="{{hash}}"}', failures: 'failures{hash="{{hash}}"}' },
          },
        ],
      },
    },
  ];
}

interface EmptyWorld {
  readonly now: number;
  readonly cluster: MemoryCluster;
  readonly options: WorldOptions;
}

/** What the user has before there is a Rollout. */
export function createAll({ now, cluster, options }: EmptyWorld): void {
  for (const object of routesOf(options.routing)) cluster.create(object);
  options.routing.tick?.(cluster, now);
  cluster.create(deploymentOf(options));
}

export function rolloutOf({ weights, onAbort, policy, routing }: WorldOptions, name = NAME): KubeObject {
  const spec = RolloutSpec.parse({
    target: { name: NAME },
    traffic: routing.traffic,
    steps: weights.map((weight) => ({ weight })),
    analysis: {
      templates: [{ name: 'errors' }],
      interval: '2s',
      warmup: '1s',
      minRequests: 10,
      minWindows: 2,
      onTimeout: 'abort',
    },
    deadlines: { start: '30s', step: '30s', promotion: '60s' },
    settle: '1s',
    drain: '2s',
    unhealthyGrace: '3s',
    onAbort,
    ...policy,
  });
  return { apiVersion: API_VERSION, kind: 'Rollout', metadata: { name, namespace: NAMESPACE }, spec };
}

interface Held {
  paused?: boolean;
  template: unknown;
}

/**
 * The admission policy that holds a changed template, as in the manifests. `isOurs` says whether the controller writes.
 */
export function holdPolicy(isOurs: () => boolean): Admission {
  return (object, old) => {
    if (object.kind !== 'Deployment' || isOurs() || old === null) return;
    const before = old.metadata.annotations ?? {};
    const gate = before[GATE];
    const after: Record<string, string> = { ...object.metadata.annotations };
    if (gate === undefined || after[OPT_IN] === 'off') return;
    const [spec, oldSpec] = [object['spec'] as Held, old['spec'] as Held];
    const changed = JSON.stringify(spec.template) !== JSON.stringify(oldSpec.template);
    const wasPaused = oldSpec.paused === true;
    const pausing = spec.paused !== true && (changed || wasPaused);
    if (pausing) spec.paused = true;
    const known = before[HOLD];
    const hold =
      spec.paused === true ? (known ?? (pausing ? (changed ? 'newer-template' : 'resumed') : '')) : '';
    after[GATE] = gate;
    if (hold === '') delete after[HOLD];
    else after[HOLD] = hold;
    object.metadata.annotations = after;
  };
}
