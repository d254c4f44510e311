import { describe, expect, test } from 'vitest';
import { pathOf, RESOURCES, resourceOf } from './resource.ts';

describe('the path', () => {
  test.each([
    [pathOf(RESOURCES.Service), '/api/v1/services'],
    [pathOf(RESOURCES.Service, { namespace: 'shop' }), '/api/v1/namespaces/shop/services'],
    [pathOf(RESOURCES.Service, { namespace: 'shop', name: 'a' }), '/api/v1/namespaces/shop/services/a'],
    [
      pathOf(RESOURCES.Rollout, { namespace: 'shop', name: 'a', subresource: 'status' }),
      '/apis/sluice.dev/v1alpha1/namespaces/shop/rollouts/a/status',
    ],
    [
      pathOf(RESOURCES.ClusterAnalysisTemplate, { namespace: 'shop', name: 'a' }),
      '/apis/sluice.dev/v1alpha1/clusteranalysistemplates/a',
    ],
    [
      pathOf(RESOURCES.Service, { namespace: '../x', name: 'a/b' }),
      '/api/v1/namespaces/..%2Fx/services/a%2Fb',
    ],
  ])('%s', (path, expected) => {
    expect(path).toBe(expected);
  });

  test('of a kind that is not known is a fault of ours', () => {
    expect(() => resourceOf({ kind: 'Secret' })).toThrow('no resource for kind Secret');
  });
});
