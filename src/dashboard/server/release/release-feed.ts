import { RESOURCES } from '../../../adapters/kubernetes/resource.ts';
import type { KubeObject } from '../../../api/meta.ts';
import type { Release } from '../../../api/release/release.ts';
import type { Rollout } from '../../../api/rollout/rollout.ts';
import type { Clock } from '../../../clock.ts';
import type { Health } from '../../api/problem.ts';
import type { ReleasePage } from '../../api/release.ts';
import type { Held, Watched, WatchPool } from '../live/watch-pool.ts';
import type { Viewer } from '../people/viewer.ts';
import { EVENTS, trimEvent } from './page-events.ts';
import { pageOf } from './release-page.ts';

/** Texts such as "in 3m" are renewed this often, although no object has changed. */
const AGES_MS = 5_000;
/** A page is made at most this often. */
const SOONEST_MS = 900;

type Kind = 'Rollout' | 'Release' | 'Deployment' | 'ReplicaSet' | 'Pod' | 'Event';

/** What a page is about, and what its viewers may see: equal subjects share a feed. */
export interface PageSubject {
  readonly namespace: string;
  readonly rollout: string;
  /** The Release to show; null for the current Release of the Rollout. */
  readonly release: string | null;
  /** Name of the Deployment. */
  readonly workload: string;
  /** Selector of its pods. */
  readonly selector: string | null;
  readonly hidden: readonly Kind[];
}

/** A page as it was last made. */
export interface PageVersion {
  /** Changes with the page; ages alone change it every few seconds. */
  readonly version: number;
  readonly page: Omit<ReleasePage, 'health'>;
}

/** A page that is kept up to date while somebody holds it. */
export class ReleaseFeed {
  readonly #subject: PageSubject;
  readonly #pool: WatchPool;
  readonly #clock: Clock;
  readonly #held = new Set<ReadonlyMap<Kind, Held>>();
  #isDirty = true;
  #madeAt = Number.NEGATIVE_INFINITY;
  #text = '';
  #last: PageVersion | null = null;

  constructor(subject: PageSubject, pool: WatchPool, clock: Clock) {
    this.#subject = subject;
    this.#pool = pool;
    this.#clock = clock;
  }

  get isHeld(): boolean {
    return this.#held.size > 0;
  }

  /** Keeps it up to date for a viewer, until the returned function is called. */
  async hold(viewer: Viewer): Promise<() => void> {
    const note = (): void => {
      this.#isDirty = true;
    };
    const held = new Map(
      this.#watched().map(([kind, watched]) => [kind, this.#pool.hold(viewer, watched, note)] as const),
    );
    this.#held.add(held);
    this.#isDirty = true;
    const gone = new Promise<void>((resolve) =>
      viewer.signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    await Promise.race([Promise.all([...held.values()].map(({ synced }) => synced)), gone]);
    return () => {
      if (!this.#held.delete(held)) return;
      for (const one of held.values()) one.release();
    };
  }

  health(): Health {
    const [first] = this.#held;
    const states = [...(first?.values() ?? [])].map((one) => one.health());
    const asOf = Math.min(this.#clock.now(), ...states.map((one) => one.asOf));
    const trouble = states.find((one) => one.trouble !== null)?.trouble ?? null;
    return { asOf: new Date(asOf).toISOString(), trouble };
  }

  /** The page as it is now. */
  current(): PageVersion {
    const since = this.#clock.monotonic() - this.#madeAt;
    if (this.#last !== null && since < (this.#isDirty ? SOONEST_MS : AGES_MS)) return this.#last;
    this.#isDirty = false;
    this.#madeAt = this.#clock.monotonic();
    const page = this.#make();
    // When it was made is no change.
    const text = JSON.stringify({ ...page, view: { ...page.view, at: '' } });
    if (this.#last === null || text !== this.#text)
      this.#last = { version: (this.#last?.version ?? 0) + 1, page };
    this.#text = text;
    return this.#last;
  }

  #watched(): readonly (readonly [Kind, Watched])[] {
    const { namespace, rollout, workload, selector, hidden } = this.#subject;
    const all: readonly (readonly [Kind, Watched | null])[] = [
      ['Rollout', { resource: RESOURCES.Rollout, namespace, fieldSelector: `metadata.name=${rollout}` }],
      ['Release', { resource: RESOURCES.Release, namespace }],
      [
        'Deployment',
        { resource: RESOURCES.Deployment, namespace, fieldSelector: `metadata.name=${workload}` },
      ],
      // The canary's own ReplicaSet need not have the labels of the workload.
      ['ReplicaSet', { resource: RESOURCES.ReplicaSet, namespace }],
      ['Pod', selector === null ? null : { resource: RESOURCES.Pod, namespace, labelSelector: selector }],
      ['Event', { resource: EVENTS, namespace, trim: { name: 'event', apply: trimEvent } }],
    ];
    return all.flatMap(([kind, watched]) =>
      watched === null || hidden.includes(kind) ? [] : [[kind, watched] as const],
    );
  }

  #list(kind: Kind): readonly KubeObject[] {
    const [first] = this.#held;
    return first?.get(kind)?.list() ?? [];
  }

  #make(): Omit<ReleasePage, 'health'> {
    const { rollout, release, workload, hidden } = this.#subject;
    const releases = this.#list('Release') as readonly Release[];
    const ours = releases.filter(({ spec }) => spec.rollout === rollout);
    const isGone = release !== null && !ours.some(({ metadata }) => metadata.name === release);
    // A Release that is removed while its page is open stays as it was last.
    if (isGone && this.#last !== null) return this.#last.page;
    return pageOf(
      {
        rollout: (this.#list('Rollout')[0] ?? null) as Rollout | null,
        named: release,
        releases: ours,
        deployment: this.#list('Deployment').find(({ metadata }) => metadata.name === workload) ?? null,
        replicaSets: this.#list('ReplicaSet'),
        pods: this.#list('Pod'),
        events: hidden.includes('Event') ? null : this.#list('Event'),
        hidden: (['ReplicaSet', 'Pod'] as const).filter((kind) => hidden.includes(kind)),
      },
      this.#clock.now(),
    );
  }
}
