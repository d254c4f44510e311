import { describe, expect, it } from 'vitest';
import { ago, NOW, release, stepping } from '../../test/fixtures/cli.ts';
import type { ReleaseStatus } from '../api/release/release.ts';
import { soonestText } from './soonest.ts';

/** A step whose windows of 10 s are judged: how many with data so far, and requests of the canary in them. */
function judged(windows: number, events: number): Partial<ReleaseStatus> {
  const status = stepping();
  const [errors, latency] = status.analysis?.metrics ?? [];
  if (errors === undefined || latency === undefined) throw new Error('the fixture has two metrics');
  const slow = { ...errors, windows, canary: { events, bad: 0 } };
  return {
    ...status,
    routeConfirmedAt: ago(30),
    analysis: { from: ago(4), windows, metrics: [slow, latency] },
  };
}

describe('when enough evidence is expected', () => {
  it.each<[string, Partial<ReleaseStatus>, string]>([
    ['goes by the windows that are missing', judged(1, 500), ', in 16s at the soonest'],
    ['goes by the requests, as fast as they came', judged(4, 20), ', in 56s at the soonest'],
    [
      'is the least number of windows before the first',
      { ...judged(0, 0), analysis: { windows: 0, metrics: [] } },
      ', in 7s at the soonest',
    ],
    ['is not known where the canary has no requests', judged(2, 0), ''],
    ['is over where the evidence is there', judged(4, 500), ''],
    [
      'is not known until the weight is in force',
      { ...stepping(), analysis: { windows: 0, metrics: [] } },
      '',
    ],
  ])('%s', (_, status, text) => {
    expect(soonestText(release(status), NOW)).toBe(text);
  });
});
