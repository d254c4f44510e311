import type { Clock } from '../../clock.ts';
import type { ReconcileQueue } from '../../ports/queue.ts';
import { endsWithin } from './deadline.ts';
import { createRunner } from './runner.ts';
import { createTimers } from './timers.ts';

/**
 * The queue of a single working replica, in this process only. Nothing is lost with it: all state is in the objects,
 * and all of them are reconciled at startup.
 */
export function createMemoryQueue(deps: {
  readonly clock: Clock;
  readonly random: () => number;
}): ReconcileQueue {
  let stopped = false;
  const timers = createTimers(deps.clock, (key) => runner.wake(key));
  const wakeAt = (key: string, at: number): void => {
    if (!stopped) timers.set(key, at);
  };
  const runner = createRunner({
    ...deps,
    onPass: (key) => timers.clear(key),
    onDone: (key, at) => at !== undefined && wakeAt(key, at),
  });

  return {
    wake: (key) => runner.wake(key),
    wakeAt,
    process: (handler, { concurrency }) => runner.process(handler, concurrency),
    start: () => runner.start(),
    stop: (graceMs) => {
      stopped = true;
      timers.clearAll();
      return endsWithin(runner.drain(), graceMs);
    },
    depth: () => ({ ...runner.depth(), timed: timers.size() }),
  };
}
