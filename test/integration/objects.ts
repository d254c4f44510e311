import { API_VERSION } from '../../src/api/meta.ts';

/** The smallest Rollout that the API server takes, with these fields of its spec besides. */
export function rolloutManifest(name: string, spec: object = {}): string {
  return JSON.stringify({
    apiVersion: API_VERSION,
    kind: 'Rollout',
    metadata: { name },
    spec: {
      target: { name },
      traffic: { istio: { virtualService: name } },
      analysis: { templates: [{ name: 'http-generic' }] },
      ...spec,
    },
  });
}

/** The smallest Release that the API server takes, with these fields of its spec besides. */
export function releaseManifest(name: string, spec: object = {}): string {
  const { spec: policy } = JSON.parse(rolloutManifest(name));
  const { target: _target, ...rest } = policy;
  return JSON.stringify({
    apiVersion: API_VERSION,
    kind: 'Release',
    metadata: { name },
    spec: {
      rollout: 'ranker',
      workload: { kind: 'Deployment', name: 'ranker' },
      revision: 'sbcdfghjk',
      stable: { podTemplateHash: 'abc', replicaSet: 'ranker-abc', template: { spec: { containers: [] } } },
      canary: { podTemplateHash: 'sbcdfghjk', replicaSet: 'ranker-sbcdfghjk' },
      policy: rest,
      metrics: [],
      ...spec,
    },
  });
}

/** The smallest AnalysisTemplate that the API server takes, with these metrics. */
export function templateManifest(name: string, metrics: readonly object[]): string {
  return JSON.stringify({
    apiVersion: API_VERSION,
    kind: 'AnalysisTemplate',
    metadata: { name },
    spec: { metrics },
  });
}
