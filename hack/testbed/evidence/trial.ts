import type { Phase } from '../../../src/api/release/places.ts';
import type { LoadRecord } from '../../load/record.ts';
import type { Headers } from './headers.ts';
import type { Change } from './history.ts';

/** Effects of the fault itself, which are not blamed on the controller. */
export interface Allowance {
  /** Acceptable ends of the release. */
  readonly ends: readonly Phase[];
  /** Pods fail by the fault: a subset without a ready pod may have weight for this long, in milliseconds. 0: never. */
  readonly podsFailMs: number;
  /** Requests may be lost by the fault; `noticing`: only until a pod that has turned unready by itself can be noticed. */
  readonly losses: boolean | 'noticing';
  /** The fault removes pods, so that there can be fewer than the Deployment asks for. */
  readonly fewerPods: boolean;
  /** Longest time that a bad version may have weight, milliseconds. */
  readonly exposureMs: number;
  /** The fault can take away the weight of a version for a while, before it has failed. */
  readonly returns: boolean;
  /** Somebody else gives the version weight after it has failed: for so long it may have it each time, milliseconds. */
  readonly putBackMs?: number;
  /** Longest time from a route's last weight for a version to its last request, milliseconds: proxies learn of it by then. */
  readonly spreadMs: number;
}

/** The requests of callers with the same headers. */
export interface SentBy {
  readonly headers: Headers;
  readonly records: readonly LoadRecord[];
}

/** A release as observed from the outside. */
export interface Trial {
  readonly changes: readonly Change[];
  /** Everybody, and those who send requests with headers of their own. */
  readonly callers: readonly SentBy[];
  /** When the version was pushed, epoch milliseconds. */
  readonly pushedAt: number;
  /** Name of the pushed version, and whether it is bad. */
  readonly version: string;
  readonly isBad: boolean;
  /** Pods that the Deployment asks for. */
  readonly replicas: number;
  /** Percents of everybody's requests that the routes may give to the version, beside nothing. */
  readonly weights: readonly number[];
  readonly allowance: Allowance;
}

/** A moment, for people. */
export const clock = (at: number): string => new Date(at).toISOString().slice(11, 23);
