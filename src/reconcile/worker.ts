import type { Clock } from '../clock.ts';
import { SluiceError, wordsOf } from '../errors.ts';
import type { KeyHandler } from '../ports/queue.ts';
import type { Log } from '../ports/telemetry.ts';

/** How a pass ended. A conflict means that somebody else was faster: expected, and handled by the next pass. */
export type PassResult = 'ok' | 'conflict' | 'refused' | 'error';

export interface WorkerDeps {
  /** `observe → decide → commit` for a key. */
  readonly reconcile: KeyHandler;
  readonly clock: Clock;
  readonly log: Log;
  /** Figures of a pass; `kind` is the first part of its key. */
  readonly passEnded: (kind: string, result: PassResult, seconds: number) => void;
}

/** Runs passes, counts them and reports their errors. */
export interface Worker {
  /** For the queue: errors are passed on to it, which retries. */
  readonly handle: KeyHandler;
  /** The longest-running pass, if any. */
  oldest(): { readonly key: string; readonly ms: number } | null;
}

function resultOf(error: unknown): PassResult {
  if (!(error instanceof SluiceError)) return 'error';
  if (error.code === 'KUBERNETES_CONFLICT') return 'conflict';
  return error.retry === 'terminal' ? 'refused' : 'error';
}

/** One entry for each new problem of a key, and one when it is over; repetitions are logged at debug level. */
function createTroubles(log: Log) {
  const troubles = new Map<string, string>();
  return {
    over: (key: string): void => {
      if (troubles.delete(key)) log.info({ key }, 'pass succeeds again');
    },
    add: (key: string, err: unknown): void => {
      const text = wordsOf(err);
      const isKnown = troubles.get(key) === text;
      troubles.set(key, text);
      if (isKnown) log.debug({ key, err }, 'pass failed again');
      else log.warn({ key, err }, 'pass failed');
    },
  };
}

/** Makes the worker. */
export function createWorker({ reconcile, clock, log, passEnded }: WorkerDeps): Worker {
  const begun = new Map<string, number>();
  const troubles = createTroubles(log);

  const attempt: KeyHandler = async (key) => {
    const kind = key.slice(0, key.indexOf('/'));
    const since = clock.monotonic();
    begun.set(key, since);
    const end = (result: PassResult): void => {
      begun.delete(key);
      passEnded(kind, result, (clock.monotonic() - since) / 1_000);
    };
    try {
      const answer = await reconcile(key);
      end('ok');
      return answer;
    } catch (error) {
      end(resultOf(error));
      throw error;
    }
  };

  return {
    handle: async (key) => {
      try {
        const answer = await attempt(key);
        troubles.over(key);
        return answer;
      } catch (error) {
        if (resultOf(error) === 'conflict') log.debug({ key, err: error }, 'pass lost a race');
        else troubles.add(key, error);
        throw error;
      }
    },
    oldest: () => {
      const first = begun.entries().next().value;
      return first === undefined ? null : { key: first[0], ms: clock.monotonic() - first[1] };
    },
  };
}
