import type { Redis } from 'ioredis';
import { createMembers, type Members } from './membership.ts';
import { shareOf, sharesOf } from './shards.ts';

/** The shares that this replica has, as others come and go. */
export interface Holdings extends Members {
  /** Whether the key is in the share of another replica; false until Redis has told who is there. */
  areAnothers(key: string): boolean;
}

export interface HoldingsDeps {
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
export function createHoldings({ redis, at, random, serve, takeOver }: HoldingsDeps): Holdings {
  const me = random().toString(36).slice(2);
  let shares: ReadonlySet<number> | null = null;
  const members = createMembers(redis, at, me, (names) => {
    const [before, now] = [shares, sharesOf(names, me)];
    shares = now;
    serve(now);
    const gained =
      before === null ? new Set<number>() : new Set([...now].filter((share) => !before.has(share)));
    if (gained.size > 0) takeOver((key) => gained.has(shareOf(key)));
  });
  return { ...members, areAnothers: (key) => shares !== null && !shares.has(shareOf(key)) };
}
