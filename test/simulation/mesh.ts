import { isDeepStrictEqual } from 'node:util';
import type { MemoryCluster } from '../fakes/memory-cluster.ts';
import type { Pod, Pods } from './pods.ts';
import type { Destination, Routing, Written } from './routing.ts';

interface Config extends Written {
  readonly at: number;
}

/** Where the requests of one moment went. */
export interface Flow {
  /** Share of all requests, by `pod-template-hash`. */
  readonly shares: ReadonlyMap<string, number>;
  /** Versions that a route names by a subset of their own. */
  readonly named: ReadonlySet<string>;
  /** Share that was lost, by cause. */
  readonly lost: readonly { readonly share: number; readonly cause: string; readonly hash: string | null }[];
  /** Sum of the weights in force. */
  readonly sum: number;
}

const isSame = ({ at: _one, ...one }: Config, { at: _other, ...other }: Config): boolean =>
  isDeepStrictEqual(one, other);

/**
 * How long the proxies still send requests of the Service to a pod that is leaving, milliseconds. Endpoints come on a way of
 * their own, and may be later than routes; less than the policy's `settle`.
 */
const DEPART_MS = 950;
/** Fraction of all requests that testers send. */
const TESTERS = 0.15;

const plus = (a: Flow['shares'], b: Flow['shares'], part: number): Flow['shares'] =>
  new Map(
    [...new Set([...a.keys(), ...b.keys()])].map((hash) => [
      hash,
      (a.get(hash) ?? 0) * (1 - part) + (b.get(hash) ?? 0) * part,
    ]),
  );

/**
 * A subset that the routes still name, and that a push of the other configuration removes before it updates the routes.
 */
function tornBy(before: Config, after: Config): string | null {
  const routes = [before.routes, before.testers ?? [], ...before.others.values()].flat();
  const named = routes.flatMap(({ destination }) => destination.subset ?? []);
  return named.find((subset) => before.subsets.has(subset) && !after.subsets.has(subset)) ?? null;
}

/**
 * The proxies: a write is in force after a while, in the order of writes. Nothing comes in force before `deafUntil`,
 * when their control plane receives no updates.
 */
export class Mesh {
  deafUntil = 0;
  /** Requests beside those of the routes that go to all ready pods, as a share of those. */
  bypass = 0;
  /** How long the control plane gathers changes into one push, milliseconds. */
  gathersMs = 0;
  #gatheringSince: number | null = null;
  readonly #cluster: MemoryCluster;
  readonly #pods: Pods;
  readonly #delayMs: number;
  readonly #routing: Pick<Routing, 'read'>;
  readonly #configs: Config[] = [];

  constructor(cluster: MemoryCluster, pods: Pods, delayMs: number, routing: Pick<Routing, 'read'>) {
    this.#routing = routing;
    this.#cluster = cluster;
    this.#pods = pods;
    this.#delayMs = delayMs;
  }

  #read(now: number): Config {
    return { at: now, ...this.#routing.read(this.#cluster) };
  }

  /** Reads what is written now, and returns where requests go. */
  tick(now: number): Flow {
    if (now >= this.deafUntil || this.#configs.length === 0) this.#hear(now);
    const torn = this.#take(now);
    const [inForce] = this.#configs;
    if (inForce === undefined) return { shares: new Map(), named: new Set(), lost: [], sum: 100 };
    const flow = this.#whole(inForce, now);
    if (torn === null) return flow;
    const lost = { share: 1, cause: `no subset ${torn} between two parts of a push`, hash: null };
    return { ...flow, lost: [...flow.lost, lost] };
  }

  /** Testers have a rule of their own where one is before that of all requests. */
  #whole(inForce: Config, now: number): Flow {
    const all = this.#flow(inForce, now);
    if (inForce.testers === undefined) return all;
    const theirs = this.#flow({ ...inForce, routes: inForce.testers }, now);
    return {
      shares: plus(all.shares, theirs.shares, TESTERS),
      named: new Set([...all.named, ...theirs.named]),
      lost: [...all.lost, ...theirs.lost],
      sum: theirs.sum === 100 ? all.sum : theirs.sum,
    };
  }

