import { expect, it } from 'vitest';
import { routeOf } from './route.ts';

it.each([
  ['/', { page: 'fleet' }],
  ['/manual', { page: 'manual' }],
  ['/rollouts/a/b', { page: 'rollout', namespace: 'a', name: 'b', tab: 'release' }],
  ['/rollouts/a/b/history', { page: 'rollout', namespace: 'a', name: 'b', tab: 'history' }],
  ['/rollouts/a/b/policy', { page: 'rollout', namespace: 'a', name: 'b', tab: 'policy' }],
  ['/releases/a/b%2Fc', { page: 'release', namespace: 'a', name: 'b/c' }],
  ['/releases/a/b/policy', { page: 'none' }],
  ['/rollouts/a/b/other', { page: 'none' }],
  ['/rollouts/a/b/policy/more', { page: 'none' }],
  ['/rollouts/a', { page: 'none' }],
  ['/else/a/b', { page: 'none' }],
  ['/rollouts/a/%E0%A4%A', { page: 'none' }],
])('%s', (path, route) => {
  expect(routeOf(path)).toEqual(route);
});
