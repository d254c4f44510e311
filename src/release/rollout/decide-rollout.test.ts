import { describe, expect, it } from 'vitest';
import {
  ago,
  deployment,
  NOW,
  release,
  replicaSet,
  rollout,
  rolloutSeen,
  statusOf,
} from '../../../test/fixtures/release.ts';
import { RETRY } from '../../api/annotations/annotations.ts';
import type { Release, ReleaseStatus } from '../../api/release/release.ts';
import { decideRollout } from './decide-rollout.ts';
import { FINALIZER } from './new-release.ts';
import { type RolloutObservation } from './rollout-observation.ts';

const stable = replicaSet({ name: 'model-h1', ownerUid: 'u-deployment', replicas: 4, revision: 'v1' });

function past(
  name: string,
  revision: string,
  phase: ReleaseStatus['phase'],
  annotations: Record<string, string> = {},
): Release {
  const one = release(undefined, { revision });
  const status = statusOf({ phase, reason: 'Why', finishedAt: ago(60) });
  return { ...one, metadata: { ...one.metadata, name, annotations }, status };
}

/** A Rollout with v1 as stable since this Release ended. */
const knowing = (name: string) =>
  rollout({
    status: {
      stable: { podTemplateHash: 'h1', replicaSet: 'model-h1' },
      last: { release: name, revision: 'v2', outcome: 'Promoted', reason: 'Why', at: ago(60) },
    },
  });

const decide = (over: Partial<RolloutObservation> = {}) => decideRollout(rolloutSeen(over));
const ready = (over: Partial<RolloutObservation>): string | undefined =>
  decide(over).status.conditions?.find(({ type }) => type === 'Ready')?.reason;

describe('starting a release', () => {
  it('tries what is held, with a copy of the policy and of stable', () => {
    const { start } = decide();
    expect(start?.metadata).toMatchObject({
      name: 'model-v2',
      namespace: 'shop',
      finalizers: [FINALIZER],
      ownerReferences: [{ kind: 'Rollout', uid: 'u-rollout', controller: true }],
    });
    expect(start?.spec).toMatchObject({
      revision: 'v2',
      stable: { podTemplateHash: 'h1', replicaSet: 'model-h1' },
      canary: { podTemplateHash: 'v2', replicaSet: 'model-v2' },
    });
    expect(start?.spec.policy).not.toHaveProperty('target');
  });

  it.each<[string, Partial<RolloutObservation>, string | undefined]>([
    ['held on a newer template', {}, 'model-v2'],
    ['not held', { deployment: deployment({ paused: false, held: false }) }, undefined],
    ['paused by its owner', { deployment: deployment({ held: false }) }, undefined],
    ['held on stable', { deployment: deployment({ revision: 'v1' }) }, undefined],
    ['one is under way', { releases: [release({ phase: 'Stepping', stage: 'Analysing' })] }, undefined],
    ['one is new', { releases: [release()] }, undefined],
    ['one cannot be read', { unreadable: { reason: 'UnknownPhase', message: 'm' } }, undefined],
    [
      'metrics cannot be resolved',
      { metrics: { problem: { reason: 'InvalidTemplate', message: 'm' } } },
      undefined,
    ],
    ['under another gate', { rival: 'other' }, undefined],
    ['no Deployment', { deployment: null, owned: [] }, undefined],
    ['opted out', { deployment: deployment({ optedOut: true }) }, undefined],
    ['stable unknown', { owned: [] }, undefined],
    ['was rolled back', { releases: [past('model-v2', 'v2', 'Aborted')] }, undefined],
    ['was cancelled', { releases: [past('model-v2', 'v2', 'Cancelled')] }, 'model-v2x2'],
    ['was superseded before', { releases: [past('model-v2', 'v2', 'Superseded')] }, 'model-v2x2'],
    [
      'was promoted before',
      { releases: [past('model-v2', 'v2', 'Promoted')], rollout: knowing('model-v2') },
      'model-v2x2',
    ],
    [
      'was rolled back before another',
      { releases: [past('model-v2', 'v2', 'Aborted'), past('model-v3', 'v3', 'Aborted')] },
      'model-v2x2',
    ],
    ['name of its ReplicaSet taken', { takenNames: ['model-v2', 'model-v2x2'] }, 'model-v2x3'],
    ['was rolled back, history deleted', { rollout: rollout({ status: { tried: 'v2' } }) }, undefined],
    [
      'was rolled back, its Release deleted after that of an older one',
      {
        rollout: rollout({ status: { tried: 'v2', last: { release: 'model-v2' } } }),
        releases: [past('model-v0', 'v0', 'Aborted')],
      },
      undefined,
    ],
  ])('%s', (_what, over, name) => {
    expect(decide(over).start?.metadata.name).toBe(name);
  });

  it('tries once more for each new value of the annotation', () => {
    const asked = rollout({}, { annotations: { [RETRY]: '1' } });
    const first = decide({ rollout: asked, releases: [past('model-v2', 'v2', 'Aborted')] }).start;
    expect([first?.metadata.name, first?.metadata.annotations]).toEqual(['model-v2x2', { [RETRY]: '1' }]);
    const second = past('model-v2x2', 'v2', 'Aborted', { [RETRY]: '1' });
    expect(decide({ rollout: asked, releases: [second] }).start).toBeNull();
  });
});

