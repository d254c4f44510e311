import { describe, expect, it } from 'vitest';
import type { Resource } from '../../adapters/kubernetes/resource.ts';
import type { KubeObject } from '../../api/meta.ts';
import { type ErrorCode, SluiceError } from '../../errors.ts';
import { fromCluster } from './from-cluster.ts';

const fails = (code: ErrorCode): never => {
  throw new SluiceError(code, 'cannot', { retry: 'terminal' });
};

interface Cluster {
  /** Objects without what a list leaves out, by plural and namespace; '' is the cluster. */
  readonly objects: Readonly<Record<string, readonly object[]>>;
  readonly forbidden?: readonly string[];
}

/** A cluster that knows the kinds of which it has objects, and Deployments. */
async function read({ objects, forbidden = [] }: Cluster, namespace: string | null = 'shop') {
  const told: string[] = [];
  const list = async ({ plural, group }: Resource, at: string | undefined) => {
    if (forbidden.includes(plural)) fails('KUBERNETES_FORBIDDEN');
    const known = Object.keys(objects).filter((key) => key.startsWith(`${plural}/`));
    if (known.length === 0 && group !== 'apps') fails('KUBERNETES_NOT_FOUND');
    const items = known
      .filter((key) => at === undefined || key === `${plural}/${at}`)
      .flatMap((key) => objects[key] ?? []);
    return { items: items as KubeObject[], resourceVersion: '1', continue: undefined };
  };
  const given = await fromCluster({ list }, namespace ?? undefined, (line) => told.push(line));
  return { told, names: given.map(({ object: { kind, metadata } }) => `${kind}/${metadata.name}`), given };
}

const named = (name: string, spec: object = {}): object => ({ metadata: { name, namespace: 'shop' }, spec });
const USING = named('ranker', {
  strategy: { canary: { analysis: { templates: [{ templateName: 'all' }] } } },
});
const CANARY = named('ranker', {
  analysis: { metrics: [{ templateRef: { name: 'errors', namespace: 'monitoring' } }] },
});

describe('objects of the cluster', () => {
  it('are those of both tools in the namespace, with Deployments, and with the names that a list leaves out', async () => {
    const { given, names } = await read({
      objects: {
        'rollouts/shop': [USING],
        'rollouts/other': [named('other')],
        'clusteranalysistemplates/': [named('all'), named('unused')],
        'deployments/shop': [named('ranker')],
        'virtualservices/shop': [named('routes')],
      },
    });
    expect(names).toEqual([
      'Rollout/ranker',
      'ClusterAnalysisTemplate/all',
      'Deployment/ranker',
      'VirtualService/routes',
    ]);
    expect(given.map(({ object }) => object.apiVersion)).toEqual([
      'argoproj.io/v1alpha1',
      'argoproj.io/v1alpha1',
      'apps/v1',
      'networking.istio.io/v1',
    ]);
  });

  it('are those of other namespaces as well where a Canary names them', async () => {
    const objects = { 'canaries/shop': [CANARY], 'metrictemplates/monitoring': [named('errors')] };
    expect((await read({ objects })).names).toEqual(['Canary/ranker', 'MetricTemplate/errors']);
  });

  it('are those of all namespaces where that is asked for', async () => {
    const objects = { 'rollouts/shop': [named('a')], 'rollouts/other': [named('b')] };
    expect((await read({ objects }, null)).names).toEqual(['Rollout/a', 'Rollout/b']);
  });

  it('may lack what is only consulted, and say so', async () => {
    const { names, told } = await read({
      objects: { 'canaries/shop': [CANARY] },
      forbidden: ['deployments'],
    });
    expect(names).toEqual(['Canary/ranker']);
    expect(told).toEqual(['deployments are not read: you may not list them here']);
  });

  it.each<[string, Cluster, string]>([
    ['neither tool', { objects: {} }, 'this cluster has no kinds of Argo Rollouts or Flagger'],
    ['no right to read', { objects: { 'rollouts/shop': [] }, forbidden: ['canaries'] }, 'cannot'],
  ])('of a cluster with %s are refused', async (_what, cluster, message) => {
    await expect(read(cluster)).rejects.toThrow(message);
  });
});
