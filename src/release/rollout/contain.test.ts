import { describe, expect, it } from 'vitest';
import {
  ago,
  deployment,
  release,
  replicaSet,
  rollout,
  rolloutSeen,
} from '../../../test/fixtures/release.ts';
import type { ObservedReplicaSet } from '../../workload/workload.ts';
import { decideRollout } from './decide-rollout.ts';
import { type RolloutObservation } from './rollout-observation.ts';

const made = (seconds: number, over: Partial<ObservedReplicaSet>): ObservedReplicaSet => {
  const one = replicaSet({ ownerUid: 'u-deployment', replicas: 0, ready: 0, ...over });
  const { object } = one;
  return { ...one, object: { ...object, metadata: { ...object.metadata, creationTimestamp: ago(seconds) } } };
};

const stable = made(100, { name: 'model-h1', replicas: 4, ready: 4, revision: 'v1' });
const asleep = { ...stable, replicas: 0, ready: 0 };
const older = made(200, { name: 'model-h0', revision: 'v0' });
const newer = made(50, { name: 'model-h3', revision: 'v3' });
const sameTemplate = made(200, { name: 'model-h2', revision: 'v2' });
const status = { stable: { podTemplateHash: 'h1', replicaSet: 'model-h1', template: stable.template } };

const containment = (over: Partial<RolloutObservation>) =>
  decideRollout(rolloutSeen({ rollout: rollout({ status }), ...over })).containment;
const names = (sets: readonly ObservedReplicaSet[]): string[] => sets.map(({ name }) => name);

describe('what is set aside while the Deployment is held', () => {
  it.each<[string, Partial<RolloutObservation>, string[]]>([
    ['nothing beside stable', { owned: [stable] }, []],
    ['not a ReplicaSet older than stable', { owned: [older, stable] }, []],
    ['a newer ReplicaSet, which would be scaled up first', { owned: [stable, newer] }, ['model-h3']],
    ['one of the template that is held', { owned: [sameTemplate, stable] }, ['model-h2']],
    ['all others, where stable is gone', { owned: [older, newer], takenNames: [] }, ['model-h0', 'model-h3']],
    [
      'one with pods, where stable has none',
      { owned: [{ ...older, replicas: 4, ready: 4 }, asleep] },
      ['model-h0'],
    ],
    [
      'one with pods that are not ready',
      {
        owned: [
          { ...older, replicas: 4 },
          { ...stable, ready: 0 },
        ],
      },
      ['model-h0'],
    ],
    [
      'one with pods, where stable serves',
      { owned: [{ ...older, replicas: 2, ready: 2 }, stable] },
      ['model-h0'],
    ],
    [
      'not a ReplicaSet that serves in the middle of an update',
      {
        owned: [
          { ...older, replicas: 3, ready: 3 },
          { ...stable, ready: 1 },
        ],
      },
      [],
    ],
    [
      'nothing while it is not held',
      { owned: [stable, newer], deployment: deployment({ paused: false, held: false }) },
      [],
    ],
    [
      'nothing of what its owner has paused',
      { owned: [stable, newer], deployment: deployment({ held: false }) },
      [],
    ],
    [
      'nothing while it has opted out',
      { owned: [stable, newer], deployment: deployment({ optedOut: true }) },
      [],
    ],
    ['nothing under another gate', { owned: [stable, newer], rival: 'other' }, []],
    [
      'nothing between the handover and the end of the update',
      {
        owned: [stable, newer, made(10, { name: 'model-h2', revision: 'v2' })],
        releases: [release({ phase: 'Promoting', stage: 'HandingOver' })],
      },
      [],
    ],
    [
      'while a release is under way, too',
      { owned: [stable, newer], releases: [release({ phase: 'Stepping', stage: 'Analysing' })] },
      ['model-h3'],
    ],
  ])('%s', (_what, over, expected) => {
    expect(names(containment(over).setAside)).toEqual(expected);
  });

  it('is reported where it had pods, and starts nothing in that moment', () => {
    const seen = rolloutSeen({
      rollout: rollout({ status }),
      owned: [{ ...older, replicas: 4, ready: 4 }, asleep],
    });
    const { problem, start } = decideRollout(seen);
    expect([problem?.reason, start]).toEqual(['StrayPods', null]);
  });

  it('is the Deployment’s again once the hold ends, except a second one of its template', () => {
    const free = deployment({ paused: false, held: false, revision: 'v1' });
    const found = containment({
      owned: [stable],
      aside: [older, { ...newer, revision: 'v1' }],
      deployment: free,
    });
    expect([names(found.giveBack), names(found.remove)]).toEqual([['model-h0'], ['model-h3']]);
  });
});

