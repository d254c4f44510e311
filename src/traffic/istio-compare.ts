import type { Edit, Look } from './istio-look.ts';
import { hasSubsets, ruleWrites, splitEdits, wholeEdits, withdrawEdits } from './istio-look.ts';
import { routeLabel } from './istio-objects.ts';
import { isShifted } from './istio-preflight.ts';
import { ruleConflict, ruleName } from './istio-rule.ts';
import { shareOf, subsetOf } from './istio-split.ts';
import { hasTraffic } from './istio-view.ts';
import type { Json } from './json.ts';
import type { RouteGoal, RouteState } from './router.ts';

const broken = (reason: string, message: string): RouteState => ({ kind: 'broken', reason, message });

/** What about the routes of the plan keeps them from being split. */
function routeObstacle({ istio, view, located }: Look): RouteState | null {
  for (const { original, route, base } of located) {
    if (!isShifted(istio, original.name)) continue;
    const label = routeLabel({ index: original.index, name: original.name });
    if (route === null)
      return broken(
        'RouteNotFound',
        `http route ${label} is not in VirtualService ${istio.virtualService} any more: put it back, or start again with the routes as they are`,
      );
    if (!hasTraffic(view, base))
      return broken(
        'NoRouteToService',
        `http route ${label} of VirtualService ${istio.virtualService} was changed and gives Service ${view.service.name} no traffic any more`,
      );
  }
  return null;
}

/** What keeps a split from being brought about, which only a person can put right. */
function obstacle(look: Look): RouteState | null {
  const { virtualService, service, held, rules } = look.view;
  if (virtualService === null)
    return broken(
      'VirtualServiceNotFound',
      `VirtualService ${look.istio.virtualService} has been deleted: create it again`,
    );
  if (!look.hasService)
    return broken('ServiceNotFound', `Service ${service.name} has been deleted: create it again`);
  if (held.by === 'other') return broken(held.problem.reason, held.problem.message);
  const inRoutes = routeObstacle(look);
  if (inRoutes !== null) return inRoutes;
  const conflict = ruleConflict(rules, service, virtualService);
  return conflict === null ? null : broken(conflict.reason, conflict.message);
}

/** Shares of a list as people read them. */
function shown(destinations: readonly Json[]): string {
  return destinations
    .map((one) => `${subsetOf(one) ?? 'no subset'}: ${shareOf(destinations, one)}`)
    .join(', ');
}

function difference({ route, destinations }: Edit): RouteState {
  const what = `http route ${routeLabel(route)} has {${shown(route.destinations)}}, it is to have {${shown(destinations)}}`;
  return { kind: 'differs', part: 'routes', what };
}

function ruleState(look: Look): RouteState {
  if (ruleWrites(look).length === 0) return { kind: 'asDesired' };
  const name = ruleName(look.view.service.name);
  const missing = look.view.held.by === 'nobody';
  const what = missing
    ? `there is no DestinationRule ${name}`
    : `DestinationRule ${name} is not as it is to be`;
  return { kind: 'differs', part: 'subsets', what };
}

function compareSplit(look: Look, weight: number): RouteState {
  const [edit] = splitEdits(look, weight);
  const rule = ruleState(look);
  return obstacle(look) ?? (rule.kind === 'differs' || edit === undefined ? rule : difference(edit));
}

function compareWhole(look: Look, subsets: boolean): RouteState {
  const { held } = look.view;
  const [edit] = wholeEdits(look);
  if (edit !== undefined) return difference(edit);
  if (subsets) return ruleState(look);
  return held.by === 'owner'
    ? { kind: 'differs', part: 'subsets', what: `DestinationRule ${held.rule.name} is still there` }
    : { kind: 'asDesired' };
}

function compareWithdrawn(look: Look): RouteState {
  const [edit] = withdrawEdits(look);
  if (edit !== undefined) return difference(edit);
  return hasSubsets(look) ? ruleState(look) : { kind: 'asDesired', open: true };
}

/** Compares what is there with the goal. */
export function compareLook(look: Look, goal: RouteGoal): RouteState {
  switch (goal.kind) {
    case 'whole':
      return compareWhole(look, goal.subsets);
    case 'withdrawn':
      return compareWithdrawn(look);
    case 'split':
      return compareSplit(look, goal.weight);
  }
}
