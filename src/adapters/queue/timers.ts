import type { Clock } from '../../clock.ts';

/** The longest delay that a timer of the platform takes. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Times at which keys are to be woken; the earliest of a key wins. */
export interface Timers {
  /** Sets the alarm of a key to a time (epoch milliseconds), unless it has an earlier one. */
  set(key: string, at: number): void;
  clear(key: string): void;
  clearAll(): void;
  /** Changes how long after its time an alarm rings, for those that are set, too. */
  delayBy(ms: number): void;
  entries(): readonly (readonly [key: string, at: number])[];
  size(): number;
}

interface Alarm {
  readonly at: number;
  timer: NodeJS.Timeout;
}

/** Makes the alarms; each rings once. */
export function createTimers(clock: Clock, ring: (key: string) => void): Timers {
  const alarms = new Map<string, Alarm>();
  let delay = 0;

  const arm = (key: string, at: number): NodeJS.Timeout => {
    const wait = Math.max(0, at + delay - clock.now());
    return setTimeout(
      () => {
        if (wait > LONGEST_TIMER_MS) return replace(key, at);
        alarms.delete(key);
        ring(key);
      },
      Math.min(wait, LONGEST_TIMER_MS),
    );
  };
  const replace = (key: string, at: number): void => {
    clearTimeout(alarms.get(key)?.timer);
    alarms.set(key, { at, timer: arm(key, at) });
  };
  const clear = (key: string): void => {
    clearTimeout(alarms.get(key)?.timer);
    alarms.delete(key);
  };

  return {
    set: (key, at) => {
      const before = alarms.get(key);
      if (before === undefined || at < before.at) replace(key, at);
    },
    clear,
    clearAll: () => {
      for (const key of alarms.keys()) clear(key);
    },
    delayBy: (ms) => {
      delay = ms;
      for (const [key, { at }] of alarms) replace(key, at);
    },
    entries: () => [...alarms].map(([key, { at }]) => [key, at] as const),
    size: () => alarms.size,
  };
}
