import type { Clock } from '../../clock.ts';

/** The longest delay of a platform timer. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Times at which keys are woken; the earliest of a key wins. */
export interface Timers {
  /** Sets the timer of a key to a time (epoch milliseconds), unless it has an earlier one. */
  set(key: string, at: number): void;
  clear(key: string): void;
  clearAll(): void;
  /** Changes the delay after the set time, also for timers already set. */
  delayBy(ms: number): void;
  entries(): readonly (readonly [key: string, at: number])[];
  size(): number;
}

interface Timer {
  readonly at: number;
  timer: NodeJS.Timeout;
}

/** Creates the timers; each fires once. */
export function createTimers(clock: Clock, onTimer: (key: string) => void): Timers {
  const timers = new Map<string, Timer>();
  let delay = 0;

  const arm = (key: string, at: number): NodeJS.Timeout => {
    const wait = Math.max(0, at + delay - clock.now());
    return setTimeout(
      () => {
        if (wait > LONGEST_TIMER_MS) return replace(key, at);
        timers.delete(key);
        onTimer(key);
      },
      Math.min(wait, LONGEST_TIMER_MS),
    );
  };
  const replace = (key: string, at: number): void => {
    clearTimeout(timers.get(key)?.timer);
    timers.set(key, { at, timer: arm(key, at) });
  };
  const clear = (key: string): void => {
    clearTimeout(timers.get(key)?.timer);
    timers.delete(key);
  };

  return {
    set: (key, at) => {
      const before = timers.get(key);
      if (before === undefined || at < before.at) replace(key, at);
    },
    clear,
    clearAll: () => {
      for (const key of timers.keys()) clear(key);
    },
    delayBy: (ms) => {
      delay = ms;
      for (const [key, { at }] of timers) replace(key, at);
    },
    entries: () => [...timers].map(([key, { at }]) => [key, at] as const),
    size: () => timers.size,
  };
}
