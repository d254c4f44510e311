import type { KubeObject } from '../../../src/api/meta.ts';
import type { Supported } from '../../../src/traffic/declaration.ts';
import type { OptionalPartName } from '../../cluster/binaries/optional-parts.ts';
import type { StartOptions } from '../../load/load.ts';
import type { Access } from '../access.ts';
import type { TestKind } from '../api.ts';
import type { Headers } from '../evidence/headers.ts';
import type { Moment } from '../evidence/history.ts';

/** What stands before the host of a site, in that of its testers. */
export const TEST_LABEL = 'preview';

/** Where the model of a site is. */
export interface Place {
  readonly namespace: string;
  /** Its host name at gateways. */
  readonly host: string;
}

/** Where requests are sent so that they come by a road. */
export type Target = Pick<
  StartOptions,
  'url' | 'host' | 'protocol' | 'proxy' | 'headers' | 'method' | 'body'
>;

/** The part of the requests that a version should get. */
export interface Share {
  /** Percent of the requests that it is about. */
  readonly percent: number;
  /** What the data plane divides by: the weights of a route, or the number of ready pods behind a Service. */
  readonly by: 'weight' | 'pods';
}

/** A way on which requests come to a model: a router of Sluice, the objects of its user, and a data plane. */
export interface Road {
  /** As reports name it. */
  readonly name: string;
  /** What it is made of, for people. */
  readonly about: string;
  /** `spec.traffic` of a Rollout. */
  readonly traffic: object;
  /** The object whose routes a release changes. */
  readonly route: { readonly kind: TestKind; readonly name: string };
  /** Kinds that say what a version should get, beside pods. */
  readonly kinds: readonly TestKind[];
  /** A part of the cluster that is not always there. */
  readonly part?: OptionalPartName;
  /** Component of the cluster that tells the proxies of changes; null where there is none. */
  readonly controlPlane: string | null;
  /** `pods`: nothing but the number of ready pods divides the requests among versions. Default: weights of routes. */
  readonly divides?: 'pods';
  /**
   * The data plane learns of backends apart from routes: requests may fail for a moment where somebody takes a backend
   * out of a route and it comes back with a weight.
   */
  readonly learnsApart?: true;
  /** What the data plane cannot do, though the router can. */
  readonly lacks?: readonly (keyof Supported)[];
  /** Environment of the model server beside the usual one. */
  readonly env?: Readonly<Record<string, string>>;
  /** The port of its Service; HTTP on 80 unless given. */
  readonly port?: Readonly<Record<string, string | number>>;
  /** What a user has beside Deployment and Service, as it is in Git; with what runs in the cluster, where that is known. */
  objects(host: string, access?: Access): KubeObject[];
  /** The same, with routes for a host of testers (`TEST_LABEL`), where the road can have one. */
  hostObjects?(host: string): KubeObject[];
  target(access: Access, place: Place): Target;
  /** What the objects, as they are written at a moment, promise to a version of the requests with these headers. */
  share(moment: Moment, version: string, headers: Headers): Share;
}

/** The road with routes for a host of testers, where it can have them. */
export const withTestHost = (road: Road): Road => ({
  ...road,
  objects: (host, access) => road.hostObjects?.(host) ?? road.objects(host, access),
});
