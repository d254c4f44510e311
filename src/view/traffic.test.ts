import { describe, expect, it } from 'vitest';
import { release, statusOf } from '../../test/fixtures/release.ts';
import type { VersionView } from './release-view.ts';
import { trafficView } from './traffic.ts';

const version = (role: VersionView['role'], ready?: number): VersionView => ({
  role,
  label: role,
  replicaSet: role,
  podTemplateHash: role,
  images: {},
  text: '',
  tone: 'good',
  pods: [],
  ...(ready === undefined ? {} : { ready }),
});

describe('traffic that pods divide', () => {
  const status = statusOf({ phase: 'Stepping', stage: 'Analysing', weight: 33 });
  const byPods = release(status, { shares: 'pods', rounding: 'of pods' });

  it('is that of the ready pods as they are now, in both numbers', () => {
    expect(trafficView(byPods, [version('stable', 3), version('canary', 1)])).toEqual({
      stable: 75,
      canary: 25,
      isShared: true,
      text: 'canary 25 %, stable 75 % (1 of 4 ready pods)',
      rounding: 'of pods',
    });
  });

  it('is what the status says where pods may not be read', () => {
    expect(trafficView(byPods, [version('stable'), version('canary')])).toMatchObject({
      canary: 33,
      text: 'canary 33 %, stable 67 %',
    });
  });

  it('stays with the canary in a roll-back for as long as it has pods', () => {
    const ending = release(statusOf({ phase: 'Aborting', stage: 'Removing', weight: 25 }), {
      shares: 'pods',
    });
    expect(trafficView(ending, [version('stable', 3), version('canary', 1)]).canary).toBe(25);
    expect(trafficView(ending, [version('stable', 3), version('canary', 0)]).canary).toBe(0);
  });
});