describe('what serves', () => {
  it.each<[string, Partial<RolloutObservation>, string]>([
    [
      'two ReplicaSets with pods while held',
      { owned: [stable, replicaSet({ ownerUid: 'u-deployment' })] },
      'WorkloadUpdating',
    ],
    ['one', { owned: [stable, replicaSet({ ownerUid: 'u-deployment', replicas: 0 })] }, 'Gated'],
  ])('%s', (_what, over, reason) => {
    expect(ready(over)).toBe(reason);
  });

  it('is remembered while scaled to nothing', () => {
    const known = rollout({ status: { stable: { podTemplateHash: 'h1', replicaSet: 'model-h1' } } });
    const { start } = decide({
      rollout: known,
      owned: [
        { ...stable, replicas: 0 },
        { ...stable, replicas: 0, hash: 'h0', name: 'old' },
      ],
    });
    expect(start?.spec.stable.replicaSet).toBe('model-h1');
  });

  it('is what served at the start while a release is under way', () => {
    const { status } = decide({ releases: [release({ phase: 'Promoting', stage: 'Updating' })], owned: [] });
    expect(status.stable).toMatchObject({ podTemplateHash: 'h1', replicaSet: 'model-h1' });
  });
});

describe('the gate', () => {
  it.each<[string, Partial<RolloutObservation>, string]>([
    ['is there', {}, 'leave'],
    ['is missing', { deployment: deployment({ gate: undefined }) }, 'put'],
    ['is that of a Rollout that is gone', { deployment: deployment({ gate: 'gone' }) }, 'put'],
    ['is that of another Rollout', { deployment: deployment({ gate: 'other' }), rival: 'other' }, 'leave'],
    ['is there, opted out', { deployment: deployment({ optedOut: true }) }, 'take'],
    [
      'is there, opted out, one under way',
      { deployment: deployment({ optedOut: true }), releases: [release()] },
      'leave',
    ],
    ['is missing, opted out', { deployment: deployment({ optedOut: true, gate: undefined }) }, 'leave'],
    [
      'has a Release that cannot be read',
      {
        deployment: deployment({ gate: undefined }),
        unreadable: { reason: 'InvalidTemplate', message: 'm' },
      },
      'leave',
    ],
  ])('%s', (_what, over, gate) => {
    expect(decide(over).gate).toBe(gate);
  });

  it.each<[string, Partial<RolloutObservation>, boolean]>([
    ['held on what serves', { deployment: deployment({ revision: 'v1' }) }, true],
    ['held on something newer', {}, false],
    [
      'held on what serves, one under way',
      { deployment: deployment({ revision: 'v1' }), releases: [release()] },
      false,
    ],
    [
      'paused by its owner on what serves',
      { deployment: deployment({ revision: 'v1', held: false }) },
      false,
    ],
  ])('resumes a Deployment: %s', (_what, over, resume) => {
    expect(decide(over).resume).toBe(resume);
  });
});

describe('the status', () => {
  it.each<[string, Partial<RolloutObservation>, string]>([
    ['WorkloadNotFound', { deployment: null }, 'WorkloadNotFound'],
    ['WorkloadTaken', { rival: 'other' }, 'WorkloadTaken'],
    ['OptedOut', { deployment: deployment({ optedOut: true }) }, 'OptedOut'],
    ['PausedByOwner', { deployment: deployment({ held: false }) }, 'PausedByOwner'],
    [
      'of the metrics',
      { metrics: { problem: { reason: 'TemplateNotFound', message: 'm' } } },
      'TemplateNotFound',
    ],
    ['of preflight', { preflight: { reason: 'NoRouteToService', message: 'm' } }, 'NoRouteToService'],
    ['of a Release', { unreadable: { reason: 'UnknownPhase', message: 'm' } }, 'UnknownPhase'],
    ['none, after a roll-back', { releases: [past('model-v2', 'v2', 'Aborted')] }, 'RevisionRejected'],
    ['none', {}, 'Gated'],
  ])('shows the problem: %s', (_what, over, reason) => {
    expect(ready(over)).toBe(reason);
  });

  it('follows the current release, and says why it does not continue', () => {
    const progressing = {
      type: 'Progressing',
      status: 'False',
      reason: 'Paused',
      message: 'm',
      lastTransitionTime: ago(1),
    } as const;
    const current = release({ phase: 'Stepping', stage: 'Analysing', weight: 25, conditions: [progressing] });
    const { status } = decide({ releases: [past('model-v0', 'v0', 'Promoted'), current] });
    expect(status).toMatchObject({
      phase: 'Stepping',
      release: 'model-h2',
      weight: 25,
      last: { release: 'model-v0', outcome: 'Promoted' },
    });
    expect(status.conditions?.find(({ type }) => type === 'Progressing')).toMatchObject({
      status: 'False',
      reason: 'Paused',
    });
    const after = decide({ rollout: rollout({ status }), now: NOW + 1 });
    expect(after.status.conditions?.map(({ type }) => type)).toEqual(['Ready']);
  });

  it('is the same when nothing has changed', () => {
    const { status } = decide();
    expect(decide({ rollout: rollout({ status }), now: NOW + 60_000 }).status).toEqual(status);
  });

  it('keeps ten finished releases', () => {
    const releases = Array.from({ length: 13 }, (_one, index) => past(`r${index}`, 'v0', 'Promoted'));
    expect(decide({ releases }).prune.map(({ metadata }) => metadata.name)).toEqual(['r0', 'r1', 'r2']);
  });
});
