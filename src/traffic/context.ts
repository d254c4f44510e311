import type { KubeObject } from '../api/meta.ts';
import type { Release } from '../api/release.ts';

/** Objects by kind. */
export type KindObjects = Readonly<Record<string, readonly KubeObject[]>>;

/** The objects of a kind. */
export const ofKind = (objects: KindObjects | undefined, kind: string): readonly KubeObject[] =>
  objects?.[kind] ?? [];

/** Everything a router's decision is made from: the objects as they were read, raw. */
export interface RouteObjects {
  readonly namespace: string;
  /** Services of the namespace, and what the router reads there and in the namespace of the mesh (`alsoIn`). */
  readonly kinds: KindObjects;
  /** Objects of other namespaces that name Services of this one, as far as they may be read. */
  readonly elsewhere?: KindObjects;
  /** Services over the pods of the workload that have pods of another one behind them, too: its name. They cannot be split. */
  readonly sharedWith?: Readonly<Record<string, string>>;
}

/** The two versions, by the value of their pods' label `pod-template-hash`. */
export interface RouteVersions {
  readonly stable: string;
  readonly canary: string;
}

/** What a release needs to know about the routes before it touches them; persisted in its status. */
export interface RoutePlan<Data = unknown> {
  /** The Service whose traffic is shifted. */
  readonly service: string;
  /** What the router alone reads; JSON. */
  readonly data: Data;
  /** uids of the objects that the release has made beside the user's. Labels can be edited; a uid cannot. */
  readonly own?: readonly string[];
}

/** Who the routes may belong to: the Rollout of a Release that is under way, or one that has none. */
export interface RouteHolder {
  readonly metadata?: Pick<KubeObject['metadata'], 'uid'>;
  readonly spec: Pick<Release['spec'], 'rollout'>;
}

/** The Release on whose behalf routes are looked at: the traffic of a Service belongs to one Rollout at a time. */
export type RouteOwner = Pick<Release, 'metadata' | 'spec'>;

/** What a router is asked from before there is a plan. Plain data, so that it can be recorded and asked again. */
export interface RouteRequest<Spec = unknown, Owner = RouteOwner> {
  readonly objects: RouteObjects;
  /** What the policy says to the router. */
  readonly spec: Spec;
  /** Labels of the pod template of the workload. */
  readonly podLabels: Readonly<Record<string, string>>;
  readonly owner: Owner;
}

/** What a router decides from once the routes are planned. */
export interface RouteContext<Spec = unknown, Data = unknown> extends RouteRequest<Spec> {
  readonly plan: RoutePlan<Data>;
  readonly versions: RouteVersions;
}
