import { selects } from '../../../api/labels.ts';
import type { KubeObject } from '../../../api/meta.ts';
import { ofKind, type RouteObjects } from '../../context.ts';
import { asString } from '../../json.ts';
import type { Problem } from '../../reasons.ts';
import { findPool, isPoolAsked, oldPool, ruleToPool } from '../pools/find-pool.ts';
import {
  backendOf,
  backendsIn,
  isPool,
  keyOfObject,
  kindOfKey,
  nameOfKey,
  titleOfKey,
} from '../services/backend.ts';
import { versionService } from '../services/names.ts';
import { selectorOf } from '../services/version-spec.ts';
import { FIELD, type GatewayTraffic } from '../spec.ts';
import { type Rule, routesIn, routeTitle, rulesOf, ruleTitle } from './rule.ts';
import { isChosen } from './shifted.ts';

type Labels = Readonly<Record<string, string>>;
type Failure = { readonly problem: Problem };

const nameOf = ({ metadata }: KubeObject): string => metadata.name;
const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));

/** Services and InferencePools of the namespace that select the pods, by their keys. */
export function servicesFor(objects: RouteObjects, podLabels: Labels): readonly string[] {
  return backendsIn(objects.kinds)
    .filter((one) => selects(selectorOf(one), podLabels))
    .map(keyOfObject);
}

/** Whether a rule goes to a backend, or to one of ours for it. */
export function goesTo({ refs }: Rule, service: string, namespace: string): boolean {
  const names = [service, versionService(service, 'stable'), versionService(service, 'canary')];
  return refs.some((ref) => names.includes(backendOf(ref, namespace) ?? ''));
}

/** The backends to which any rule of these routes goes. */
export function routedServices(
  objects: RouteObjects,
  routes: readonly KubeObject[],
  services: readonly string[],
): readonly string[] {
  const rules = routes.flatMap(rulesOf);
  return services.filter((name) => rules.some((rule) => goesTo(rule, name, objects.namespace)));
}

function named(objects: RouteObjects, name: string, podLabels: Labels): Problem | null {
  const services = ofKind(objects.kinds, 'Service');
  const service = services.find(({ metadata }) => metadata.name === name);
  if (service === undefined) {
    const message = `${FIELD}.service: there is no Service ${name} in the namespace (there are: ${list(services.map(nameOf))}); create it or correct the name`;
    return { reason: 'ServiceNotFound', message };
  }
  if (selects(selectorOf(service), podLabels)) return null;
  const selector = selectorOf(service);
  const what =
    Object.keys(selector).length === 0
      ? 'has no spec.selector, by which its pods could be split by version; give it one'
      : `does not select the pods of the workload (spec.selector ${JSON.stringify(selector)}); name the Service that does, or correct its selector`;
  return { reason: 'ServiceSelectsOthers', message: `${FIELD}.service: Service ${name} ${what}` };
}

function nothingSelects(objects: RouteObjects, podLabels: Labels): Problem {
  const services = ofKind(objects.kinds, 'Service');
  const bare = services.filter((one) => Object.keys(selectorOf(one)).length === 0).map(nameOf);
  const without = bare.length === 0 ? '' : `; without a selector: ${list(bare)}`;
  return {
    reason: 'ServiceNotFound',
    message: `${FIELD}.service: no Service of the namespace selects the pods of the workload (labels ${JSON.stringify(podLabels)}; Services: ${list(services.map(nameOf))}${without}); create one or correct its spec.selector`,
  };
}

/** Kinds of backends that rules have in place of a Service. */
function otherKinds(rules: readonly Rule[]): readonly string[] {
  return rules.flatMap((rule) =>
    rule.refs.flatMap(({ kind = 'Service', name }) =>
      kind === 'Service' ? [] : [`${ruleTitle(rule)} goes to ${String(kind)} ${String(name)}`],
    ),
  );
}

