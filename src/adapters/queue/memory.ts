import type { Clock } from '../../clock.ts';
import type { ReconcileQueue } from '../../ports/queue.ts';
import { endsWithin } from './deadline.ts';
import { createRunner } from './runner.ts';
import { createTimers } from './timers.ts';

/**
 * The queue of a single working replica, all in this process. Nothing is lost with it: what is to be done stands in
 * the objects, and all of them are looked at when a process starts.
 */
export function createMemoryQueue(deps: {
  readonly clock: Clock;
  readonly random: () => number;
}): ReconcileQueue {
  let stopped = false;
  const alarms = createTimers(deps.clock, (key) => runner.wake(key));
  const wakeAt = (key: string, at: number): void => {
    if (!stopped) alarms.set(key, at);
  };
  const runner = createRunner({
    ...deps,
    onPass: (key) => alarms.clear(key),
    onDone: (key, at) => at !== undefined && wakeAt(key, at),
  });

  return {
    wake: (key) => runner.wake(key),
    wakeAt,
    process: (handler, { concurrency }) => runner.process(handler, concurrency),
    start: () => runner.start(),
    stop: (graceMs) => {
      stopped = true;
      alarms.clearAll();
      return endsWithin(runner.drain(), graceMs);
    },
    depth: () => ({ ...runner.depth(), timed: alarms.size() }),
  };
}
