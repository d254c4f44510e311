import type { KubeObject } from '../../api/meta.ts';
import type { MemoryCluster } from '../memory-cluster.ts';
import type { Pod, Pods } from './pods.conformance.ts';

interface Destination {
  readonly destination: { readonly host: string; readonly subset?: string };
  readonly weight?: number;
}

interface Config {
  readonly at: number;
  readonly routes: readonly Destination[];
  readonly subsets: ReadonlyMap<string, string>;
}

/** Where the requests of one moment went. */
export interface Flow {
  /** Share of all requests, by `pod-template-hash`. */
  readonly shares: ReadonlyMap<string, number>;
  /** Share that was lost, by cause. */
  readonly lost: readonly { readonly share: number; readonly cause: string; readonly hash: string | null }[];
  /** Sum of the weights in force. */
  readonly sum: number;
}

function subsetsOf(rules: readonly KubeObject[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const rule of rules) {
    const { subsets = [] } = rule['spec'] as {
      subsets?: { name: string; labels?: Record<string, string> }[];
    };
    for (const { name, labels } of subsets) found.set(name, labels?.['pod-template-hash'] ?? '');
  }
  return found;
}

/**
 * The proxies: what is written is in force after a while, all of it in the order in which it was written. Nothing comes
 * in force before `deafUntil`: their control plane does not hear of it.
 */
export class Mesh {
  deafUntil = 0;
  readonly #cluster: MemoryCluster;
  readonly #pods: Pods;
  readonly #delayMs: number;
  readonly #configs: Config[] = [];

  constructor(cluster: MemoryCluster, pods: Pods, delayMs: number) {
    this.#cluster = cluster;
    this.#pods = pods;
    this.#delayMs = delayMs;
  }

  #read(now: number): Config {
    const service = this.#cluster.all('VirtualService')[0];
    const { http = [] } = (service?.['spec'] ?? {}) as { http?: { route: Destination[] }[] };
    const routes = http[0]?.route ?? [{ destination: { host: 'model' } }];
    return { at: now, routes, subsets: subsetsOf(this.#cluster.all('DestinationRule')) };
  }

  /** Takes in what is written now, and tells where requests go. */
  tick(now: number): Flow {
    const isDeaf = now < this.deafUntil && this.#configs.length > 0;
    if (!isDeaf) this.#hear(now);
    const [inForce] = this.#configs;
    return inForce === undefined ? { shares: new Map(), lost: [], sum: 100 } : this.#flow(inForce, now);
  }

  #hear(now: number): void {
    this.#configs.push(this.#read(now));
    while ((this.#configs[1]?.at ?? now) <= now - this.#delayMs && this.#configs.length > 1)
      this.#configs.shift();
  }

  #flow({ routes, subsets }: Config, now: number): Flow {
    const shares = new Map<string, number>();
    const lost: { share: number; cause: string; hash: string | null }[] = [];
    const weightOf = ({ weight }: Destination): number => weight ?? (routes.length === 1 ? 100 : 0);
    const total = routes.reduce((sum, route) => sum + weightOf(route), 0);
    for (const route of routes) {
      const share = routes.length === 1 ? 1 : weightOf(route) / total;
      const { subset } = route.destination;
      const hash = subset === undefined ? null : (subsets.get(subset) ?? null);
      if (share === 0) continue;
      if (subset !== undefined && hash === null) {
        // One weighted subset that is not there fails the whole route.
        return { shares: new Map(), lost: [{ share: 1, cause: `no subset ${subset}`, hash }], sum: total };
      }
      const endpoints = this.#endpoints(hash, now);
      if (endpoints.length === 0) lost.push({ share, cause: 'no ready pod', hash });
      for (const pod of endpoints)
        shares.set(pod.hash, (shares.get(pod.hash) ?? 0) + share / endpoints.length);
    }
    return { shares, lost, sum: total };
  }

  #endpoints(hash: string | null, now: number): Pod[] {
    return this.#pods.all.filter((pod) => this.#pods.ready(pod, now) && (hash === null || pod.hash === hash));
  }
}
