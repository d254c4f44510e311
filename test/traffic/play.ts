import type { Controller } from '../../hack/testbed/controller.ts';
import type { Observer } from '../../hack/testbed/evidence/observer.ts';
import type { Transition } from '../../hack/testbed/evidence/transition.ts';
import type { ApiProxy } from '../../hack/testbed/proxies/api-proxy.ts';
import type { Action } from '../../hack/testbed/remote.ts';
import type { Road } from '../../hack/testbed/roads/road.ts';
import type { Pushed, Site } from '../../hack/testbed/site.ts';

/** What a play works with. */
export interface Scene {
  readonly road: Road;
  /** A model server of version v1 under traffic, with a Rollout that gates its changes. */
  readonly site: Site;
  readonly witness: Observer;
  /** A controller for this site alone, and what stands between it and the API server; null where others share it. */
  readonly own: { readonly controller: Controller; readonly api: ApiProxy } | null;
  /** Pushes a version that is as good as v1. */
  push(version: string): Promise<Pushed>;
  /** Does something to a component of the cluster. */
  act(component: string, action: Action): Promise<void>;
}

/** A course of a release under traffic. */
export interface Play {
  readonly name: string;
  /** What happens, for people. */
  readonly about: string;
  /** Fields of the Rollout's spec, which win over those of the strategy. */
  readonly spec?: object;
  /** It stops what other releases need too: nothing else runs beside it. */
  readonly alone?: true;
  /** It stops its controller. */
  readonly ownController?: true;
  /** It needs a component that tells proxies of changes. */
  readonly controlPlane?: true;
  /** Leads the release to its end, and answers the transitions to measure. Rejects if the release does something else. */
  run(scene: Scene): Promise<readonly Transition[]>;
}

/** How versions are released: a policy, and the plays in which it must lose nothing. */
export interface Strategy {
  readonly name: string;
  readonly about: string;
  /** `pods`: for roads on which the number of ready pods divides the requests. Default: for those with weights. */
  readonly divides?: 'pods';
  /** Fields of a Rollout's spec, beside target and traffic. */
  readonly spec: object;
  readonly plays: readonly Play[];
}
