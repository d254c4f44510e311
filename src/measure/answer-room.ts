import { createFairLimit, type FairLimit } from '../http/fair-limit.ts';
import type { CheckTask } from './checks.ts';

const [KIB, MIB] = [1_024, 1_048_576];
/** Room for an answer: most are short. One that is longer is asked for again, with room for the longest that is read. */
const [SHORT, LONGEST] = [64 * KIB, 4 * MIB];
/** Bytes of answers that this process holds at a time. */
const SHARES = { most: 32 * MIB, perNamespace: 16 * MIB, perOwner: 8 * MIB };

/** Room for the answers of pods in this process. A piece of work costs the bytes that it may hold. */
export type Room = FairLimit;

/** Makes the room: one for each process. */
export function createRoom(): Room {
  return createFairLimit(SHARES);
}

/** Thrown where an answer is longer than there is room for. */
export class NoRoom extends Error {}

/**
 * Makes what asks for so many answers, with room for them until what is done with them is done. `ask` is told how long
 * each may be; where it throws `NoRoom` it is called again, with room for the longest, and so are all that follow.
 */
export function createAsker(room: Room, { release, signal }: CheckTask) {
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

/** Whether an answer may not be longer than so. */
export function isLongest(bytes: number): boolean {
  return bytes >= LONGEST;
}
