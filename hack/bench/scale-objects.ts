import type { KubeObject } from '../../src/api/meta.ts';

/** Rollouts in each namespace. */
const PER_NAMESPACE = 20;
const HASH = 'stable1';
const WELL = { observedGeneration: 100, replicas: 1, readyReplicas: 1, availableReplicas: 1 };

/** Where workload number `index` is. */
export interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** Where each of the workloads `from` to `to` is. */
export function places(prefix: string, from: number, to: number): Place[] {
  return Array.from({ length: to - from }, (_, at) => ({
    namespace: `${prefix}-${Math.floor((from + at) / PER_NAMESPACE)}`,
    name: `model-${from + at}`,
  }));
}

function templateOf(name: string, version: string): object {
  const container = {
    name: 'server',
    image: `sluice.dev/model-server:${version}`,
    ports: [{ containerPort: 8080 }],
  };
  return {
    metadata: { labels: { app: name } },
    spec: { terminationGracePeriodSeconds: 1, containers: [container] },
  };
}

/** The workload as its owner wrote it. */
export function deploymentOf({ namespace, name }: Place): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: templateOf(name, 'v1'),
    },
  };
}

/** The ReplicaSet that the Deployment controller would have made: for idle workloads nobody runs it. */
export function replicaSetOf({ metadata: { namespace, name, uid } }: KubeObject): KubeObject {
  const labels = { app: name, 'pod-template-hash': HASH };
  const { spec } = templateOf(name, 'v1') as { spec: object };
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name, uid, controller: true };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      ...(namespace === undefined ? {} : { namespace }),
      name: `${name}-${HASH}`,
      labels,
      ownerReferences: [owner],
    },
    spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  } as KubeObject;
}

export const DEPLOYMENT_STATUS = { ...WELL, updatedReplicas: 1 };
export const REPLICA_SET_STATUS = WELL;

/** Service, routes and policy of a workload. */
export function aroundOf({ namespace, name }: Place): KubeObject[] {
  const metadata = { namespace, name };
  const route = [{ destination: { host: name, port: { number: 80 } } }];
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: {
        clusterIP: 'None',
        selector: { app: name },
        ports: [{ name: 'http', port: 80, targetPort: 8080 }],
      },
    },
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata,
      spec: { hosts: [name], http: [{ route }] },
    },
    {
      apiVersion: 'sluice.dev/v1alpha1',
      kind: 'Rollout',
      metadata,
      spec: {
        target: { kind: 'Deployment', name },
        traffic: { istio: { virtualService: name } },
        steps: [{ weight: 10 }, { weight: 25 }, { weight: 50 }],
        analysis: {
          interval: '10s',
          warmup: '2s',
          minWindows: 2,
          minRequests: 50,
          templates: [{ kind: 'ClusterAnalysisTemplate', name: 'bench' }],
        },
        settle: '2s',
        drain: '3s',
      },
    },
  ];
}

/** The metric by which all of them are judged; the bench answers its queries. */
export const TEMPLATE: KubeObject = {
  apiVersion: 'sluice.dev/v1alpha1',
  kind: 'ClusterAnalysisTemplate',
  metadata: { name: 'bench' },
  spec: {
    metrics: [
      {
        name: 'errors',
        max: '5%',
        errors: {
          requests: 'requests{hash="{{hash}}",app="{{workload}}"}',
          failures: 'failures{hash="{{hash}}",app="{{workload}}"}',
        },
      },
    ],
  },
};

/** What a pipeline does to the workload: another image. */
export const PUSH = [
  { op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'sluice.dev/model-server:v2' },
];
