import { randomBytes } from 'node:crypto';
import { RESOURCES } from '../../../adapters/kubernetes/resource.ts';
import type { KubeObject } from '../../../api/meta.ts';
import type { Release } from '../../../api/release/release.ts';
import type { Rollout } from '../../../api/rollout/rollout.ts';
import type { Clock } from '../../../clock.ts';
import type { FleetChange, FleetRow } from '../../api/fleet.ts';
import type { Held, Watched, WatchPool } from '../live/watch-pool.ts';
import type { Viewer } from '../people/viewer.ts';
import { rowKey, rowOf, trimFinished } from './fleet-row.ts';

/** Removed rows that are remembered; who is further behind gets everything. */
const MOST_GONE = 2_000;

const TRIM = { name: 'finished', apply: trimFinished };

interface Versioned {
  readonly row: FleetRow;
  readonly text: string;
  readonly version: number;
}

/** The rows of a namespace, or of all, kept up to date while somebody holds it. Viewers of one scope share it. */
export class FleetFeed {
  readonly namespace: string | undefined;
  readonly #pool: WatchPool;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #rows = new Map<string, Versioned>();
  readonly #gone: { readonly key: string; readonly version: number }[] = [];
  readonly #dirty = new Set<string>();
  readonly #held = new Set<readonly [Held, Held]>();
  /** Tells versions of this feed from those of one before, or of another process. */
  readonly #epoch = randomBytes(6).toString('base64url');
  #version = 0;
  #isBuilt = false;
  #forgotten = 0;

  constructor(namespace: string | undefined, pool: WatchPool, clock: Pick<Clock, 'now'>) {
    this.namespace = namespace;
    this.#pool = pool;
    this.#clock = clock;
  }

  /** Keeps it up to date for a viewer, until the returned function is called. */
  async hold(viewer: Viewer): Promise<() => void> {
    const watched = (kind: 'Rollout' | 'Release'): Watched => ({
      resource: RESOURCES[kind],
      namespace: this.namespace,
      ...(kind === 'Release' ? { trim: TRIM } : {}),
    });
    const note = (object: KubeObject): void => {
      this.#dirty.add(rowKey(object));
    };
    const held = [
      this.#pool.hold(viewer, watched('Rollout'), note),
      this.#pool.hold(viewer, watched('Release'), note),
    ] as const;
    this.#held.add(held);
    let isReleased = false;
    const release = (): void => {
      if (isReleased) return;
      isReleased = true;
      this.#held.delete(held);
      for (const one of held) one.release();
      if (this.#held.size === 0) this.#isBuilt = false;
    };
    await Promise.race([Promise.all(held.map(({ synced }) => synced)), aborted(viewer.signal)]);
    return release;
  }

  get isHeld(): boolean {
    return this.#held.size > 0;
  }

  health(): { readonly trouble: string | null; readonly asOf: number } {
    const [first] = this.#held;
    const [rollouts, releases] = first ?? [];
    const states = [rollouts, releases].flatMap((one) => (one === undefined ? [] : [one.health()]));
    const now = this.#clock.now();
    return {
      trouble: states.find(({ trouble }) => trouble !== null)?.trouble ?? null,
      asOf: Math.min(now, ...states.map(({ asOf }) => asOf)),
    };
  }

  /** The newest version, after all changes until now. */
  version(): string {
    this.#refresh();
    return `${this.#epoch}.${this.#version}`;
  }

  /** All rows. */
  rows(): readonly FleetRow[] {
    this.#refresh();
    return [...this.#rows.values()].map(({ row }) => row);
  }

  /** What has changed since a version; null if that cannot be said, and everything must be sent. */
  changes(from: string): FleetChange | null {
    this.#refresh();
    const [epoch, number] = from.split('.');
    const version = Number(number);
    const isKnown = epoch === this.#epoch && version >= this.#forgotten && version <= this.#version;
    if (!isKnown) return null;
    return {
      rows: [...this.#rows.values()].filter((one) => one.version > version).map(({ row }) => row),
      gone: this.#gone
        .filter((one) => one.version > version && !this.#rows.has(one.key))
        .map(({ key }) => key),
    };
  }

  #refresh(): void {
    const [first] = this.#held;
    if (first === undefined) return;
    const [rollouts, releases] = first;
    if (this.#isBuilt && this.#dirty.size === 0) return;
    const byKey = grouped(releases.list());
    const known = new Map(rollouts.list().map((one) => [rowKey(one), one]));
    const keys = this.#isBuilt ? this.#dirty : new Set([...known.keys(), ...this.#rows.keys()]);
    this.#version += 1;
    for (const key of keys) this.#put(key, known.get(key) as Rollout | undefined, byKey.get(key) ?? []);
    this.#dirty.clear();
    this.#isBuilt = true;
  }

  #put(key: string, rollout: Rollout | undefined, releases: readonly Release[]): void {
    if (rollout === undefined) {
      if (!this.#rows.delete(key)) return;
      this.#gone.push({ key, version: this.#version });
      if (this.#gone.length > MOST_GONE) this.#forgotten = this.#gone.shift()?.version ?? 0;
      return;
    }
    const row = rowOf(rollout, releases, this.#clock.now());
    const text = JSON.stringify(row);
    if (this.#rows.get(key)?.text !== text) this.#rows.set(key, { row, text, version: this.#version });
  }
}

function grouped(releases: readonly KubeObject[]): ReadonlyMap<string, readonly Release[]> {
  const groups = new Map<string, Release[]>();
  for (const release of releases as readonly Release[]) {
    const key = rowKey(release);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [release]);
    else group.push(release);
  }
  return groups;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
