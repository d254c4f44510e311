import { describe, expect, it } from 'vitest';
import { revision, template } from '../../test/fixtures/release.ts';
import type { KubeObject } from '../api/meta.ts';
import { observeDeployment, observeReplicaSet, withoutHash } from './workload.ts';

function object(kind: string, spec: object, status: object = {}, metadata: object = {}): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: 'model', namespace: 'shop', uid: 'u', generation: 3, ...metadata },
    spec: { template: template('v1'), selector: { matchLabels: { app: 'model' } }, ...spec },
    status,
  };
}

const out = (value: string): boolean =>
  observeDeployment(object('Deployment', {}, {}, { annotations: { 'sluice.dev/rollout': value } }), revision)
    .optedOut;
const pods = (status: object): number => observeReplicaSet(object('ReplicaSet', {}, status), revision).pods;

describe('deploymentSeen', () => {
  const complete = { observedGeneration: 3, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };

  it.each([
    ['complete', {}, true],
    ['not yet observed', { observedGeneration: 2 }, false],
    ['old pods left', { replicas: 3 }, false],
    ['not all updated', { updatedReplicas: 1 }, false],
    ['not all available', { availableReplicas: 1 }, false],
  ])('%s', (_what, over, is) => {
    const seen = observeDeployment(object('Deployment', { replicas: 2 }, { ...complete, ...over }), revision);
    expect(seen.complete).toBe(is);
  });

  it.each([
    [true, { 'sluice.dev/hold': 'newer-template' }, true],
    [true, {}, false],
    [false, { 'sluice.dev/hold': 'newer-template' }, false],
  ])('paused %s with %o is held: %s', (paused, annotations, held) => {
    const seen = observeDeployment(object('Deployment', { paused }, {}, { annotations }), revision);
    expect(seen.held).toBe(held);
  });

  it('takes the defaults of Kubernetes where fields are missing', () => {
    const { status: _status, ...bare } = object('Deployment', {});
    const seen = observeDeployment(bare, revision);
    expect([seen.replicas, seen.surge, seen.strategy, seen.paused, seen.readyReplicas]).toEqual([
      1,
      1,
      'RollingUpdate',
      false,
      0,
    ]);
  });

  it('is opted out only by the word off', () => {
    expect([out('off'), out('true')]).toEqual([true, false]);
  });
});

describe('replicaSetSeen', () => {
  it('counts pods only once its last change has been acted on', () => {
    expect(pods({ observedGeneration: 3, replicas: 0 })).toBe(0);
    expect(pods({ observedGeneration: 2, replicas: 0 })).toBe(1);
    expect(pods({})).toBe(1);
  });

  it('has no pods to count on once it is being deleted', () => {
    const status = { observedGeneration: 3, replicas: 2, readyReplicas: 2, availableReplicas: 2 };
    const set = observeReplicaSet(
      object('ReplicaSet', {}, status, { deletionTimestamp: '2026-11-24T12:00:00Z' }),
      revision,
    );
    expect([set.ready, set.available, set.pods]).toEqual([0, 0, 2]);
  });

  it('reads hash and owner, and the template without the hash', () => {
    const labels = { app: 'model', 'pod-template-hash': 'abc' };
    const owners = [
      { apiVersion: 'v1', kind: 'Other', name: 'o', uid: 'o' },
      { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd', uid: 'd', controller: true },
    ];
    const spec = { template: { ...template('v1'), metadata: { labels } } };
    const seen = observeReplicaSet(object('ReplicaSet', spec, {}, { ownerReferences: owners }), revision);
    expect([seen.hash, seen.ownerUid, seen.revision]).toEqual(['abc', 'd', 'v1']);
    expect(seen.template).toEqual(template('v1'));
  });
});

describe('withoutHash', () => {
  it('takes the hash away and nothing else', () => {
    const labels = { app: 'model', 'pod-template-hash': 'abc' };
    expect(withoutHash({ metadata: { labels, annotations: { a: 'b' } }, spec: {} })).toEqual({
      metadata: { labels: { app: 'model' }, annotations: { a: 'b' } },
      spec: {},
    });
    expect(labels['pod-template-hash']).toBe('abc');
  });
});
