import { describe, expect, it } from 'vitest';
import { ago, release, statusOf } from '../../../test/fixtures/release.ts';
import type { Release, ReleaseStatus } from '../../api/release/release.ts';
import { pushedTooFast, supersededInARow } from './keeping-up.ts';

const ended = (phase: ReleaseStatus['phase']): Release => ({
  ...release(),
  status: statusOf({ phase, finishedAt: ago(60) }),
});
const many = (count: number): Release[] => Array.from({ length: count }, () => ended('Superseded'));

describe('releases that are superseded', () => {
  it.each<[string, Release[], number]>([
    ['none', [], 0],
    ['all', many(3), 3],
    ['since the last that got through', [...many(4), ended('Promoted'), ...many(2)], 2],
    ['none, where the last was rolled back', [...many(4), ended('Aborted')], 0],
    ['without the one under way', [...many(2), release({ phase: 'Stepping', stage: 'Analysing' })], 2],
  ])('are counted in a row: %s', (_what, releases, count) => {
    expect(supersededInARow(releases)).toBe(count);
  });

  it('are a problem from the fifth on, with what can be done about it', () => {
    expect(pushedTooFast(many(4), { onNewRevision: 'supersede' })).toBeNull();
    const { reason, message } = pushedTooFast(many(5), { onNewRevision: 'supersede' }) ?? {};
    expect(reason).toBe('PushedTooFast');
    expect(message).toContain('onNewRevision: queue');
    expect(pushedTooFast(many(5), { onNewRevision: 'queue' })?.message).toContain('first canary pod');
  });
});
