import type { KubeObject } from '../../api/meta.ts';
import { ofKind, type RouteAsks, type RouteObjects } from '../context.ts';
import { asObject, asObjects, asString } from '../json.ts';
import type { Problem } from '../reasons.ts';
import { answeringControllers } from './parents.ts';
import { isMirror, isMirrorOfOurs } from './rules/own-rule.ts';
import { type Rule, routeTitle } from './rules/rule.ts';
import { FIELD, type GatewayTraffic } from './spec.ts';

/** What an implementation may lack, by the names of the specification, and what comes of it. */
type Feature =
  | 'HTTPRouteRequestMirror'
  | 'HTTPRouteRequestPercentageMirror'
  | 'HTTPRouteRequestMultipleMirrors'
  | 'HTTPRouteResponseHeaderModification'
  | 'HTTPRouteBackendRequestHeaderModification';

const WITHOUT: Readonly<Record<Feature, string>> = {
  HTTPRouteRequestMirror: 'requests to such a rule may fail',
  HTTPRouteRequestPercentageMirror: 'all requests may be copied in place of a part of them',
  HTTPRouteResponseHeaderModification: 'clients would get no cookie, or requests may fail',
  // The specification has no name for headers of answers at backends; this one says that backends take filters.
  HTTPRouteBackendRequestHeaderModification: 'clients would get no cookie, or requests may fail',
  HTTPRouteRequestMultipleMirrors: 'the mirror of your own may end, or requests may fail',
};

function forMirror({ raw }: Rule, { mirror, partialMirror }: RouteAsks): readonly Feature[] {
  if (!mirror) return [];
  const filters = asObjects(raw['filters']);
  const hasOwn = filters.some((one) => isMirror(one) && !isMirrorOfOurs(one));
  return [
    'HTTPRouteRequestMirror',
    ...(partialMirror === true ? (['HTTPRouteRequestPercentageMirror'] as const) : []),
    ...(hasOwn ? (['HTTPRouteRequestMultipleMirrors'] as const) : []),
  ];
}

/** Cookies are given by HTTPRoutes alone. */
function forCookies({ kind }: Rule, { sticky }: RouteAsks): readonly Feature[] {
  return sticky === true && kind === 'HTTPRoute'
    ? ['HTTPRouteResponseHeaderModification', 'HTTPRouteBackendRequestHeaderModification']
    : [];
}

function neededBy(
  rule: Rule,
  asks: RouteAsks,
): readonly { readonly field: string; readonly feature: Feature }[] {
  return [
    ...forMirror(rule, asks).map((feature) => ({ field: 'steps[].mirror', feature })),
    ...forCookies(rule, asks).map((feature) => ({ field: 'sticky', feature })),
  ];
}

interface Published {
  readonly name: string;
  readonly features: readonly string[];
}

/** What the GatewayClasses of a controller publish; those without a list publish nothing. */
function publishedBy(objects: RouteObjects, controller: string): readonly Published[] {
  return ofKind(objects.kinds, 'GatewayClass')
    .filter(({ spec }) => asObject(spec)['controllerName'] === controller)
    .flatMap(({ metadata: { name }, status }) => {
      const list = asObject(status)['supportedFeatures'];
      return Array.isArray(list) && list.length > 0
        ? [{ name, features: asObjects(list).flatMap((one) => asString(one['name']) ?? []) }]
        : [];
    });
}

/** Why a controller is not known to have a feature, for a kind of route; or null. */
function gapOf(
  objects: RouteObjects,
  route: KubeObject,
  controller: string,
  feature: Feature,
): string | null {
  if (route.kind !== 'HTTPRoute')
    return `the specification has no name by which an implementation could say so for a ${route.kind}`;
  const published = publishedBy(objects, controller);
  if (published.length === 0) return `no GatewayClass of controller ${controller} says what it supports`;
  const lacking = published.find(({ features }) => !features.includes(feature));
  return lacking === undefined
    ? null
    : `GatewayClass ${lacking.name} (controller ${controller}) does not list it in status.supportedFeatures`;
}

/**
 * A feature that the policy needs and that an implementation behind a parent is not known to have, or null. Each
 * controller that answers for a parent of the route counts, in a mesh as well; what it has is what its GatewayClasses
 * publish, and what the policy states.
 */
export function missingFeature(
  objects: RouteObjects,
  { features: stated = [] }: GatewayTraffic,
  rules: readonly Rule[],
  asks: RouteAsks,
): Problem | null {
  for (const rule of rules)
    for (const { field, feature } of neededBy(rule, asks)) {
      if (stated.includes(feature)) continue;
      const gaps = answeringControllers(rule.route).flatMap(
        (controller) => gapOf(objects, rule.route, controller, feature) ?? [],
      );
      const [gap] = gaps;
      if (gap === undefined) continue;
      return {
        reason: 'FeatureMissing',
        message: `${field}: ${routeTitle(rule.route)} needs the feature ${feature}, and ${gap}: without it ${WITHOUT[feature]}. Leave it out, or, if the implementation has it, say so: ${FIELD}.features: [${feature}]`,
      };
    }
  return null;
}