/** Rules that answer by themselves. */
function answering(rules: readonly Rule[]): readonly string[] {
  return rules.flatMap((rule) => {
    const filters = Array.isArray(rule.raw['filters']) ? rule.raw['filters'] : [];
    const kinds = filters.map((one: unknown) => asString((one as { type?: unknown } | null)?.type) ?? '?');
    return rule.refs.length > 0
      ? []
      : [`${ruleTitle(rule)} has no backend${kinds.length === 0 ? '' : ` but ${list(kinds)}`}`];
  });
}

/** The likely cause if no rule goes to the Service. */
function causeOf(objects: RouteObjects, routes: readonly KubeObject[], services: readonly string[]): string {
  if (routes.length === 0)
    return 'the namespace has no HTTPRoute and no GRPCRoute: create one here (routes of other namespaces are not changed); the CRDs of the Gateway API must be installed';
  const rules = routes.flatMap(rulesOf);
  const far = rules.find(({ refs }) =>
    refs.some(
      (ref) =>
        services.map(nameOfKey).includes(String(ref['name'])) &&
        backendOf(ref, objects.namespace) === undefined,
    ),
  );
  if (far !== undefined)
    return `${ruleTitle(far)} names a backend of that name of another kind or namespace: name the ${kindOfKey(services[0] ?? '')} of this namespace (spec.rules[${far.index}].backendRefs)`;
  const [kind] = otherKinds(rules);
  if (kind !== undefined)
    return `${kind}, and only backends of the kinds Service and InferencePool (inference.networking.k8s.io/v1) are split`;
  const [answer] = answering(rules);
  if (answer !== undefined) return `${answer}: name the Service in its backendRefs, or name another route`;
  const to = [...new Set(rules.flatMap(({ refs }) => refs.map((ref) => String(ref['name']))))];
  return `rules of ${list(routes.map(routeTitle))} go to: ${list(to)}`;
}

/** That no rule goes to any of these Services, and why. */
export function noRoute(objects: RouteObjects, spec: GatewayTraffic, services: readonly string[]): Failure {
  const routes = chosenRoutes(objects, spec);
  const message = `${FIELD}: no rule of a route goes to ${services.map(titleOfKey).join(' or ')}; ${causeOf(objects, routes, services)}`;
  return { problem: { reason: 'NoRouteToService', message } };
}

/** The routes that the policy names, or all. */
export function chosenRoutes(objects: RouteObjects, spec: GatewayTraffic): readonly KubeObject[] {
  return routesIn(objects.kinds).filter(({ kind, metadata }) =>
    isChosen(spec, { kind: kind as Rule['kind'], route: metadata.name }),
  );
}

/**
 * Key of the Service or InferencePool of the workload: the named backend, or the only backend of a rule that selects its pods.
 * Further Services are split as well.
 */
export function findService(
  objects: RouteObjects,
  spec: GatewayTraffic,
  podLabels: Labels,
): { readonly service: string } | Failure {
  if (spec.service !== undefined) {
    const problem = named(objects, spec.service, podLabels);
    return problem === null ? { service: spec.service } : { problem };
  }
  const routes = chosenRoutes(objects, spec);
  const all = servicesFor(objects, podLabels);
  const routed = routedServices(objects, routes, all);
  const old = oldPool(routes);
  if (old !== null && routed.length === 0) return { problem: old };
  const isToPool = routed.every(isPool) && ruleToPool(routes, objects.namespace) !== null;
  if (isPoolAsked(spec) || isToPool)
    return findPool({ objects, spec, podLabels, routes, routed: routed.filter(isPool) });
  const fitting = all.filter((key) => !isPool(key));
  if (fitting.length === 0) return { problem: nothingSelects(objects, podLabels) };
  const [service, ...more] = routed.filter((key) => !isPool(key));
  if (service === undefined) return noRoute(objects, spec, fitting);
  if (more.length === 0) return { service };
  const message = `${FIELD}.service: routes go to Services ${list([service, ...more])}, which all select the pods of the workload; name the one whose requests are measured (the others are split as well)`;
  return { problem: { reason: 'SeveralServices', message } };
}
