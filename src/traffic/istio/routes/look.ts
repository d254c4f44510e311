import { ifUnchanged } from '../../../api/values/json-patch.ts';
import type { RouteContext, RouteOwner, RouteVersions } from '../../context.ts';
import { ofKind } from '../../context.ts';
import type { RouteWrite } from '../../goal.ts';
import type { Problem } from '../../reasons.ts';
import { ruleWrite } from '../hosts/rule.ts';
import { isSplit, type View, viewOf } from '../hosts/view.ts';
import { type HttpRoute, templateLabels } from '../objects.ts';
import type { IstioPlan } from '../plan.ts';
import type { IstioTraffic } from '../spec.ts';
import { edits, type RouteEdit, type RouteWanted, type SplitGoal, splitOf } from './edit.ts';
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

type Locating = Pick<Look, 'view' | 'located' | 'isForeign'>;

/** What each route is to have; null where it is to stay as it is. */
function editsOf(
  { view, located }: Locating,
  wanted: (one: Located, route: HttpRoute) => RouteWanted | null,
): readonly RouteEdit[] {
  const all = located.flatMap((one) => (one.route === null ? [] : (wanted(one, one.route) ?? [])));
  return edits(view, all);
}

/**
 * The routes that are not split by the goal. A route that appeared in mid-release, or that the policy does not name,
 * stays with stable.
 */
export function splitEdits(look: Look, goal: SplitGoal): readonly RouteEdit[] {
  const { view, istio } = look;
  if (!canSplit(look)) return wholeEdits(look);
  return editsOf(look, ({ base, original }, route) => {
    if (!base.some(view.isMine)) return null;
    return isShifted(istio, original)
      ? splitOf(look, route, base, goal)
      : { rule: route, backends: split(base, view.isMine, 0) };
  });
}

/**
 * The routes that are not as the user wrote them. Regardless of the DestinationRule's current owner, a route that names
 * our subsets was written by this release, and fails every request without them.
 */
export function wholeEdits(look: Locating): readonly RouteEdit[] {
  if (look.isForeign) return [];
  return editsOf(look, ({ base }, route) =>
    isSplit(look.view, route) ? { rule: route, backends: base } : null,
  );
}

/** The routes that may still send requests to the canary's subset, or that proxies may be unable to follow. */
export function withdrawEdits(look: Look): readonly RouteEdit[] {
  const { view } = look;
  if (!canSplit(look)) return wholeEdits(look);
  return editsOf(look, (one, rule) => {
    const { base } = one;
    if (!base.some(view.isMine)) return null;
    return { rule, backends: obstacleOf(look, one) === null ? split(base, view.isMine, 0) : base };
  });
}

/** Writes that change nothing, and fail unless the VirtualServices are as observed. */
export function routeFence({ view, located }: Pick<Look, 'view' | 'located'>): readonly RouteWrite[] {
  const homes = new Set(located.flatMap(({ route }) => route?.virtualService ?? []));
  if (view.virtualService !== null) homes.add(view.virtualService);
  return [...homes].map((target) => ({ op: 'patch', target, patch: [ifUnchanged(target)] }));
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
