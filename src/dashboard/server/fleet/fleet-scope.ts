import { RESOURCES } from '../../../adapters/kubernetes/resource.ts';
import type { Clock } from '../../../clock.ts';
import type { FleetChange, FleetSnapshot, Unseen } from '../../api/fleet.ts';
import type { Health } from '../../api/problem.ts';
import type { WatchPool } from '../live/watch-pool.ts';
import { grantText, missingText, type Rights, type Wish } from '../people/rights.ts';
import type { Viewer } from '../people/viewer.ts';
import { FleetFeed } from './fleet-feed.ts';

/** How long the rows of a scope are kept after its last viewer. */
const LINGER_MS = 30_000;
/** Maximum number of namespaces that are shown to a person who may not see all. */
const MOST_NAMESPACES = 50;

export interface FleetDeps {
  readonly pool: WatchPool;
  readonly rights: Rights;
  readonly clock: Clock;
  /** Namespaces that are tried for people who may not see all of them. */
  readonly namespaces: readonly string[];
}

/** What a person may see of what they asked for. */
export interface FleetScope {
  readonly namespaces: readonly (string | undefined)[];
  readonly unseen: readonly Unseen[];
}

const wishesFor = (namespace: string | undefined): readonly Wish[] =>
  (['Rollout', 'Release'] as const).flatMap((kind) =>
    ['list', 'watch'].map((verb) => ({ verb, resource: RESOURCES[kind], namespace })),
  );

/** The first right that is missing to see a namespace, or all; null if none is. */
async function missingFor(
  { rights }: FleetDeps,
  viewer: Viewer,
  namespace: string | undefined,
): Promise<Wish | null> {
  const wishes = wishesFor(namespace);
  const answers = await Promise.all(wishes.map((wish) => rights.may(viewer, wish)));
  return wishes[answers.indexOf(false)] ?? null;
}

function unseen(viewer: Viewer, wish: Wish): Unseen {
  const all = wish.namespace === undefined;
  return {
    namespace: wish.namespace ?? '*',
    message: missingText(viewer.user, wish),
    next: [...(all ? ['name a namespace that you may see'] : []), grantText(viewer.user, wish)],
  };
}

/** Where a person may look: everywhere, else in the namespaces that they name and in those that are always tried. */
export async function scopeOf(
  deps: FleetDeps,
  viewer: Viewer,
  asked: readonly string[],
): Promise<FleetScope> {
  const everywhere = await missingFor(deps, viewer, undefined);
  if (everywhere === null) return { namespaces: [undefined], unseen: [] };
  const own = viewer.namespace === undefined ? [] : [viewer.namespace];
  const tried = [...new Set([...asked, ...own, ...deps.namespaces])].slice(0, MOST_NAMESPACES);
  const missing = await Promise.all(tried.map((one) => missingFor(deps, viewer, one)));
  const denied = missing.filter((wish, at) => wish !== null && asked.includes(tried[at] ?? ''));
  return {
    namespaces: tried.filter((_, at) => missing[at] === null),
    unseen: [everywhere, ...denied].flatMap((wish) => (wish === null ? [] : [unseen(viewer, wish)])),
  };
}

/** The feeds of a scope, held for a person. */
export interface FleetHeld {
  snapshot(): FleetSnapshot;
  /** What has changed since a version, with the version that this leads to; `null` if everything must be sent. */
  changes(from: string): FleetChange | null;
  version(): string;
  health(): Health;
  release(): void;
}

/** The version of a scope in which a person may see nothing. */
const NOTHING = 'nothing';

const nameOf = ({ namespace }: FleetFeed): string => namespace ?? '*';

/** All feeds that are shown to somebody, by namespace. */
export class FleetFeeds {
  readonly #deps: FleetDeps;
  readonly #feeds = new Map<string | undefined, FleetFeed>();

  constructor(deps: FleetDeps) {
    this.#deps = deps;
  }

  async hold(viewer: Viewer, scope: FleetScope): Promise<FleetHeld> {
    const feeds = scope.namespaces.map((namespace) => this.#feed(namespace));
    const releases = await Promise.all(feeds.map((feed) => feed.hold(viewer)));
    const health = (): Health => {
      const all = feeds.map((feed) => feed.health());
      const asOf = Math.min(this.#deps.clock.now(), ...all.map((one) => one.asOf));
      const trouble = all.find((one) => one.trouble !== null)?.trouble ?? null;
      return { asOf: new Date(asOf).toISOString(), trouble };
    };
    const version = (): string =>
      feeds.map((feed) => `${nameOf(feed)}=${feed.version()}`).join(',') || NOTHING;
    return {
      version,
      health,
      snapshot: () => ({
        version: version(),
        rows: feeds.flatMap((feed) => feed.rows()),
        unseen: scope.unseen,
        health: health(),
      }),
      changes: (from) => changesOf(feeds, from),
      release: () => {
        for (const release of releases) release();
        for (const feed of feeds) this.#forgetLater(feed);
      },
    };
  }

  /** A viewer who comes back soon resumes where they were. */
  #forgetLater(feed: FleetFeed): void {
    setTimeout(() => {
      if (!feed.isHeld && this.#feeds.get(feed.namespace) === feed) this.#feeds.delete(feed.namespace);
    }, LINGER_MS).unref();
  }

  #feed(namespace: string | undefined): FleetFeed {
    const known = this.#feeds.get(namespace);
    if (known !== undefined) return known;
    const feed = new FleetFeed(namespace, this.#deps.pool, this.#deps.clock);
    this.#feeds.set(namespace, feed);
    return feed;
  }
}

function changesOf(feeds: readonly FleetFeed[], from: string): FleetChange | null {
  if (feeds.length === 0) return from === NOTHING ? { rows: [], gone: [] } : null;
  const parts = new Map(from.split(',').map((part) => part.split('=') as [string, string]));
  if (parts.size !== feeds.length) return null;
  const changes = feeds.map((feed) => feed.changes(parts.get(nameOf(feed)) ?? ''));
  if (changes.includes(null)) return null;
  return {
    rows: changes.flatMap((one) => one?.rows ?? []),
    gone: changes.flatMap((one) => one?.gone ?? []),
  };
}