describe('stable', () => {
  it.each<[string, Partial<RolloutObservation>, string | undefined]>([
    ['is made again where its ReplicaSet is gone', { owned: [], takenNames: [] }, 'model-h1'],
    ['is not, while its name is taken', { owned: [], takenNames: ['model-h1'] }, undefined],
    [
      'is not, without pods to have',
      { owned: [], takenNames: [], deployment: deployment({ replicas: 0 }) },
      undefined,
    ],
    ['is not, where it is there', { owned: [asleep] }, undefined],
  ])('%s', (_what, over, name) => {
    expect(containment(over).make?.name).toBe(name);
  });

  it.each<[string, Partial<RolloutObservation>, string]>([
    ['gone', { owned: [], takenNames: [] }, 'StableGone'],
    [
      'gone, with its template',
      {
        owned: [],
        rollout: rollout({ status: { stable: { podTemplateHash: 'h1', replicaSet: 'model-h1' } } }),
      },
      'StableLost',
    ],
    ['without a ready pod', { owned: [{ ...stable, ready: 0 }] }, 'StableNotReady'],
    ['unknown, with no ReplicaSet at all', { rollout: rollout(), owned: [] }, 'StableLost'],
    [
      'not restored',
      { owned: [], takenNames: [], refused: { reason: 'StableNotRestored', message: 'quota' } },
      'StableNotRestored',
    ],
  ])('%s is reported', (_what, over, reason) => {
    const { conditions } = decideRollout(rolloutSeen({ rollout: rollout({ status }), ...over })).status;
    const ready = conditions?.find(({ type }) => type === 'Ready');
    expect(ready).toMatchObject({ status: 'False', reason });
    expect(ready?.message).not.toContain('stable serves');
  });

  it('that has no ready pod keeps no release from starting, for that may be its repair', () => {
    const { start } = decideRollout(
      rolloutSeen({ rollout: rollout({ status }), owned: [{ ...stable, ready: 0 }] }),
    );
    expect(start).not.toBeNull();
  });

  it.each<[string, Partial<RolloutObservation>, string]>([
    [
      'what a current Release says',
      {
        releases: [
          release(
            { phase: 'Stepping' },
            { stable: { podTemplateHash: 'h3', replicaSet: 'model-h3', template: {} } },
          ),
        ],
        owned: [stable, newer],
      },
      'h3',
    ],
    ['the Rollout', { owned: [{ ...older, replicas: 4 }, asleep] }, 'h1'],
    [
      'a promotion that the Rollout has yet to take in',
      {
        releases: [release({ phase: 'Promoted', finishedAt: ago(1) })],
        owned: [asleep, made(5, { name: 'model-h2', revision: 'v2', replicas: 4 })],
      },
      'h2',
    ],
    [
      'the last Release, where the Rollout has forgotten',
      {
        rollout: rollout(),
        releases: [release({ phase: 'Aborted', finishedAt: ago(1) })],
        owned: [{ ...older, replicas: 4 }, asleep],
      },
      'h1',
    ],
  ])('is known from %s', (_what, over, hash) => {
    const { status: next } = decideRollout(rolloutSeen({ rollout: rollout({ status }), ...over }));
    expect(next.stable?.podTemplateHash).toBe(hash);
  });
});
