import { describe, expect, it } from 'vitest';
import { ago, NOW, release, stepping } from '../../../../test/fixtures/cli.ts';
import type { ReleaseStatus } from '../../../api/release/release.ts';
import { viewOf } from '../../../view/view-of.ts';
import { comparisonOf, courseOf, endingsOf, tookMs } from './history-state.ts';

const ended = (phase: 'Promoted' | 'Aborted', reason: string, began: number, took: number, name = 'a') => {
  const { stage: _stage, ...status } = stepping();
  const over: Partial<ReleaseStatus> = {
    ...status,
    phase,
    reason,
    startedAt: ago(began),
    finishedAt: ago(began - took),
  };
  return viewOf({ release: release(over, {}, name), now: NOW });
};
const running = viewOf({ release: release(stepping()), now: NOW });

describe('the history of a Rollout', () => {
  it('counts outcomes by reason, without what is not over', () => {
    const releases = [
      running,
      ended('Promoted', 'Promoted', 900, 300),
      ended('Aborted', 'MetricFailed', 800, 60),
      ended('Aborted', 'AbortRequested', 700, 60),
      ended('Aborted', 'MetricFailed', 600, 60),
    ];
    expect(endingsOf(releases)).toEqual([
      { outcome: 'Aborted', reason: 'MetricFailed', count: 2 },
      { outcome: 'Aborted', reason: 'AbortRequested', count: 1 },
      { outcome: 'Promoted', reason: 'Promoted', count: 1 },
    ]);
  });

  it('has the time of each that is over, oldest first', () => {
    const course = courseOf([
      running,
      ended('Promoted', 'Promoted', 600, 300),
      ended('Aborted', 'MetricFailed', 900, 60),
    ]);
    expect(course.map(({ seconds, isPromoted }) => [seconds, isPromoted])).toEqual([
      [60, false],
      [300, true],
    ]);
    expect(tookMs(running)).toBeNull();
  });

  it('puts two beside each other, metric by metric', () => {
    const [one, other] = [
      ended('Promoted', 'Promoted', 900, 300, 'a'),
      ended('Aborted', 'MetricFailed', 800, 60, 'b'),
    ];
    const rows = new Map(comparisonOf(one, other).map(({ about, values }) => [about, values]));
    expect(rows.get('Outcome')).toEqual(['Promoted', 'Aborted']);
    expect(rows.get('Took')).toEqual(['5m00s', '1m00s']);
    expect(rows.get('Metric errors')?.[0]).toMatch(/^pass: error rate/);
    expect(rows.has('People')).toBe(false);
  });
});
