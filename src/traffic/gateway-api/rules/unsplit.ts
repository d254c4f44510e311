import type { KubeObject } from '../../../api/meta.ts';
import type { RouteObjects } from '../../context.ts';
import { asObject, asObjects, type Json } from '../../json.ts';
import type { RouteWarning } from '../../router.ts';
import { answersOf, isForCallers } from '../parents.ts';
import { type GatewayContext, splitBackends } from '../plan.ts';
import { backendOf, isPool, titleOfKey } from '../services/backend.ts';
import { FIELD } from '../spec.ts';
import { locate } from './locate.ts';
import { type Rule, routesIn, routeTitle, rulesOf, ruleTitle } from './rule.ts';
import { servicesFor } from './service.ts';
import { viewOf } from './view.ts';

type Planned = Omit<GatewayContext, 'versions'>;

/** Maximum number of names in one message. */
const MOST_NAMED = 5;

function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return `${names.slice(0, MOST_NAMED).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

/** The Service or InferencePool of this namespace that a backend in a route of any namespace is. */
function reachedBy(
  objects: RouteObjects,
  services: readonly string[],
  route: KubeObject,
  ref: Json,
): string | undefined {
  const from = route.metadata.namespace ?? objects.namespace;
  const name = backendOf({ namespace: from, ...ref }, objects.namespace);
  return name !== undefined && services.includes(name) ? name : undefined;
}

/** Backends to which a rule sends copies of requests. */
function mirrorsOf({ raw, refs }: Rule): readonly Json[] {
  const filters = [raw, ...refs].flatMap((one) => asObjects(one['filters']));
  return filters.flatMap(({ requestMirror }) =>
    requestMirror === undefined ? [] : [asObject(asObject(requestMirror)['backendRef'])],
  );
}

/** Rules of the namespace that go to one of the Services and are not split. */
function unsplitRules(
  { objects, plan, owner, spec }: Planned,
  services: readonly string[],
): readonly string[] {
  const view = viewOf(objects, splitBackends(plan), owner, plan.own);
  const split = new Set(locate(view, plan.data.rules, spec).map(({ rule }) => rule));
  return view.rules.flatMap((rule) => {
    const isSplit = (ref: Json): boolean => split.has(rule) && view.pairOf(ref) !== undefined;
    const [name] = rule.refs.flatMap((ref) =>
      isSplit(ref) ? [] : (reachedBy(objects, services, rule.route, ref) ?? []),
    );
    if (name === undefined) return [];
    const other = objects.sharedWith?.[name];
    const why =
      other === undefined
        ? 'it was not there when the release began'
        : `it has the pods of Deployment ${other} behind it, too`;
    return [`${ruleTitle(rule)} to ${titleOfKey(name)} (${why})`];
  });
}

function mirrors(objects: RouteObjects, services: readonly string[]): readonly string[] {
  const all = [...routesIn(objects.kinds), ...routesIn(objects.elsewhere)];
  return all.flatMap(rulesOf).flatMap((rule) =>
    mirrorsOf(rule).flatMap((ref) => {
      const name = reachedBy(objects, services, rule.route, ref);
      return name === undefined ? [] : [`a mirror of ${ruleTitle(rule)} to ${titleOfKey(name)}`];
    }),
  );
}

/** Routes of other namespaces, which are not ours to write. */
function foreignRoutes(objects: RouteObjects, services: readonly string[]): readonly string[] {
  return routesIn(objects.elsewhere).flatMap((route) => {
    const [name] = rulesOf(route).flatMap(({ refs }) =>
      refs.flatMap((ref) => reachedBy(objects, services, route, ref) ?? []),
    );
    if (name === undefined) return [];
    const { namespace } = route.metadata;
    return [
      `${route.kind} ${namespace}/${route.metadata.name} to ${titleOfKey(name)} (only those of namespace ${objects.namespace} are split)`,
    ];
  });
}

function callsByName(objects: RouteObjects, services: readonly string[]): readonly string[] {
  const routes = routesIn(objects.kinds).filter((route) => answersOf(route).isOwned);
  return services
    .filter(
      (name) =>
        !isPool(name) && !routes.some((route) => isForCallers(route, { name, namespace: objects.namespace })),
    )
    .map(
      (name) =>
        `calls of Service ${name} by its name (in a mesh, a route with the Service in spec.parentRefs splits them)`,
    );
}

/** Unsplit paths to the pods of the workload, by name; null if none is known. */
export function unsplitTraffic(routes: Planned): RouteWarning | null {
  const { objects, podLabels } = routes;
  const services = servicesFor(objects, podLabels);
  const ways = [
    ...unsplitRules(routes, services),
    ...foreignRoutes(objects, services),
    ...mirrors(objects, services),
    ...callsByName(objects, services),
  ];
  if (ways.length === 0) return null;
  return {
    reason: 'UnsplitTraffic',
    message: `requests that come these ways reach the canary from its first ready pod on, at any weight, and after a roll-back until its pods are gone: ${listed(ways)}. Have them split, or say that they are meant: ${FIELD}.unsplit: allow`,
  };
}

/** Routes of the release that a parent refuses, with its words; null without any. */
export function refusedRoutes({ objects, plan }: Planned): RouteWarning | null {
  const planned = new Set(plan.data.rules.map(({ kind, route }) => `${kind} ${route}`));
  const routes = routesIn(objects.kinds).filter((route) => planned.has(routeTitle(route)));
  const refused = routes.flatMap((route) => answersOf(route).refused);
  return refused.length === 0 ? null : { reason: 'RouteNotAccepted', message: listed(refused) };
}
