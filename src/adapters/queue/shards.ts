import { crc32 } from 'node:zlib';

/** Number of shards of a queue: more than replicas, so that each has about as many. */
const SHARES = 6;

/** All shards. */
export const ALL_SHARDS: readonly number[] = Array.from({ length: SHARES }, (_, index) => index);

/** The shard of a key, the same for every replica. */
export function shardOf(key: string): number {
  return crc32(key) % SHARES;
}

/**
 * The shards of replica `me` among the members. Each shard belongs to one replica, so that what it remembers of a key
 * between two passes is available to the next; surplus replicas are on standby.
 */
export function shardsOf(members: Iterable<string>, me: string): ReadonlySet<number> {
  const sorted = [...new Set(members)].toSorted();
  return new Set(ALL_SHARDS.filter((shard) => sorted[shard % sorted.length] === me));
}
