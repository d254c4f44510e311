import { describe, expect, it } from 'vitest';
import { deployment, release, replicaSet, template } from '../../test/fixtures/release.ts';
import { detachedReplicaSet, handoverPatch, isDetached } from './handover.ts';

describe('detachedReplicaSet', () => {
  const set = detachedReplicaSet(release(), deployment({ minReadySeconds: 5 }), 2);

  it('belongs to the Release', () => {
    const [owner] = set.metadata.ownerReferences ?? [];
    expect(owner).toMatchObject({ kind: 'Release', uid: 'u-release', controller: true });
  });

  it('has the Deployment for a second owner, so that it outlives a Release that is deleted in the foreground', () => {
    const [, second] = set.metadata.ownerReferences ?? [];
    expect(second).toEqual({ apiVersion: 'apps/v1', kind: 'Deployment', name: 'model', uid: 'u-deployment' });
  });

  it.each([
    ['controlled by the Release', { ownerUid: 'u-release' }, true],
    ['controlled by the Deployment', { ownerUid: 'u-deployment' }, false],
    ['controlled by nobody, with the label', { ownerUid: undefined, object: set }, true],
    ['controlled by nobody, without it', { ownerUid: undefined }, false],
  ])('%s', (_name, over, detached) => {
    expect(isDetached(replicaSet(over), release())).toBe(detached);
  });

  it('is out of reach of the selector of the Deployment, though its pods are not', () => {
    expect(set.metadata.labels?.['app']).toBeUndefined();
    expect(set['spec']).toEqual({
      replicas: 2,
      minReadySeconds: 5,
      selector: { matchLabels: { app: 'model', 'pod-template-hash': 'h2' } },
      template: {
        ...template('v2'),
        metadata: { labels: { app: 'model', 'pod-template-hash': 'h2' } },
      },
    });
  });

  it.each([
    ['settle', '1500ms', 0, 2],
    ['the Deployment', '2s', 30, 30],
  ])('counts a pod as available after the longer of two: %s', (_name, settle, minReadySeconds, seconds) => {
    const plain = release();
    const policy = { ...plain.spec.policy, settle };
    const one = detachedReplicaSet(
      { ...plain, spec: { ...plain.spec, policy } },
      deployment({ minReadySeconds }),
      1,
    );
    expect(one['spec']).toMatchObject({ minReadySeconds: seconds });
  });

  it('keeps the expressions of the selector', () => {
    const plain = deployment();
    const selector = {
      matchLabels: { app: 'model' },
      matchExpressions: [{ key: 'tier', operator: 'Exists' }],
    };
    const object = { ...plain.object, spec: { ...(plain.object['spec'] as object), selector } };
    const spec = detachedReplicaSet(release(), { ...plain, object }, 1)['spec'];
    expect((spec as { selector: unknown }).selector).toEqual({
      ...selector,
      matchLabels: { app: 'model', 'pod-template-hash': 'h2' },
    });
  });
});

describe('handoverPatch', () => {
  it('gives owner, labels and annotations in one patch that fails on any change', () => {
    const patch = handoverPatch(replicaSet(), deployment({ replicas: 10, surge: 3 }));
    expect(patch[0]).toEqual({ op: 'test', path: '/metadata/resourceVersion', value: '9' });
    const written = Object.fromEntries(patch.slice(1).map(({ path, value }) => [path, value]));
    expect(written).toMatchObject({
      '/metadata/ownerReferences': [{ kind: 'Deployment', uid: 'u-deployment', controller: true }],
      '/metadata/labels': { app: 'model', 'pod-template-hash': 'h2' },
      '/metadata/annotations': {
        'deployment.kubernetes.io/desired-replicas': '10',
        'deployment.kubernetes.io/max-replicas': '13',
      },
    });
  });
});
