import type { KubeObject } from '../../../src/api/meta.ts';
import type { Share } from '../roads/road.ts';
import { type Condition, type Headers, hostFor, meets } from './headers.ts';
import {
  type Destination,
  hasLabels,
  isServing,
  type Moment,
  routesOf,
  subsetsOf,
  versionOf,
} from './history.ts';

/** What a list of destinations gives to a version, percent, whether its pods are ready for it or not. */
function shareIn(moment: Moment, version: string): (route: readonly Destination[]) => number {
  const subsets = subsetsOf(moment);
  const pods = moment.list('Pod');
  const ours = (some: readonly KubeObject[]): number =>
    some.filter((pod) => versionOf(pod) === version).length / Math.max(1, some.length);
  const inSubset = (subset: string | undefined): number =>
    ours(
      subset === undefined
        ? pods.filter(isServing)
        : pods.filter((pod) => hasLabels(pod, subsets.get(subset) ?? {})),
    );
  return (route) => route.reduce((sum, { subset, share }) => sum + share * inSubset(subset), 0);
}

/** Most that any rule of the VirtualServices gives to a version, percent: also what only some requests get. */
export function virtualServiceShare(moment: Moment, version: string): number {
  const shares = moment.list('VirtualService').flatMap(routesOf).map(shareIn(moment, version));
  return Math.max(0, ...shares);
}

interface Rule {
  readonly match?: readonly {
    readonly headers?: Readonly<Record<string, Condition>>;
    readonly authority?: Condition;
  }[];
}

/** What a VirtualService whose rules choose by headers and host alone gives to a version of the requests with these headers. */
export function requestShare(moment: Moment, name: string, version: string, headers: Headers): Share {
  const found = moment.list('VirtualService').find(({ metadata }) => metadata.name === name);
  const { http: rules = [], hosts: [host = ''] = [] } = (found?.['spec'] ?? {}) as {
    http?: readonly Rule[];
    hosts?: readonly string[];
  };
  const sent = { ...headers, ':authority': hostFor(host, headers) };
  const at = rules.findIndex(({ match = [] }) =>
    [...match, ...(match.length === 0 ? [{}] : [])].some(
      (one) =>
        (one.authority === undefined || meets(sent, ':authority', one.authority)) &&
        Object.entries(one.headers ?? {}).every(([header, condition]) => meets(sent, header, condition)),
    ),
  );
  const route = found === undefined ? undefined : routesOf(found)[at];
  if (route === undefined) return { percent: 0, by: 'weight' };
  const isSplit = route.some(({ subset }) => subset !== undefined);
  return { percent: shareIn(moment, version)(route), by: isSplit ? 'weight' : 'pods' };
}
