import { describe, expect, it } from 'vitest';
import { askedOf } from './api-proxy.ts';

describe('what a request is about', () => {
  it.each([
    ['PATCH', '/apis/sluice.dev/v1alpha1/namespaces/a/releases/r/status', 'releases/status', 'r', true],
    ['POST', '/apis/apps/v1/namespaces/a/replicasets', 'replicasets', '', true],
    ['DELETE', '/api/v1/namespaces/a/pods/p', 'pods', 'p', true],
    ['PUT', '/apis/coordination.k8s.io/v1/namespaces/a/leases/sluice', 'leases', 'sluice', false],
    ['POST', '/apis/events.k8s.io/v1/namespaces/a/events', 'events', '', false],
    ['GET', '/api/v1/namespaces/a', 'namespaces', 'a', false],
  ])('%s %s', (method, url, resource, name, isWrite) => {
    expect(askedOf(method, url, '')).toMatchObject({ method, resource, name, isWrite, isWatch: false });
  });

  it('a watch is one by its query', () => {
    expect(askedOf('GET', '/apis/apps/v1/deployments?watch=true', '')).toMatchObject({
      resource: 'deployments',
      isWatch: true,
      isWrite: false,
    });
  });
});
