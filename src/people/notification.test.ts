import { describe, expect, it } from 'vitest';
import { ago, deployment, release, template } from '../../test/fixtures/release.ts';
import { watchedMetric } from '../../test/fixtures/windows.ts';
import type { KubeObject } from '../api/meta.ts';
import type { Release } from '../api/release/release.ts';
import type { Store } from '../ports/cluster.ts';
import { notificationOf } from './notification.ts';

const MESSAGE = { seq: 1, at: ago(0), severity: 'info', reason: 'X', text: 'x' } as const;

/** A store with one Deployment, or with nothing. */
const storeOf = (workload: KubeObject | null): Pick<Store, 'get' | 'list'> => ({
  get: (kind) => (kind === 'Deployment' ? workload : null),
  list: () => [],
});

const told = (one: Release, workload: KubeObject | null = null) =>
  notificationOf(storeOf(workload), one, MESSAGE);

describe('a notification', () => {
  it.each<[string, Release, readonly string[]]>([
    ['under way', release({ phase: 'Stepping', stage: 'Analysing' }), ['status', 'abort']],
    [
      'at a gate',
      release({ phase: 'Stepping', stage: 'Analysing', waitingFor: '50', waitingSince: ago(1) }),
      ['status', 'approve', 'reject', 'abort'],
    ],
    [
      'that is rolled back',
      release({ phase: 'Aborting', stage: 'Draining', outcome: 'Aborted' }),
      ['status'],
    ],
    ['that was rolled back', release({ phase: 'Aborted', finishedAt: ago(1) }), ['status', 'retry']],
  ])('has the commands that help a release %s', (_what, one, commands) => {
    const words = told(one).commands.map((command) => command.split(' ')[1]);
    expect(words).toEqual(commands);
  });

  it('names Release, namespace and gate in a command', () => {
    const one = release({ phase: 'Stepping', stage: 'Analysing', waitingFor: '50' });
    expect(told(one).commands[1]).toBe('sluice approve release/model-h2 -n shop --gate 50');
  });

  it('tells no change of a template that is not that of the release', () => {
    const { object } = deployment();
    const newer = { ...object, spec: { ...(object['spec'] as object), template: template('v3') } };
    expect(told(release({}), newer).changes).toEqual([]);
  });

  it.each<[string, Partial<Release['status']>, object, boolean]>([
    ['a move', { phase: 'Stepping', stage: 'Analysing' }, {}, false],
    ['a warning', { phase: 'Stepping', stage: 'Analysing' }, { severity: 'warning' }, true],
    [
      'a request for approval',
      { phase: 'Stepping', stage: 'Analysing' },
      { reason: 'WaitingForApproval' },
      true,
    ],
    ['a promotion', { phase: 'Promoted', finishedAt: ago(1) }, {}, true],
  ])('of %s has the plots where somebody wants them', (_what, status, over, has) => {
    const analysis = { windows: 6, metrics: [watchedMetric('errors', 6, { canary: 0.02, stable: 0 })] };
    const one = release({ ...status, analysis });
    const { picture } = notificationOf(storeOf(null), one, { ...MESSAGE, ...over });
    expect(picture !== null).toBe(has);
  });
});
