import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../clock.ts';
import { createTimers } from './timers.ts';

describe('timers', () => {
  const rung: string[] = [];
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000 });
    rung.length = 0;
  });
  afterEach(() => vi.useRealTimers());
  const make = () => createTimers(systemClock, (key) => void rung.push(`${key}@${Date.now() - 1_000_000}`));

  it('rings each alarm once, the earliest time of a key', () => {
    const timers = make();
    timers.set('a', 1_000_200);
    timers.set('a', 1_000_100);
    timers.set('a', 1_000_300);
    vi.advanceTimersByTime(1_000);
    expect(rung).toEqual(['a@100']);
    expect(timers.size()).toBe(0);
  });

  it('rings at once what is overdue, and not what was cleared', () => {
    const timers = make();
    timers.set('late', 999_000);
    timers.set('gone', 1_000_050);
    timers.clear('gone');
    vi.advanceTimersByTime(100);
    expect(rung).toEqual(['late@0']);
  });

  it('moves all timers when the delay changes', () => {
    const timers = make();
    timers.delayBy(500);
    timers.set('a', 1_000_000);
    timers.set('b', 1_000_400);
    vi.advanceTimersByTime(100);
    timers.delayBy(0);
    vi.advanceTimersByTime(1_000);
    expect(rung).toEqual(['a@100', 'b@400']);
  });

  it('waits longer than a timer of the platform can', () => {
    const timers = make();
    const days = 30 * 86_400_000;
    timers.set('a', 1_000_000 + days);
    vi.advanceTimersByTime(days - 1);
    expect(rung).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(rung).toEqual([`a@${days}`]);
  });
});
