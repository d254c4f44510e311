import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../clock.ts';
import { createTimers } from './timers.ts';

describe('alarms', () => {
  const rung: string[] = [];
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000 });
    rung.length = 0;
  });
  afterEach(() => vi.useRealTimers());
  const make = () => createTimers(systemClock, (key) => void rung.push(`${key}@${Date.now() - 1_000_000}`));

  it('rings each alarm once, the earliest time of a key', () => {
    const alarms = make();
    alarms.set('a', 1_000_200);
    alarms.set('a', 1_000_100);
    alarms.set('a', 1_000_300);
    vi.advanceTimersByTime(1_000);
    expect(rung).toEqual(['a@100']);
    expect(alarms.size()).toBe(0);
  });

  it('rings at once what is overdue, and not what was cleared', () => {
    const alarms = make();
    alarms.set('late', 999_000);
    alarms.set('gone', 1_000_050);
    alarms.clear('gone');
    vi.advanceTimersByTime(100);
    expect(rung).toEqual(['late@0']);
  });

  it('moves all alarms when the delay changes', () => {
    const alarms = make();
    alarms.delayBy(500);
    alarms.set('a', 1_000_000);
    alarms.set('b', 1_000_400);
    vi.advanceTimersByTime(100);
    alarms.delayBy(0);
    vi.advanceTimersByTime(1_000);
    expect(rung).toEqual(['a@100', 'b@400']);
  });

  it('waits longer than a timer of the platform can', () => {
    const alarms = make();
    const days = 30 * 86_400_000;
    alarms.set('a', 1_000_000 + days);
    vi.advanceTimersByTime(days - 1);
    expect(rung).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(rung).toEqual([`a@${days}`]);
  });
});
