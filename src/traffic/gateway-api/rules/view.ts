import type { KubeObject } from '../../../api/meta.ts';
import type { RouteHolder, RouteObjects } from '../../context.ts';
import type { Json } from '../../json.ts';
import { backendOf } from '../services/backend.ts';
import { VERSIONS, type Version, versionService } from '../services/names.ts';
import { type Pair, pairOf } from '../services/pair.ts';
import { type Rule, routesIn, rulesOf, weightOf } from './rule.ts';

/** The routes and Services of one workload and one Release. */
export interface View {
  /** The split backends; the first is that of the plan. */
  readonly pairs: readonly Pair[];
  /** The routes of the namespace. */
  readonly routes: readonly KubeObject[];
  /** The rules of all of them that are not ours. */
  readonly rules: readonly Rule[];
  /** The pair that a backend is of: the user's, or one of ours. */
  readonly pairOf: (ref: Json) => Pair | undefined;
  /** Whether a backend is the user's for the workload. */
  readonly isMine: (ref: Json) => boolean;
  /** The version that a backend is, where it is one of ours. */
  readonly versionOf: (ref: Json) => Version | undefined;
}

/** Reads the objects for the Services and InferencePools of a workload, by their keys. */
export function viewOf(
  objects: RouteObjects,
  services: readonly string[],
  owner: RouteHolder,
  own: readonly string[] = [],
): View {
  const pairs = services.map((name) => pairOf(objects, name, owner, own));
  const mine = new Map(pairs.map((pair) => [pair.service, pair]));
  const ours = new Map(
    pairs.flatMap((pair) =>
      VERSIONS.map((version) => [versionService(pair.service, version), { pair, version }] as const),
    ),
  );
  const nameOf = (ref: Json): string => backendOf(ref, objects.namespace) ?? '';
  const routes = routesIn(objects.kinds);
  return {
    pairs,
    routes,
    rules: routes.flatMap(rulesOf),
    pairOf: (ref) => mine.get(nameOf(ref)) ?? ours.get(nameOf(ref))?.pair,
    isMine: (ref) => mine.has(nameOf(ref)),
    versionOf: (ref) => ours.get(nameOf(ref))?.version,
  };
}

/** Whether a rule names our Services. */
export function isSplit(view: View, { refs }: Pick<Rule, 'refs'>): boolean {
  return refs.some((one) => view.versionOf(one) !== undefined);
}

/** Whether a rule goes to the workload, split or not. */
export function isToWorkload(view: View, { refs }: Pick<Rule, 'refs'>): boolean {
  return refs.some((one) => view.pairOf(one) !== undefined);
}

/** Whether a list of backends gives the workload any traffic. */
export function hasTraffic(view: View, refs: readonly Json[]): boolean {
  return refs.some((one) => view.isMine(one) && weightOf(one) > 0);
}
