import type { KubeObject } from '../../api/meta.ts';
import type { Contest } from '../../release/observed.ts';
import type { RoutesWritten } from '../../traffic/goal.ts';

/** Changes in a row after which it is a contest and not an accident. */
const ENOUGH = 3;
/** It is over after this quiet time beyond the pause before the next write. */
const QUIET_MS = 30_000;
const FIRST_MS = 1_000;

/** Routes that somebody else has changed since they matched the goal. */
export interface Undone {
  /** Their goal as one word. */
  readonly goal: string;
  /** The object that was changed: each of its versions counts once. */
  readonly written: RoutesWritten;
  readonly now: number;
  /** The longest time until they are written again. */
  readonly longestMs: number;
}

interface Course {
  readonly goal: string;
  readonly written: RoutesWritten;
  readonly undone: number;
  readonly lastAt: number;
  readonly pauseMs: number;
}

/** Who reverts the routes of a Release, how often, and when they are due again. */
export interface Contests {
  /** The current contest, if any. */
  of(release: KubeObject, now: number): Contest | null;
  /** The routes match the goal, or have just been written. */
  reached(release: KubeObject, goal: string): void;
  /** They do not match. Returns when to write them, epoch milliseconds. */
  differ(release: KubeObject, undone: Undone): number;
  /** Forgets a Release that has ended. */
  forget(release: KubeObject): void;
}

const START = {
  written: { kind: '', name: '', field: '', version: '' },
  undone: 0,
  lastAt: 0,
  pauseMs: 0,
} as const;

function pauseOf(undone: number, longestMs: number): number {
  return undone < ENOUGH ? 0 : Math.min(longestMs, FIRST_MS * 2 ** (undone - ENOUGH));
}

function isSame(one: RoutesWritten, other: RoutesWritten): boolean {
  return one.kind === other.kind && one.name === other.name && one.version === other.version;
}

const quietAt = ({ lastAt, pauseMs }: Course): number => lastAt + pauseMs + QUIET_MS;

const keyOf = ({ metadata: { uid = '' } }: KubeObject): string => uid;

/** Creates an empty memory: one per process. */
export function createContests(): Contests {
  const known = new Map<string, Course>();
  return {
    of: (release, now) => {
      const course = known.get(keyOf(release));
      if (course === undefined || course.undone < ENOUGH || now >= quietAt(course)) return null;
      const { written, undone } = course;
      return { written, times: undone, quietAt: quietAt(course) };
    },
    reached: (release, goal) => {
      const course = known.get(keyOf(release)) ?? { ...START, goal };
      known.set(keyOf(release), { ...course, goal });
    },
    differ: (release, { goal, written, now, longestMs }) => {
      const course = known.get(keyOf(release));
      if (course === undefined || course.goal !== goal) return now;
      if (isSame(course.written, written)) return course.lastAt + course.pauseMs;
      const undone = (now < quietAt(course) ? course.undone : 0) + 1;
      const pauseMs = pauseOf(undone, longestMs);
      known.set(keyOf(release), { goal, written, undone, lastAt: now, pauseMs });
      return now + pauseMs;
    },
    forget: (release) => void known.delete(keyOf(release)),
  };
}
