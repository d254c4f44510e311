import { describe, expect, it } from 'vitest';
import { createMemoryCluster } from '../../test/fakes/memory-cluster.ts';
import { release as releaseOf } from '../../test/fixtures/release.ts';
import type { KubeObject } from '../api/meta.ts';
import type { Release } from '../api/release/release.ts';
import { approveFromGit } from './git-approval.ts';

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function rolloutWith(annotations: Record<string, string>): KubeObject {
  return {
    apiVersion: 'sluice.dev/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'model', namespace: 'shop', annotations },
  };
}

async function play(annotations: Record<string, string>, approval: object = {}, spec: object = {}) {
  const cluster = createMemoryCluster({ now: () => 0 });
  const policy = { approval: { at: ['25', 'promotion'], ...approval } };
  cluster.create(releaseOf({ phase: 'Stepping', stage: 'Analysing', waitingFor: '25' }, spec, policy));
  const release = (): Release => cluster.get('Release', 'shop', 'model-h2') as Release;
  const rollout = rolloutWith(annotations);
  const deps = { writer: cluster.writer, events: cluster.events, log: quiet };
  await approveFromGit(deps, release(), [rollout, null]);
  await approveFromGit(deps, release(), [rollout, null]);
  return { approvals: release().spec.approvals, told: cluster.recorded };
}

const approve = 'sluice.dev/approve';
const by = { 'sluice.dev/approved-by': 'alice' };

describe('an approval in Git', () => {
  it('opens the gate that waits, once, on behalf of who set it', async () => {
    const { approvals } = await play({ [approve]: 'v2:promotion, v2:25', ...by });
    expect(approvals).toEqual([{ gate: '25', onBehalfOf: 'alice', via: 'git' }]);
  });

  it('stands beside what others have given', async () => {
    const given = { gate: '25', by: 'bob', onBehalfOf: '' };
    const { approvals } = await play({ [approve]: 'v2:25', ...by }, { quorum: 2 }, { approvals: [given] });
    expect(approvals).toHaveLength(2);
  });

  it.each<[string, string]>([
    ['another revision', 'v1:25'],
    ['another gate', 'v2:promotion'],
    ['half a word', 'v2:2'],
    ['nothing', ''],
  ])('of %s opens nothing', async (_what, value) => {
    expect((await play({ [approve]: value, ...by })).approvals).toBeUndefined();
  });

  it.each<[string, Record<string, string>, object, string]>([
    ['whose author the API server did not write down', {}, {}, 'sluice-approve-in-git'],
    [
      'by somebody who is not named',
      by,
      { from: { users: ['bob'] } },
      'alice set it, who is not in approval.from.users',
    ],
    ['where only groups are named', by, { from: { groups: ['leads'] } }, 'who is not in approval.from.users'],
  ])('%s opens nothing, which is reported once', async (_what, author, approval, why) => {
    const { approvals, told } = await play({ [approve]: 'v2:25', ...author }, approval);
    expect(approvals).toBeUndefined();
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ reason: 'ApprovalRefused', note: expect.stringContaining(why) });
  });
});