  /** All traffic of each version, including copies and what bypasses the routes. */
  received(flow: Flow, now: number): Flow {
    const pods = this.#endpoints(null, now);
    const shares = new Map(flow.shares);
    for (const { hash } of pods) shares.set(hash, (shares.get(hash) ?? 0) + this.bypass / pods.length);
    const { copies, subsets } = this.#configs[0] ?? {};
    const copied = subsets?.get(copies?.subset ?? '');
    if (copies !== undefined && copied !== undefined && this.#endpoints(copied, now).length > 0)
      shares.set(copied, (shares.get(copied) ?? 0) + copies.percent / 100);
    return { ...flow, shares };
  }

  /** Where the requests go that come by other VirtualServices than the first one, by their names. */
  ways(now: number): ReadonlyMap<string, Flow> {
    const [inForce] = this.#configs;
    if (inForce === undefined) return new Map();
    return new Map(
      [...inForce.others].map(([name, routes]) => [name, this.#flow({ ...inForce, routes }, now)]),
    );
  }

  #hear(now: number): void {
    const config = this.#read(now);
    const last = this.#configs.at(-1);
    if (last !== undefined && isSame(last, config)) return;
    this.#gatheringSince ??= now;
    if (last !== undefined && now - this.#gatheringSince < this.gathersMs) return;
    this.#configs.push(config);
    this.#gatheringSince = null;
  }

  /** Puts in force what has arrived by now; returns a subset that a route lacked in the meantime. */
  #take(now: number): string | null {
    let torn: string | null = null;
    for (;;) {
      const [before, after] = this.#configs;
      if (before === undefined || after === undefined || after.at > now - this.#delayOf(after)) return torn;
      torn ??= tornBy(before, after);
      this.#configs.shift();
    }
  }

  /** Not every change takes the longest time. */
  #delayOf({ at }: Config): number {
    return (at / 500) % 2 === 0 ? this.#delayMs : this.#delayMs / 2;
  }

  #flow({ routes, subsets }: Config, now: number): Flow {
    const shares = new Map<string, number>();
    const named = new Set<string>();
    const lost: { share: number; cause: string; hash: string | null }[] = [];
    const weightOf = ({ weight }: Destination): number => weight ?? (routes.length === 1 ? 100 : 0);
    const total = routes.reduce((sum, route) => sum + weightOf(route), 0);
    for (const route of routes) {
      const share = routes.length === 1 ? 1 : weightOf(route) / total;
      const { subset } = route.destination;
      const hash = subset === undefined ? null : (subsets.get(subset) ?? null);
      if (share === 0) continue;
      if (subset !== undefined && hash === null) {
        // One missing weighted subset fails the whole route.
        return {
          shares: new Map(),
          named,
          lost: [{ share: 1, cause: `no subset ${subset}`, hash }],
          sum: total,
        };
      }
      if (hash !== null) named.add(hash);
      const endpoints = this.#endpoints(hash, now);
      if (endpoints.length === 0) lost.push({ share, cause: 'no ready pod', hash });
      for (const pod of endpoints)
        shares.set(pod.hash, (shares.get(pod.hash) ?? 0) + share / endpoints.length);
    }
    return { shares, named, lost, sum: total };
  }

  /** A Service without a subset has a pod that has left until the proxies know so; it still answers. */
  #endpoints(hash: string | null, now: number): Pod[] {
    const isLeaving = ({ stoppedAt, readyAt }: Pod): boolean =>
      hash === null && stoppedAt !== null && readyAt <= stoppedAt && now < stoppedAt + DEPART_MS;
    return this.#pods.all.filter(
      (pod) => (this.#pods.ready(pod, now) || isLeaving(pod)) && (hash === null || pod.hash === hash),
    );
  }
}
