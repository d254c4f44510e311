import { isDeepStrictEqual } from 'node:util';
import type { Road, Share } from '../roads/road.ts';
import type { Headers } from './headers.ts';
import { type Change, play } from './history.ts';

/** What every version should get from a moment on, of some requests. */
export interface Level {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly shares: Readonly<Record<string, Share>>;
}

const NONE: Share = { percent: 0, by: 'weight' };

/** The part of a version at a level; nothing for a version that is not named. */
export const shareAt = (level: Level | undefined, version: string): Share => level?.shares[version] ?? NONE;

/** What the versions should get of the requests with these headers, by the objects as they are written, level after level. */
export function levelsOf(
  changes: readonly Change[],
  road: Pick<Road, 'share'>,
  versions: readonly string[],
  headers: Headers = {},
): Level[] {
  const levels: Level[] = [];
  for (const moment of play(changes)) {
    const shares = Object.fromEntries(
      versions.map((version) => [version, road.share(moment, version, headers)]),
    );
    if (!isDeepStrictEqual(levels.at(-1)?.shares, shares)) levels.push({ at: moment.change.at, shares });
  }
  return levels;
}

/** The levels that hold at some moment of a span of time, both ends included. */
export function levelsWithin(levels: readonly Level[], from: number, to: number): Level[] {
  return levels.filter(
    ({ at }, index) => at <= to && (levels[index + 1]?.at ?? Number.POSITIVE_INFINITY) >= from,
  );
}
