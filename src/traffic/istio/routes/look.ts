import { ifUnchanged } from '../../../api/values/json-patch.ts';
import type { RouteContext, RouteOwner, RouteVersions } from '../../context.ts';
import { ofKind } from '../../context.ts';
import type { RouteWrite } from '../../goal.ts';
import { type Json, sameJson } from '../../json.ts';
import type { Problem } from '../../reasons.ts';
import { ruleWrite } from '../hosts/rule.ts';
import { isSplit, type View, viewOf } from '../hosts/view.ts';
import { type HttpRoute, templateLabels } from '../objects.ts';
import type { IstioPlan } from '../plan.ts';
import type { IstioTraffic } from '../spec.ts';
import { type Located, locate } from './locate.ts';
import { isShifted, routeConflict, subsetPolicies } from './shift.ts';
import { split } from './split.ts';

/** The objects as seen by a running release. */
export interface Look {
  readonly istio: IstioTraffic;
  readonly versions: RouteVersions;
  readonly owner: RouteOwner;
  readonly hasService: boolean;
  readonly view: View;
  readonly located: readonly Located[];
  /** The Service's traffic belongs to another Rollout, and never was this release's: nothing may be changed. */
  readonly isForeign: boolean;
}

/** A route whose destinations must change. */
export interface Edit {
  readonly route: HttpRoute;
  readonly destinations: readonly Json[];
}

/** Reads the objects by the plan of a release. */
export function lookAt({
  objects,
  spec: istio,
  plan,
  versions,
  owner,
}: RouteContext<IstioTraffic, IstioPlan>): Look {
  const { service, data, own = [] } = plan;
  const { moreServices } = data;
  const names = { virtualService: istio.virtualService, service, moreServices };
  const view = viewOf(objects, names, templateLabels(owner.spec.stable.template), owner, own);
  const hasService = ofKind(objects.kinds, 'Service').some(({ metadata }) => metadata.name === plan.service);
  const isForeign = view.held.by === 'other' && own.length === 0;
  return { istio, versions, owner, hasService, view, located: locate(view, data), isForeign };
}

/** Whether there is something to split that nobody else splits. */
function canSplit({ view, hasService }: Look): boolean {
  return view.virtualService !== null && view.held.by !== 'other' && hasService;
}

/** Why a route with our subsets would fail for some clients, or null. */
export function obstacleOf({ view }: Look, { route, base }: Located): Problem | null {
  return route === null
    ? null
    : routeConflict(view, { virtualService: route.virtualService, destinations: base });
}

/** Whether every proxy knows stable's subset. */
export function hasSubsets(look: Look): boolean {
  return canSplit(look) && look.located.every((one) => obstacleOf(look, one) === null);
}

function editTo(route: HttpRoute, destinations: readonly Json[]): readonly Edit[] {
  return sameJson(route.destinations, destinations) ? [] : [{ route, destinations }];
}

/** The routes that are not split by the goal. A route that appeared in mid-release stays with stable. */
export function splitEdits(look: Look, weight: number): readonly Edit[] {
  const { view, located, istio } = look;
  if (!canSplit(look)) return wholeEdits(look);
  return located.flatMap(({ route, base, original }) => {
    if (route === null || !base.some(view.isMine)) return [];
    return editTo(route, split(base, view.isMine, isShifted(istio, original) ? weight : 0));
  });
}

/**
 * The routes that are not as the user wrote them. Regardless of the DestinationRule's current owner, a route that names
 * our subsets was written by this release, and fails every request without them.
 */
export function wholeEdits({
  view,
  located,
  isForeign,
}: Pick<Look, 'view' | 'located' | 'isForeign'>): readonly Edit[] {
  if (isForeign) return [];
  return located.flatMap(({ route, base }) =>
    route !== null && isSplit(view, route) ? [{ route, destinations: base }] : [],
  );
}

/** The routes that may still send requests to the canary's subset, or that proxies may be unable to follow. */
export function withdrawEdits(look: Look): readonly Edit[] {
  const { view, located } = look;
  if (!canSplit(look)) return wholeEdits(look);
  return located.flatMap((one) => {
    const { route, base } = one;
    if (route === null || !base.some(view.isMine)) return [];
    return editTo(route, obstacleOf(look, one) === null ? split(base, view.isMine, 0) : base);
  });
}

/** Writes that change nothing, and fail unless the VirtualServices are as observed. */
export function routeFence({ view, located }: Pick<Look, 'view' | 'located'>): readonly RouteWrite[] {
  const homes = new Set(located.flatMap(({ route }) => route?.virtualService ?? []));
  if (view.virtualService !== null) homes.add(view.virtualService);
  return [...homes].map((target) => ({ op: 'patch', target, patch: [ifUnchanged(target)] }));
}

/** The writes for these edits only, one patch per VirtualService. */
export function routeWrites(edits: readonly Edit[]): readonly RouteWrite[] {
  const homes = new Set(edits.map(({ route }) => route.virtualService));
  return [...homes].map((target) => {
    const operations = edits
      .filter(({ route }) => route.virtualService === target)
      .map(({ route, destinations }) => ({
        op: 'replace',
        path: `/spec/http/${route.index}/route`,
        value: destinations,
      }));
    return { op: 'patch', target, patch: [ifUnchanged(target), ...operations], alone: true };
  });
}

/** The writes that our DestinationRules need for a split, if any. */
export function ruleWrites(look: Look): readonly RouteWrite[] {
  const { view, located, versions, owner } = look;
  if (!canSplit(look)) return [];
  const bases = located.map(({ original, base }) => ({
    ...original,
    destinations: base.map((one) => ({ ...one })),
  }));
  return view.hosts.flatMap((host) => {
    const { rules, service, held } = host;
    const [policy] = subsetPolicies(
      view,
      host,
      located.map((one) => one.base),
    );
    return ruleWrite(held, { rules, service, versions, owner, policy, bases }) ?? [];
  });
}
