import type { KubeObject } from '../api/meta.ts';
import type { Release } from '../api/release/release.ts';
import type { HttpMatch } from '../api/rollout/match.ts';

/** Objects by kind. */
export type KindObjects = Readonly<Record<string, readonly KubeObject[]>>;

/** The objects of a kind. */
export const ofKind = (objects: KindObjects | undefined, kind: string): readonly KubeObject[] =>
  objects?.[kind] ?? [];

/** Everything that a router decides from: the raw objects as read. */
export interface RouteObjects {
  readonly namespace: string;
  /** Services of the namespace, and what the router reads there and in the namespace of the mesh (`alsoIn`). */
  readonly kinds: KindObjects;
  /** Objects of other namespaces that name Services of this one, if they may be read. */
  readonly elsewhere?: KindObjects;
  /** Services that select pods of the workload and of another one, with the latter's name. They cannot be split. */
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

/** Possible owner of the routes: the Rollout of a running Release, or a Rollout without one. */
export interface RouteHolder {
  readonly metadata?: Pick<KubeObject['metadata'], 'uid'>;
  readonly spec: Pick<Release['spec'], 'rollout'>;
}

/** The Release for which routes are read: the traffic of a Service belongs to one Rollout at a time. */
export type RouteOwner = Pick<Release, 'metadata' | 'spec'>;

/** What a release asks of its routes beside weights. */
export interface RouteAsks {
  readonly match: readonly HttpMatch[];
  /** The field of the policy in which hosts of them stand, for messages. */
  readonly hostField?: string;
  readonly mirror: boolean;
  /** Some mirror copies less than all requests. */
  readonly partialMirror?: boolean;
  readonly sticky?: boolean;
  /** Most groups of clients that stay with their version. */
  readonly groups?: number;
}

/** The router's input before there is a plan. Plain data, so that it can be recorded and replayed. */
export interface RouteRequest<Spec = unknown, Owner = RouteOwner> {
  readonly objects: RouteObjects;
  /** What the policy says to the router. */
  readonly spec: Spec;
  /** Labels of the pod template of the workload. */
  readonly podLabels: Readonly<Record<string, string>>;
  readonly owner: Owner;
  /** Absent: nothing beside weights. */
  readonly asks?: RouteAsks;
}

/** The router's input once the routes are planned. */
export interface RouteContext<Spec = unknown, Data = unknown> extends RouteRequest<Spec> {
  readonly plan: RoutePlan<Data>;
  readonly versions: RouteVersions;
}
