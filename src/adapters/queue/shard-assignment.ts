import type { Redis } from 'ioredis';
import { createMembership, type Membership } from './membership.ts';
import { shardOf, shardsOf } from './shards.ts';

/** The shares that this replica has, as others come and go. */
export interface ShardAssignment extends Membership {
  /** Whether the key is in the share of another replica; false until Redis has told who is there. */
  areAnothers(key: string): boolean;
}

export interface ShardAssignmentDeps {
  readonly redis: Redis;
  /** Where in Redis the replicas note themselves. */
  readonly at: string;
  readonly random: () => number;
  /** Takes keys of these shares from now on, and no others. */
  readonly serve: (shares: ReadonlySet<number>) => void;
  /** Told of shares that were another's until now, which may be gone without having finished. */
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
  let shares: ReadonlySet<number> | null = null;
  const members = createMembership(redis, at, me, (names) => {
    const [before, now] = [shares, shardsOf(names, me)];
    shares = now;
    serve(now);
    const gained =
      before === null ? new Set<number>() : new Set([...now].filter((share) => !before.has(share)));
    if (gained.size > 0) takeOver((key) => gained.has(shardOf(key)));
  });
  return { ...members, areAnothers: (key) => shares !== null && !shares.has(shardOf(key)) };
}
