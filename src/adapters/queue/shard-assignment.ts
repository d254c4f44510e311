import type { Redis } from 'ioredis';
import { createMembership, type Membership } from './membership.ts';
import { shardOf, shardsOf } from './shards.ts';

/** The shards of this replica, as others come and go. */
export interface ShardAssignment extends Membership {
  /** Whether the key is in a shard of another replica; false until the members are known. */
  isElsewhere(key: string): boolean;
}

export interface ShardAssignmentDeps {
  readonly redis: Redis;
  /** The Redis key of the members. */
  readonly at: string;
  readonly random: () => number;
  /** Takes keys of these shards from now on, and no others. */
  readonly serve: (shards: ReadonlySet<number>) => void;
  /** Called with shards that belonged to another replica, which may have died in the middle of a pass. */
  readonly takeOver: (isOurs: (key: string) => boolean) => void;
}

/** Makes them. */
export function createShardAssignment({
  redis,
  at,
  random,
  serve,
  takeOver,
}: ShardAssignmentDeps): ShardAssignment {
  const me = random().toString(36).slice(2);
  let shards: ReadonlySet<number> | null = null;
  const members = createMembership(redis, at, me, (names) => {
    const [before, now] = [shards, shardsOf(names, me)];
    shards = now;
    serve(now);
    const gained =
      before === null ? new Set<number>() : new Set([...now].filter((shard) => !before.has(shard)));
    if (gained.size > 0) takeOver((key) => gained.has(shardOf(key)));
  });
  return { ...members, isElsewhere: (key) => shards !== null && !shards.has(shardOf(key)) };
}
