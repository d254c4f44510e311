import type { KubeObject } from '../../../src/api/meta.ts';
import { hasLabels, isServing, type Moment, routesOf, subsetsOf, versionOf } from './history.ts';

/** Percent of the traffic that the VirtualServices give to a version, whether its pods are ready for it or not. */
export function virtualServiceShare(moment: Moment, version: string): number {
  const subsets = subsetsOf(moment);
  const pods = moment.list('Pod');
  const ours = (some: readonly KubeObject[]): number =>
    some.filter((pod) => versionOf(pod) === version).length / Math.max(1, some.length);
  const shareIn = (subset: string | undefined): number =>
    ours(
      subset === undefined
        ? pods.filter(isServing)
        : pods.filter((pod) => hasLabels(pod, subsets.get(subset) ?? {})),
    );
  const shares = moment
    .list('VirtualService')
    .flatMap(routesOf)
    .map((route) => route.reduce((sum, { subset, share }) => sum + share * shareIn(subset), 0));
  return Math.max(0, ...shares);
}
