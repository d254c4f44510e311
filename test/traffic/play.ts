import type { Callers } from '../../hack/testbed/callers.ts';
import type { Controller } from '../../hack/testbed/controller.ts';
import type { Headers } from '../../hack/testbed/evidence/headers.ts';
import type { Observer } from '../../hack/testbed/evidence/observer.ts';
import type { Transition } from '../../hack/testbed/evidence/transition.ts';
import type { ApiProxy } from '../../hack/testbed/proxies/api-proxy.ts';
import type { Action } from '../../hack/testbed/remote.ts';
import type { Road } from '../../hack/testbed/roads/road.ts';
import type { Pushed, Site } from '../../hack/testbed/site.ts';
import type { Supported } from '../../src/traffic/declaration.ts';

/** What a play works with. */
export interface Scene {
  readonly road: Road;
  /** A model server of version v1 under traffic, with a Rollout that gates its changes. */
  readonly site: Site;
  readonly witness: Observer;
  /** All who send requests so far: everybody, without headers, then those who joined. */
  callers(): readonly Callers[];
  /** A controller for this site alone, and what stands between it and the API server; null where others share it. */
  readonly own: { readonly controller: Controller; readonly api: ApiProxy } | null;
  /** What has been pushed so far. */
  pushes(): readonly Pushed[];
  /** Pushes a version that is as good as v1, with changes of its behaviour. */
  push(version: string, env?: Readonly<Record<string, string>>): Promise<Pushed>;
  /** More callers, with these headers, beside the others until the end. */
  join(headers: Headers): Promise<void>;
  /** Does something to a component of the cluster. */
  act(component: string, action: Action): Promise<void>;
}

/** What a router must be able to do. */
export type Need = Exclude<keyof Supported, 'weights'>;

/** A course of a release under traffic. */
export interface Play {
  readonly name: string;
  /** What happens, for people. */
  readonly about: string;
  /** Fields of the Rollout's spec, which win over those of the strategy. */
  readonly spec?: object;
  /** More of them, by the host of the site. */
  readonly specAt?: (host: string) => object;
  /** Headers of callers beside everybody, in place of those of the strategy. */
  readonly joined?: Headers;
  /** The routes are for the host of testers, too. */
  readonly hasHost?: true;
  /** Environment of v1. */
  readonly env?: Readonly<Record<string, string>>;
  readonly needs?: readonly Need[];
  /** It stops what other releases need too: nothing else runs beside it. */
  readonly alone?: true;
  /** It stops its controller. */
  readonly ownController?: true;
  /** It needs a component that tells proxies of changes. */
  readonly controlPlane?: true;
  /** Another strategy plays the same on every road, or it has nothing to do with the road: one is enough. */
  readonly once?: true;
  /** It needs clients that keep cookies. */
  readonly cookies?: true;
  /** Leads the release to its end, and answers the transitions to measure. Rejects if the release does something else. */
  run(scene: Scene): Promise<readonly Transition[]>;
}

/** Fields of the Rollout's spec in a play at a host. */
export const specOf = (
  strategy: Pick<Strategy, 'spec'>,
  { spec, specAt }: Pick<Play, 'spec' | 'specAt'>,
  host: string,
): object => ({ ...strategy.spec, ...spec, ...specAt?.(host) });

/** How versions are released: a policy, and the plays in which it must lose nothing. */
export interface Strategy {
  readonly name: string;
  readonly about: string;
  /** `pods`: for roads on which the number of ready pods divides the requests. Default: for those with weights. */
  readonly divides?: 'pods';
  readonly needs?: readonly Need[];
  /** Headers of callers beside everybody. */
  readonly joined?: Headers;
  /** Fields of a Rollout's spec, beside target and traffic. */
  readonly spec: object;
  readonly plays: readonly Play[];
}
