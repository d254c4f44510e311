import { createFairLimit, type FairLimit } from '../http/fair-limit.ts';
import type { CheckTask } from './checks.ts';

const [KIB, MIB] = [1_024, 1_048_576];
/** Room for an answer: most are short. A longer answer is requested again, with room for the maximum. */
const [SHORT, LONGEST] = [64 * KIB, 4 * MIB];
/** Maximum bytes of answers that this process holds at a time. */
const SHARES = { most: 32 * MIB, perNamespace: 16 * MIB, perOwner: 8 * MIB };

/** Room for the answers of pods in this process. A task costs the bytes that it may hold. */
export type Room = FairLimit;

/** Creates the room: one per process. */
export function createRoom(): Room {
  return createFairLimit(SHARES);
}

/** Thrown if an answer exceeds its room. */
export class NoRoom extends Error {}

/**
 * Requests several answers, and reserves room for them until they have been processed. `ask` gets the maximum length of
 * each; if it throws `NoRoom`, it and all later calls get room for the maximum.
 */
export function createPodClient(room: Room, { release, signal }: CheckTask) {
  const { namespace = '', name } = release.metadata;
  let most = SHORT;
  return async <T>(answers: number, ask: (mostBytes: number) => Promise<T>): Promise<T> => {
    const first = most;
    const attempt = (bytes: number): Promise<T> =>
      room({ namespace, name }, () => ask(bytes), signal, answers * bytes);
    try {
      return await attempt(first);
    } catch (error) {
      if (!(error instanceof NoRoom) || first === LONGEST) throw error;
      most = LONGEST;
      return attempt(LONGEST);
    }
  };
}

/** Whether an answer may have no more than this many bytes. */
export function isLongest(bytes: number): boolean {
  return bytes >= LONGEST;
}
