import { ifUnchanged } from '../api/json-patch.ts';
import type { IstioTraffic } from '../api/rollout.ts';
import { baseOfStray, type Located, locate } from './istio-locate.ts';
import { type HttpRoute, templateLabels } from './istio-objects.ts';
import { isShifted, subsetPolicy } from './istio-preflight.ts';
import { ruleConflict, ruleWrite } from './istio-rule.ts';
import { split } from './istio-split.ts';
import { isSplit, type View, viewOf } from './istio-view.ts';
import { type Json, sameJson } from './json.ts';
import type { RouteObjects, RouteOwner, RoutePlan, RouteVersions, RouteWrite } from './router.ts';

/** The objects as a release in its middle sees them. */
export interface Look {
  readonly istio: IstioTraffic;
  readonly versions: RouteVersions;
  readonly owner: RouteOwner;
  readonly hasService: boolean;
  readonly view: View;
  readonly located: readonly Located[];
  /** The Service's traffic is somebody else's, and never was this release's: nothing is to be touched. */
  readonly isForeign: boolean;
}

/** A route whose destinations are to be others. */
export interface Edit {
  readonly route: HttpRoute;
  readonly destinations: readonly Json[];
}

/** Looks at the objects by the plan of a release. */
export function lookAt(
  objects: RouteObjects,
  istio: IstioTraffic,
  plan: RoutePlan,
  versions: RouteVersions,
  owner: RouteOwner,
): Look {
  const names = { virtualService: istio.virtualService, service: plan.service };
  const { own = [] } = plan;
  const view = viewOf(objects, names, templateLabels(owner.spec.stable.template), owner, own);
  const hasService = objects.services.some(({ metadata }) => metadata.name === plan.service);
  const isForeign = view.held.by === 'other' && own.length === 0;
  return { istio, versions, owner, hasService, view, located: locate(view, plan), isForeign };
}

/** Whether there is anything that could be split, and nobody else splits it. */
function canSplit({ view, hasService }: Look): boolean {
  return view.virtualService !== null && view.held.by !== 'other' && hasService;
}

/** Whether what goes to stable's subset is served by every proxy. */
export function hasSubsets(look: Look): boolean {
  const { rules, service, virtualService } = look.view;
  return canSplit(look) && virtualService !== null && ruleConflict(rules, service, virtualService) === null;
}

/** Routes with our subsets that are in no plan: somebody renamed one, or copied it. With what they would be without. */
function strays({
  view,
  located,
}: Look): readonly { readonly route: HttpRoute; readonly base: readonly Json[] }[] {
  return view.routes
    .filter((route) => isSplit(view, route) && located.every((one) => one.route !== route))
    .map((route) => ({ route, base: baseOfStray(view, located, route) }));
}

/** The routes that are not split as they are to be. One that is in no plan stays with stable. */
export function splitEdits(look: Look, weight: number): readonly Edit[] {
  const { view, located, istio } = look;
  if (!canSplit(look)) return wholeEdits(look);
  const planned = located.flatMap(({ route, base, original }) =>
    route === null ? [] : [{ route, base, share: isShifted(istio, original.name) ? weight : 0 }],
  );
  const others = strays(look).map((stray) => ({ ...stray, share: 0 }));
  return [...planned, ...others].flatMap(({ route, base, share }) => {
    const destinations = split(base, view.isMine, share);
    return sameJson(route.destinations, destinations) ? [] : [{ route, destinations }];
  });
}

/**
 * The routes that are not as the user wrote them. Whoever holds the DestinationRule now: a route that names our subsets
 * was made by this release, and fails every request without them.
 */
export function wholeEdits(look: Look): readonly Edit[] {
  const { view, located, isForeign } = look;
  if (isForeign) return [];
  const planned = located.flatMap(({ route, base }) =>
    route !== null && isSplit(view, route) ? [{ route, destinations: base }] : [],
  );
  return [...planned, ...strays(look).map(({ route, base }) => ({ route, destinations: base }))];
}

/** The routes that may still give the canary something by its subset, or that no proxy may be able to follow. */
export function withdrawEdits(look: Look): readonly Edit[] {
  return hasSubsets(look) ? splitEdits(look, 0) : wholeEdits(look);
}

/** The write that changes nothing, and fails unless the VirtualService is as it was observed. */
export function routeFence({ view: { virtualService } }: Look): readonly RouteWrite[] {
  return virtualService === null
    ? []
    : [{ op: 'patch', target: virtualService, patch: [ifUnchanged(virtualService)] }];
}

/** The write that makes the edits, and nothing else, in one patch; none where there are none. */
export function routeWrites(
  { view: { virtualService } }: Look,
  edits: readonly Edit[],
): readonly RouteWrite[] {
  if (virtualService === null || edits.length === 0) return [];
  const operations = edits.map(({ route, destinations }) => ({
    op: 'replace',
    path: `/spec/http/${route.index}/route`,
    value: destinations,
  }));
  return [{ op: 'patch', target: virtualService, patch: [ifUnchanged(virtualService), ...operations] }];
}

/** The write that our DestinationRule needs for a split, if any. */
export function ruleWrites(look: Look): readonly RouteWrite[] {
  const { view, located, versions, owner } = look;
  const { rules, service, held } = view;
  if (!canSplit(look)) return [];
  const policy = subsetPolicy(
    view,
    located.map((one) => one.base),
  );
  const write = ruleWrite(held, {
    rules,
    service,
    versions,
    owner,
    policy: 'found' in policy ? policy.found : undefined,
    bases: located.map(({ original, base }) => ({
      ...original,
      destinations: base.map((one) => ({ ...one })),
    })),
  });
  return write === null ? [] : [write];
}
