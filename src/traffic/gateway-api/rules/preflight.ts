import type { KubeObject } from '../../../api/meta.ts';
import type { RouteAsks, RouteObjects, RouteOwner, RouteRequest } from '../../context.ts';
import { ofKind } from '../../context.ts';
import { asObject } from '../../json.ts';
import type { Problem, RouterReason } from '../../reasons.ts';
import { missingFeature } from '../features.ts';
import { answersOf, parentTitles } from '../parents.ts';
import { type GatewayRoutePlan, MOST_RULES, MOST_SERVICES, ROUTE_KINDS, type RuleOriginal } from '../plan.ts';
import { isPool, nameOfKey, titleOfKey } from '../services/backend.ts';
import { FIELD, type GatewayTraffic } from '../spec.ts';
import { askConflict } from './ask.ts';
import { knownBases, originalOf } from './locate.ts';
import { ruleObstacle } from './obstacles.ts';
import { type Rule, routesIn, routeTitle, ruleLabel, ruleTitle } from './rule.ts';
import { findService, noRoute, routedServices, servicesFor } from './service.ts';
import { isChosen, isShifted } from './shifted.ts';
import { unsplitTraffic } from './unsplit.ts';
import { hasTraffic, isSplit, isToWorkload, type View, viewOf } from './view.ts';

type Failure = { readonly problem: Problem };
type Labels = Readonly<Record<string, string>>;

const NOTHING: RouteAsks = { match: [], mirror: false };
const problem = (reason: RouterReason, message: string): Problem => ({ reason, message });
const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));

/** A named route that is not there. */
function missingRoute(objects: RouteObjects, spec: GatewayTraffic): Problem | null {
  for (const kind of ROUTE_KINDS) {
    const field = kind === 'HTTPRoute' ? 'httpRoutes' : 'grpcRoutes';
    const there = ofKind(objects.kinds, kind).map(({ metadata }) => metadata.name);
    const missing = spec[field]?.find((name) => !there.includes(name));
    if (missing !== undefined)
      return problem(
        'RouteNotFound',
        `${FIELD}.${field}: there is no ${kind} ${missing} in the namespace (there are: ${list(there)}); create it or correct the name`,
      );
  }
  return null;
}

function namedRule(
  view: View,
  spec: GatewayTraffic,
  candidates: readonly Rule[],
  name: string,
): Problem | null {
  const chosen = view.rules.filter(({ kind, route }) => isChosen(spec, { kind, route: route.metadata.name }));
  const named = chosen.filter((rule) => rule.name === name);
  const twice = named.find((one) => named.some((other) => other !== one && other.route === one.route));
  if (twice !== undefined)
    return problem(
      'SeveralRoutes',
      `${FIELD}.rules: several rules of ${routeTitle(twice.route)} have the name "${name}"; give each a name of its own (spec.rules[].name)`,
    );
  if (named.length === 0) {
    const bare = candidates.every((rule) => rule.name === undefined);
    const fix = bare
      ? 'they have no names: give them some (spec.rules[].name, which older CRDs of the Gateway API drop), or leave the field out to shift all of them'
      : 'correct the name';
    return problem(
      'RouteNotFound',
      `${FIELD}.rules: there is no rule "${name}" (to the Service go: ${list(candidates.map(ruleTitle))}); ${fix}`,
    );
  }
  if (named.some((rule) => candidates.includes(rule))) return null;
  return problem(
    'NoRouteToService',
    `${FIELD}.rules: rule "${name}" does not go to the Service; name one of ${list(candidates.map(ruleTitle))}`,
  );
}

function wrongChoice(view: View, spec: GatewayTraffic, candidates: readonly Rule[]): Problem | null {
  if (candidates.length > MOST_RULES)
    return problem(
      'TooManyRoutes',
      `${candidates.length} rules go to ${titleOfKey(view.pairs[0]?.service ?? '')}, of which ${MOST_RULES} can be managed: merge rules by several matches`,
    );
  for (const name of spec.rules ?? []) {
    const wrong = namedRule(view, spec, candidates, name);
    if (wrong !== null) return wrong;
  }
  return view.pairs.find((pair) => pair.problem !== null)?.problem ?? null;
}

/** The user's backends of each rule; after an interrupted release, those recorded in its Services. */
function originalsOf(
  view: View,
  candidates: readonly Rule[],
): { readonly originals: readonly RuleOriginal[] } | Failure {
  const bases = knownBases(view);
  const originals: RuleOriginal[] = [];
  for (const rule of candidates) {
    const base = isSplit(view, rule) ? bases.get(rule) : rule.refs;
    if (base === undefined) {
      const message = `${ruleTitle(rule)} still has Services of an earlier release, and what it was is not known: write its backendRefs as you want them`;
      return { problem: problem('RouteNotRestored', message) };
    }
    originals.push(originalOf(rule, base));
  }
  return { originals };
}

