import { applyPatch, type Operation } from 'rfc6902';
import { describe, expect, it } from 'vitest';
import { deployment, replicaSet, rollout, template } from '../../../test/fixtures/release.ts';
import { asidePatch, isAside, returnPatch, stableReplicaSet } from './set-aside.ts';

const owner = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  name: 'model',
  uid: 'u-deployment',
  controller: true,
  blockOwnerDeletion: true,
};
const labels = { app: 'model', 'pod-template-hash': 'h0' };
const annotations = { 'deployment.kubernetes.io/revision': '7' };
const object = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name: 'model-h0', resourceVersion: '9', annotations, labels, ownerReferences: [owner] },
  spec: { replicas: 3 },
};
const set = replicaSet({ name: 'model-h0', template: template('v0'), object });

describe('a ReplicaSet that is set aside', () => {
  const after = structuredClone(object);
  applyPatch(after, asidePatch(set, deployment(), rollout()) as Operation[]);
  const aside = { ...set, object: after };

  it('has no pods, and is out of reach of the Deployment for two reasons', () => {
    expect(after.spec.replicas).toBe(0);
    expect(after.metadata.labels.app).toBeUndefined();
    const controllers = after.metadata.ownerReferences.filter(({ controller }) => controller);
    expect(controllers.map(({ kind }) => kind)).toEqual(['Rollout']);
  });

  it('is known by the Deployment that it goes with', () => {
    expect(isAside(aside, deployment())).toBe(true);
    expect(isAside(aside, { uid: 'another' })).toBe(false);
    expect(isAside(set, deployment())).toBe(false);
  });

  it('comes back as it was, without its pods', () => {
    applyPatch(after, returnPatch(aside, deployment()) as Operation[]);
    expect(after).toEqual({ ...object, spec: { replicas: 0 } });
  });
});

describe('the ReplicaSet of stable that is made again', () => {
  const stable = { name: 'model-h1', hash: 'h1', revision: 'v1', template: template('v1') };

  it('is found as before: name, labels, selector and template', () => {
    const made = stableReplicaSet(stable, deployment({ replicas: 4, surge: 1, minReadySeconds: 5 }), [set]);
    expect(made.metadata).toMatchObject({
      name: 'model-h1',
      labels: { app: 'model', 'pod-template-hash': 'h1' },
      ownerReferences: [owner],
      annotations: {
        'deployment.kubernetes.io/desired-replicas': '4',
        'deployment.kubernetes.io/max-replicas': '5',
        'deployment.kubernetes.io/revision': '8',
      },
    });
    const marked = { ...template('v1'), metadata: { labels: { app: 'model', 'pod-template-hash': 'h1' } } };
    expect(made['spec']).toMatchObject({ replicas: 4, minReadySeconds: 5, template: marked });
  });
});
