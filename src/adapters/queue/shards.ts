import { crc32 } from 'node:zlib';

/** Into how many shares the keys of a queue fall: more than there are replicas, so that each has about as many. */
const SHARES = 6;

/** Every share there is. */
export const ALL_SHARDS: readonly number[] = Array.from({ length: SHARES }, (_, index) => index);

/** The share that a key is in, the same for every replica. */
export function shardOf(key: string): number {
  return crc32(key) % SHARES;
}

/**
 * The shares of one replica among those that are there, `me` included. Each share is one replica's, so that what a
 * replica remembers of a key between two passes is there for the next one; more replicas than shares stand by.
 */
export function shardsOf(members: Iterable<string>, me: string): ReadonlySet<number> {
  const sorted = [...new Set(members)].toSorted();
  return new Set(ALL_SHARDS.filter((share) => sorted[share % sorted.length] === me));
}