function unfit(
  view: View,
  { spec, objects, asks = NOTHING }: RouteRequest<GatewayTraffic>,
  rules: readonly Rule[],
  originals: readonly RuleOriginal[],
): Problem | null {
  const found = rules.map((rule, at) => ({ rule, original: originals[at] ?? originalOf(rule, rule.refs) }));
  const shifted = found.filter(({ original }) => isShifted(spec, original));
  const [first] = shifted;
  if (first === undefined) {
    const names = list(originals.map(({ kind, route, ...rule }) => `${ruleLabel(rule)} of ${kind} ${route}`));
    return problem(
      'NoRouteToService',
      `${FIELD}: none of the rules for the Service is named; there are: ${names}`,
    );
  }
  if (!shifted.some(({ original }) => hasTraffic(view, original.refs)))
    return problem(
      'NoRouteToService',
      `${ruleTitle(first.rule)} gives the Service the weight 0, so that a canary would never have a request: give it a weight in spec.rules[${first.rule.index}].backendRefs`,
    );
  for (const { rule, original } of found) {
    const obstacle = ruleObstacle(view, rule, original.refs);
    if (obstacle !== null) return obstacle;
  }
  const split = shifted.map(({ rule }) => rule);
  return (
    askConflict(view, split, asks) ?? notAccepted(rules, split) ?? missingFeature(objects, spec, split, asks)
  );
}

/** The routes that an API server has. */
function appliedIn(rules: readonly Rule[]): readonly KubeObject[] {
  const routes = new Set(rules.map(({ route }) => route));
  return [...routes].filter(({ metadata }) => metadata.resourceVersion !== undefined);
}

/** Why weights of the routes would not be in force. Manifests that were never applied have no answers. */
function notAccepted(rules: readonly Rule[], shifted: readonly Rule[]): Problem | null {
  const [refused] = appliedIn(rules).flatMap((route) => answersOf(route).refused);
  if (refused !== undefined) return problem('RouteNotAccepted', refused);
  const routes = appliedIn(shifted);
  const [first] = routes;
  if (first === undefined || routes.some((route) => answersOf(route).isOwned)) return null;
  return problem(
    'RouteNotAccepted',
    `no controller answers for a parent of ${list(routes.map(routeTitle))} (status.parents; spec.parentRefs: ${parentTitles(first)}): correct the name of the parent, or see whether the controller of its GatewayClass or mesh runs`,
  );
}

/** Labels that the pods of both versions have. */
function commonLabels(podLabels: Labels, owner: RouteOwner): Labels {
  const stable = asObject(asObject(owner.spec.stable.template['metadata'])['labels']);
  return Object.fromEntries(Object.entries(podLabels).filter(([key, value]) => stable[key] === value));
}

/** The named Service first, and further ones over the same pods alone to which any rule goes. */
function furtherServices(objects: RouteObjects, service: string, labels: Labels): readonly string[] {
  const free = servicesFor(objects, labels).filter(
    (name) => name !== service && !isPool(name) && objects.sharedWith?.[name] === undefined,
  );
  return routedServices(objects, routesIn(objects.kinds), free).slice(0, MOST_SERVICES);
}

function planFor(
  request: RouteRequest<GatewayTraffic>,
  service: string,
  labels: Labels,
): { readonly plan: GatewayRoutePlan } | Failure {
  const { objects, spec, owner } = request;
  const moreServices = furtherServices(objects, service, labels);
  const view = viewOf(objects, [service, ...moreServices], owner);
  const candidates = view.rules.filter((rule) => isToWorkload(view, rule));
  const own = candidates.some(({ refs }) => refs.some((ref) => view.pairOf(ref)?.service === service));
  if (!own) return noRoute(objects, spec, [service]);
  const wrong = wrongChoice(view, spec, candidates);
  if (wrong !== null) return { problem: wrong };
  const found = originalsOf(view, candidates);
  if ('problem' in found) return found;
  const obstacle = unfit(view, request, candidates, found.originals);
  if (obstacle !== null) return { problem: obstacle };
  const more = moreServices.length === 0 ? {} : { moreServices: [...moreServices] };
  const pool = isPool(service) ? ({ pool: true } as const) : {};
  return { plan: { service: nameOfKey(service), data: { rules: [...found.originals], ...more, ...pool } } };
}

/** Finds Service and rules of a workload, or says why they prevent a release. */
export function gatewayPreflight(
  request: RouteRequest<GatewayTraffic>,
): { readonly plan: GatewayRoutePlan } | Failure {
  const { objects, spec, podLabels, owner } = request;
  const missing = missingRoute(objects, spec);
  if (missing !== null) return { problem: missing };
  const labels = commonLabels(podLabels, owner);
  const found = findService(objects, spec, labels);
  if ('problem' in found) return found;
  const planned = planFor(request, found.service, labels);
  if ('problem' in planned) return planned;
  const refused = spec.unsplit === 'refuse' ? unsplitTraffic({ ...request, ...planned }) : null;
  return refused === null ? planned : { problem: refused };
}
