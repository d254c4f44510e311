import type { KubeObject } from '../../../api/meta.ts';
import { isOurs } from '../../../api/owned-fields.ts';
import { hostField } from '../../../api/rollout/steps.ts';
import type { RouteGoal, RouteState, RoutesWritten } from '../../goal.ts';
import type { RouterReason } from '../../reasons.ts';
import { ruleName } from '../hosts/rule.ts';
import { hasTraffic } from '../hosts/view.ts';
import { routeLabel } from '../objects.ts';
import { askConflict } from './ask.ts';
import { hostProblem } from './chosen-host.ts';
import type { RouteEdit, SplitGoal } from './edit.ts';
import type { Look } from './look.ts';
import { hasSubsets, obstacleOf, ruleWrites, splitEdits, wholeEdits, withdrawEdits } from './look.ts';
import { isShifted } from './shift.ts';
import { CANARY, shareOf, shownShares, subsetOf } from './split.ts';

const broken = (reason: RouterReason, message: string): RouteState => ({ kind: 'broken', reason, message });

/** Why the routes of the plan cannot be split. */
function routeObstacle({ istio, view, located }: Look): RouteState | null {
  for (const { original, route, base } of located) {
    const isOwn = original.destinations.some((one) => view.hostFor(one)?.service.name === view.service.name);
    if (original.virtualService !== undefined || !isOwn || !isShifted(istio, original)) continue;
    const label = routeLabel(original);
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

/** Why a split is impossible until a person fixes it. */
function obstacle(look: Look): RouteState | null {
  const { virtualService, service, held } = look.view;
  if (virtualService === null)
    return broken(
      'VirtualServiceNotFound',
      `VirtualService ${look.istio.virtualService} has been deleted: create it again`,
    );
  if (!look.hasService)
    return broken('ServiceNotFound', `Service ${service.name} has been deleted: create it again`);
  if (held.by === 'other') return broken(held.problem.reason, held.problem.message);
  return routeObstacle(look) ?? ruleObstacle(look);
}

/** Rules that would hide our subsets from clients of a route that names them. */
function ruleObstacle(look: Look): RouteState | null {
  for (const one of look.located) {
    const conflict = obstacleOf(look, one);
    if (conflict !== null) return broken(conflict.reason, conflict.message);
  }
  return null;
}

/** A VirtualService, with the field manager that last wrote its routes, if it was not us. */
function writtenIn({ kind, metadata }: KubeObject): RoutesWritten {
  const { name, resourceVersion: version = '', managedFields: owners = [] } = metadata;
  const [last] = owners
    .filter((entry) => entry.routes === true && !isOurs(entry))
    .toSorted((a, b) => (b.time ?? '').localeCompare(a.time ?? ''));
  return {
    kind,
    name,
    field: 'spec.http',
    version,
    ...(last?.manager === undefined ? {} : { by: last.manager }),
  };
}

const isToCanary = ({ changed, withdraws }: RouteEdit): boolean =>
  withdraws ||
  changed.some(({ rule: { destinations } }) =>
    destinations.some((one) => subsetOf(one) === CANARY && shareOf(destinations, one) > 0),
  );

function whatDiffers({ object, changed: [first], withdraws }: RouteEdit): string {
  if (first === undefined) {
    const { name } = object.metadata;
    return withdraws
      ? `VirtualService ${name} has an http rule or a mirror to the canary, which it is not to have`
      : `the http rules or mirrors to the canary in VirtualService ${name} are not those of the step`;
  }
  const { rule, backends } = first;
  return `http route ${routeLabel(rule)} has {${shownShares(rule.destinations)}}, it is to have {${shownShares(backends)}}`;
}

/** The first route that differs; else null. */
function difference(edits: readonly RouteEdit[]): RouteState | null {
  const [first] = edits;
  if (first === undefined) return null;
  const what = whatDiffers(first);
  const toCanary = edits.some(isToCanary) ? ({ toCanary: true } as const) : {};
  return { kind: 'differs', part: 'routes', what, ...toCanary, written: writtenIn(first.object) };
}

function ruleState(look: Look): RouteState {
  if (ruleWrites(look).length === 0) return { kind: 'asDesired' };
  const absent = look.view.hosts.find(({ held }) => held.by === 'nobody');
  const missing = absent !== undefined;
  const name = ruleName((absent ?? look.view).service.name);
  const what = missing
    ? `there is no DestinationRule ${name}`
    : `DestinationRule ${name} does not match the goal`;
  return { kind: 'differs', part: 'subsets', what };
}

/** Routes that have become such that a match or a mirror cannot be written into them. */
function askedObstacle(
  { located, istio, owner, view }: Look,
  { match = [], mirror, sticky }: SplitGoal,
): RouteState | null {
  const hosts = { match, hostField: hostField(owner.spec.policy) };
  const shifted = located.flatMap(({ original, route }) =>
    route !== null && isShifted(istio, original) ? [route] : [],
  );
  const found =
    askConflict(shifted, {
      match,
      mirror: mirror !== undefined,
      sticky: sticky !== undefined,
    }) ?? hostProblem(view, shifted, hosts);
  return found === null ? null : broken(found.reason, found.message);
}

function compareSplit(look: Look, goal: SplitGoal): RouteState {
  const rule = ruleState(look);
  const found = rule.kind === 'differs' ? rule : difference(splitEdits(look, goal));
  return obstacle(look) ?? askedObstacle(look, goal) ?? found ?? rule;
}

function compareWhole(look: Look, subsets: boolean): RouteState {
  const { hosts } = look.view;
  const found = difference(wholeEdits(look));
  if (found !== null) return found;
  if (subsets) return ruleState(look);
  const left = hosts.flatMap((host) => (host.held.by === 'owner' ? [host.held.rule.name] : []));
  return left.length === 0
    ? { kind: 'asDesired' }
    : { kind: 'differs', part: 'subsets', what: `DestinationRule ${left.join(', ')} is still there` };
}

function compareWithdrawn(look: Look): RouteState {
  const found = difference(withdrawEdits(look));
  if (found !== null) return found;
  const rule = ruleState(look);
  return rule.kind === 'differs' || hasSubsets(look) ? rule : { kind: 'asDesired', open: true };
}

/** Compares the routes with the goal. */
export function compareLook(look: Look, goal: RouteGoal): RouteState {
  switch (goal.kind) {
    case 'untouched':
    case 'prepared':
      return compareWhole(look, goal.kind === 'prepared');
    case 'withdrawn':
      return compareWithdrawn(look);
    case 'split':
      return compareSplit(look, goal);
  }
}
