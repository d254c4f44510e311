import type { KubeObject } from '../../src/api/meta.ts';
import type { MemoryCluster } from '../fakes/memory-cluster.ts';

/** The name by which a GitOps tool writes. */
export const TOOL = 'argocd-controller';

/** What others do to the objects of a router, and which of these are ours. */
export interface Hands {
  /** Kinds of the user's routes. */
  readonly routes: readonly string[];
  /** Kinds of the objects that the router makes beside them. */
  readonly beside: readonly string[];
  /** Whether a route names a version, or an object beside the routes is one of ours, whatever its labels say. */
  isOurs(object: KubeObject): boolean;
  /** A GitOps tool applies the route as it is in Git, if it differs. */
  applyGit(cluster: MemoryCluster): void;
  /** Somebody applies the route as it is in Git. */
  applyRoutes(cluster: MemoryCluster): void;
  /** Somebody sets weights of the split by hand. */
  editWeights(cluster: MemoryCluster): void;
  /** Somebody gives the first rule another name. */
  renameRoute(cluster: MemoryCluster): void;
  /** A route as it is in the middle of a release, as a backup or an exported object has it. */
  applyStaleSplit(cluster: MemoryCluster): void;
  /** Somebody takes our labels off our objects, or puts those of another Rollout there. */
  relabel(cluster: MemoryCluster, labels: Record<string, string>): void;
  /** Somebody puts an object of their own in the place of one of ours. */
  replace(cluster: MemoryCluster): void;
  /** Something appears that keeps a split from being in force. */
  hide(cluster: MemoryCluster): void;
  /** Another route to a Service. */
  addRoute(cluster: MemoryCluster, name: string, service: string): void;
  removeRoute(cluster: MemoryCluster, name: string): void;
  /** A team in another namespace writes what its clients follow in place of ours, and takes it away. */
  addClientRule(cluster: MemoryCluster): void;
  removeClientRule(cluster: MemoryCluster): void;
}

const nothing = (): void => {};

/** There are no routes. */
export const NO_HANDS: Hands = {
  routes: [],
  beside: [],
  isOurs: () => false,
  applyGit: nothing,
  applyRoutes: nothing,
  editWeights: nothing,
  renameRoute: nothing,
  applyStaleSplit: nothing,
  relabel: nothing,
  replace: nothing,
  hide: nothing,
  addRoute: nothing,
  removeRoute: nothing,
  addClientRule: nothing,
  removeClientRule: nothing,
};
