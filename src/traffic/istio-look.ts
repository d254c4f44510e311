import { ifUnchanged } from '../api/json-patch.ts';
import type { IstioTraffic } from '../api/rollout.ts';
import { type Located, locate } from './istio-locate.ts';
import { type HttpRoute, templateLabels } from './istio-objects.ts';
import { isShifted, subsetPolicy } from './istio-preflight.ts';
import { ruleWrite } from './istio-rule.ts';
import { collapse, split } from './istio-split.ts';
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
  const view = viewOf(objects, names, templateLabels(owner.spec.stable.template), owner);
  const hasService = objects.services.some(({ metadata }) => metadata.name === plan.service);
  return { istio, versions, owner, hasService, view, located: locate(view, plan) };
}

/** Whether there is anything that could be split, and nobody else splits it. */
function canSplit({ view, hasService }: Look): boolean {
  return view.virtualService !== null && view.held.by !== 'other' && hasService;
}

/** The routes that are not split as they are to be. */
export function splitEdits(look: Look, weight: number): readonly Edit[] {
  const { view, located, istio } = look;
  if (!canSplit(look)) return [];
  return located.flatMap(({ route, base, original }) => {
    if (route === null || !base.some(view.isMine)) return [];
    const share = isShifted(istio, original.name) ? weight : 0;
    const destinations = split(base, view.isMine, share);
    return sameJson(route.destinations, destinations) ? [] : [{ route, destinations }];
  });
}

/**
 * The routes that are not as the user wrote them. A split route that is in no plan, since somebody copied it, loses
 * our subsets too.
 */
export function wholeEdits({ view, located }: Look): readonly Edit[] {
  return view.routes
    .filter((route) => isSplit(view, route))
    .map((route) => ({
      route,
      destinations:
        located.find((one) => one.route === route)?.base ?? collapse(route.destinations, view.isOurs),
    }));
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
