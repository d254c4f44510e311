import { RESOURCES } from '../../../adapters/kubernetes/resource.ts';
import type { KubeObject } from '../../../api/meta.ts';
import type { Release } from '../../../api/release/release.ts';
import type { Rollout } from '../../../api/rollout/rollout.ts';
import type { Clock } from '../../../clock.ts';
import { Fault } from '../fault.ts';
import type { WatchPool } from '../live/watch-pool.ts';
import { grantText, missingText, type Rights, type Wish } from '../people/rights.ts';
import type { Viewer } from '../people/viewer.ts';
import { EVENTS } from './page-events.ts';
import { type PageSubject, ReleaseFeed } from './release-feed.ts';

export interface PageDeps {
  readonly pool: WatchPool;
  readonly rights: Rights;
  readonly clock: Clock;
}

/** What somebody asks for: a Rollout's current release, or a Release by name. */
export type PageAsked =
  | { readonly namespace: string; readonly rollout: string }
  | { readonly namespace: string; readonly release: string };

/** Kinds without which there is nothing to show, and those that add to it. */
const [NEEDED, MORE] = [
  ['Rollout', 'Release'],
  ['Deployment', 'ReplicaSet', 'Pod', 'Event'],
] as const;

const VERBS = ['get', 'list', 'watch'] as const;

async function missingFor(
  { rights }: PageDeps,
  viewer: Viewer,
  kind: keyof typeof RESOURCES,
  namespace: string,
) {
  const resource = kind === 'Event' ? EVENTS : RESOURCES[kind];
  const wishes: readonly Wish[] = VERBS.map((verb) => ({ verb, resource, namespace }));
  const answers = await Promise.all(wishes.map((wish) => rights.may(viewer, wish)));
  return wishes[answers.indexOf(false)] ?? null;
}

/** The kinds of a namespace that a person may not see. Rejects with the reason if that is too much to show anything. */
export async function hiddenFor(
  deps: PageDeps,
  viewer: Viewer,
  namespace: string,
): Promise<PageSubject['hidden']> {
  for (const kind of NEEDED) {
    const missing = await missingFor(deps, viewer, kind, namespace);
    if (missing !== null)
      throw new Fault('forbidden', missingText(viewer.user, missing), [grantText(viewer.user, missing)]);
  }
  const missing = await Promise.all(MORE.map((kind) => missingFor(deps, viewer, kind, namespace)));
  return MORE.filter((_, at) => missing[at] !== null);
}

function selectorOf(deployment: KubeObject | null): string | null {
  const spec = deployment?.['spec'] as { selector?: { matchLabels?: Record<string, string> } } | undefined;
  const labels = Object.entries(spec?.selector?.matchLabels ?? {});
  return labels.length === 0 ? null : labels.map(([key, value]) => `${key}=${value}`).join(',');
}

/** The Release that was asked for; null if a Rollout was. */
async function releaseOf({ client }: Viewer, asked: PageAsked): Promise<Release | null> {
  if ('rollout' in asked) return null;
  const { namespace, release: name } = asked;
  const found = await client.get(RESOURCES.Release, { namespace, name });
  if (found !== null) return found as Release;
  throw new Fault('notFound', `there is no Release ${name} in namespace ${namespace}`, [
    'it may have been removed with its history; see the history of its Rollout',
  ]);
}

/** What a page is about, read with the person's own rights. */
export async function subjectOf(deps: PageDeps, viewer: Viewer, asked: PageAsked): Promise<PageSubject> {
  const { namespace } = asked;
  const { client } = viewer;
  const hidden = await hiddenFor(deps, viewer, namespace);
  const release = await releaseOf(viewer, asked);
  const name = 'rollout' in asked ? asked.rollout : (release?.spec.rollout ?? '');
  const rollout = (await client.get(RESOURCES.Rollout, { namespace, name })) as Rollout | null;
  if (rollout === null && release === null)
    throw new Fault('notFound', `there is no Rollout ${name} in namespace ${namespace}`);
  const workload = rollout?.spec.target.name ?? release?.spec.workload.name ?? '';
  const deployment = hidden.includes('Deployment')
    ? null
    : await client.get(RESOURCES.Deployment, { namespace, name: workload });
  const selector = selectorOf(deployment);
  return { namespace, rollout: name, release: release?.metadata.name ?? null, workload, selector, hidden };
}

/** All pages that somebody has open. People with equal rights on equal subjects share one. */
export class ReleaseFeeds {
  readonly #deps: PageDeps;
  readonly #feeds = new Map<string, ReleaseFeed>();

  constructor(deps: PageDeps) {
    this.#deps = deps;
  }

  /** Holds the feed of a subject; the returned function releases it. */
  async hold(
    viewer: Viewer,
    subject: PageSubject,
  ): Promise<{ readonly feed: ReleaseFeed; readonly release: () => void }> {
    const key = JSON.stringify(subject);
    const feed = this.#feeds.get(key) ?? new ReleaseFeed(subject, this.#deps.pool, this.#deps.clock);
    this.#feeds.set(key, feed);
    const release = await feed.hold(viewer);
    return {
      feed,
      release: () => {
        release();
        if (!feed.isHeld && this.#feeds.get(key) === feed) this.#feeds.delete(key);
      },
    };
  }
}
