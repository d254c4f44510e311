import type { QueueTelemetry } from '../../ports/queue.ts';
import type { Log } from '../../ports/telemetry.ts';

/** Whether the shared queue works, with one log entry per change and a metric. */
export interface RedisHealth {
  readonly up: boolean;
  /** It answered. */
  ended(): void;
  /** It did not answer, or not in time. */
  began(why: string): void;
}

/** Starts as down without a log entry: nothing has been tried yet. */
export function createRedisHealth(
  log: Log,
  telemetry: QueueTelemetry,
  onChange: (up: boolean) => void,
): RedisHealth {
  let up = false;
  let told = false;
  telemetry.connected(false);
  const change = (to: boolean): void => {
    up = to;
    told = true;
    telemetry.connected(to);
    onChange(to);
  };
  return {
    get up() {
      return up;
    },
    ended: () => {
      if (up) return;
      log.info({}, told ? 'redis is back' : 'redis is connected');
      change(true);
    },
    began: (why) => {
      if (told && !up) return;
      log.warn({ why }, 'redis is lost; keys run from the queue in this process until it is back');
      change(false);
    },
  };
}
