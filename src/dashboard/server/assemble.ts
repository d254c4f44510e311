import type { Clock } from '../../clock.ts';
import type { Log } from '../../ports/telemetry.ts';
import type { Assets } from './assets.ts';
import { FleetFeeds } from './fleet/fleet-scope.ts';
import { Streams } from './live/stream.ts';
import { createWatchPool } from './live/watch-pool.ts';
import type { Access, Parts } from './parts.ts';
import { createRights } from './people/rights.ts';
import { Sessions } from './people/sessions.ts';
import type { Examiner } from './policy/examiner.ts';
import { Replays } from './policy/replays.ts';
import { ReleaseFeeds } from './release/release-scope.ts';

/** What is chosen for a server; the rest is the same everywhere. */
export interface Chosen {
  readonly version: string;
  readonly cluster: string;
  readonly assets: Assets;
  readonly access: Access;
  readonly examiner?: Examiner;
  readonly sessionMs: number | null;
  readonly namespaces: readonly string[];
  readonly isSecure: boolean;
  readonly cookie: string;
  readonly isBehindProxy: boolean;
  readonly hosts: readonly string[] | null;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

/** Streams at once. A browser has at most six to one server, and a hidden page closes its own. */
const MOST_STREAMS = { all: 2_000, perSession: 24 } as const;

/** Puts the parts of a server together. None does anything yet. */
export function assemble({ namespaces, random, ...chosen }: Chosen): Parts {
  const { clock, log } = chosen;
  const rights = createRights(clock);
  const pool = createWatchPool({ clock, random, log });
  const fleet = { pool, rights, clock, namespaces };
  const page = { pool, rights, clock };
  return {
    ...chosen,
    sessions: new Sessions(clock),
    streams: new Streams(MOST_STREAMS),
    fleet,
    fleets: new FleetFeeds(fleet),
    page,
    pages: new ReleaseFeeds(page),
    replays: new Replays((err) => log.error({ err }, 'a replay failed')),
  };
}
