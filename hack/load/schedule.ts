/** When requests are sent: evenly, or at random as independent users do. */
export type Arrivals = 'fixed' | 'poisson';

/** Uniform numbers in [0, 1), the same for the same seed (the generator of Marsaglia's xorshift family). */
export function seeded(seed: number): () => number {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x85ebca6b) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

export interface ScheduleOptions {
  /** Requests a second, on average. */
  readonly rate: number;
  readonly seconds: number;
  readonly arrivals: Arrivals;
  readonly seed: number;
}

/**
 * The times at which requests are sent, in milliseconds from the start, ascending, up to the end. They depend on nothing
 * but the options: a slow answer delays no later request (an open loop).
 */
export function* scheduleOf({ rate, seconds, arrivals, seed }: ScheduleOptions): Generator<number> {
  const random = seeded(seed);
  const gap = 1_000 / rate;
  const end = seconds * 1_000;
  let at = arrivals === 'fixed' ? 0 : -Math.log(1 - random()) * gap;
  for (let count = 1; at < end; count++) {
    yield at;
    at = arrivals === 'fixed' ? count * gap : at - Math.log(1 - random()) * gap;
  }
}
