import type { KubeObject } from '../../../api/meta.ts';
import { isOurs } from '../../../api/owned-fields.ts';
import { hostField } from '../../../api/rollout/steps.ts';
import { groupsAt } from '../../chosen/sticky.ts';
import type { RouteGoal, RouteState, RoutesWritten } from '../../goal.ts';
import { answersOf } from '../parents.ts';
import { isPool, keyOfObject, titleOfKey } from '../services/backend.ts';
import { ourServices } from '../services/pair.ts';
import { askConflict } from './ask.ts';
import type { RouteEdit, SplitGoal } from './edit.ts';
import {
  canSplit,
  type Look,
  preparedEdits,
  routesOf,
  serviceWrites,
  splitEdits,
  wholeEdits,
} from './look.ts';
import { ruleObstacle } from './obstacles.ts';
import { routeTitle, ruleTitle, weightOf } from './rule.ts';
import { isShifted } from './shifted.ts';
import { shownShares } from './split.ts';
import { hasTraffic, type View } from './view.ts';

const DONE = { kind: 'asDesired' } as const;

/** Why a split is impossible until a person fixes it. */
function obstacle(look: Look): RouteState | null {
  const { view, located, spec } = look;
  const gone = view.pairs.find(({ user }) => user === null);
  if (gone !== undefined) {
    const message = `${titleOfKey(gone.service)} has been deleted: create it again`;
    const reason = isPool(gone.service) ? 'InferencePoolNotFound' : 'ServiceNotFound';
    return { kind: 'broken', reason, message };
  }
  const problem = view.pairs.find((pair) => pair.problem !== null)?.problem ?? null;
  if (problem !== null) return { kind: 'broken', ...problem };
  const shifted = located.filter(({ original }) => isShifted(spec, original));
  const there = shifted.filter(({ rule, base }) => rule !== null && hasTraffic(view, base));
  if (there.length === 0) {
    const routes = [...new Set(shifted.map(({ original }) => `${original.kind} ${original.route}`))].join(
      ', ',
    );
    const message = `no rule of ${routes} that was shifted is there any more and gives ${titleOfKey(view.pairs[0]?.service ?? '')} traffic: put it back, or start again with the routes as they are`;
    return { kind: 'broken', reason: 'RouteNotFound', message };
  }
  for (const { rule, base } of there) {
    const found = rule === null ? null : ruleObstacle(view, rule, base);
    if (found !== null) return { kind: 'broken', ...found };
  }
  return null;
}

/** A route, with the field manager that last wrote its rules, if it was not us. */
function writtenIn({ kind, metadata }: KubeObject): RoutesWritten {
  const { name, resourceVersion: version = '', managedFields: owners = [] } = metadata;
  const [last] = owners
    .filter((entry) => entry.routes === true && !isOurs(entry))
    .toSorted((a, b) => (b.time ?? '').localeCompare(a.time ?? ''));
  const by = last?.manager === undefined ? {} : { by: last.manager };
  return { kind, name, field: 'spec.rules', version, ...by };
}

const isToCanary = (view: View, { changed, withdraws }: RouteEdit): boolean =>
  withdraws ||
  changed.some(({ rule }) => rule.refs.some((one) => view.versionOf(one) === 'canary' && weightOf(one) > 0));

function whatDiffers({ object, changed: [first], withdraws }: RouteEdit): string {
  if (first === undefined)
    return withdraws
      ? `${routeTitle(object)} has a rule or a mirror to the canary, which it is not to have`
      : `the rules or mirrors to the canary in ${routeTitle(object)} are not those of the step`;
  const { rule, backends } = first;
  return `${ruleTitle(rule)} has {${shownShares(rule.refs)}}, it is to have {${shownShares(backends)}}`;
}

/** The first route that differs; else null. */
function difference({ view }: Look, edits: readonly RouteEdit[]): RouteState | null {
  const [first] = edits;
  if (first === undefined) return null;
  const toCanary = edits.some((one) => isToCanary(view, one)) ? ({ toCanary: true } as const) : {};
  return {
    kind: 'differs',
    part: 'routes',
    what: whatDiffers(first),
    ...toCanary,
    written: writtenIn(first.object),
  };
}

function serviceState(look: Look): RouteState | null {
  const [first] = serviceWrites(look);
  if (first === undefined) return null;
  const what =
    first.op === 'create'
      ? `there is no ${first.object.kind} ${first.object.metadata.name}`
      : `${first.target.kind} ${first.target.metadata.name} does not match the goal`;
  return { kind: 'differs', part: 'subsets', what };
}

/**
 * That the routes are as desired, and what they wait for. A controller that has not taken the newest generation may
 * still send requests by an older one; a route without any controller sends none.
 */
function written(look: Look): RouteState {
  const answers = routesOf(look).map(answersOf);
  const routes = answers.flatMap(({ refused, behind }) => [...refused, ...behind]);
  const [what] = [...routes, ...look.pools.untaken];
  if (what !== undefined) return { ...DONE, untaken: what };
  if (answers.length === 0 || answers.some(({ isOwned }) => isOwned)) return DONE;
  return { ...DONE, untaken: 'no controller answers for a parent of the routes (status.parents)' };
}

/** The same, and that every pool has a picker to choose its pods: without one, it fails requests. */
function inForce(look: Look): RouteState {
  const [picker] = look.pools.pickers;
  return picker === undefined ? written(look) : { ...DONE, untaken: picker };
}

/** Routes that have become such that a match or a mirror cannot be written into them. */
function askedObstacle(
  { located, spec, view, owner }: Look,
  { match = [], mirror, sticky, weight }: SplitGoal,
): RouteState | null {
  const shifted = located.flatMap(({ original, rule }) =>
    rule !== null && isShifted(spec, original) ? [rule] : [],
  );
  const asks = {
    match,
    hostField: hostField(owner.spec.policy),
    mirror: mirror !== undefined,
    ...(sticky === undefined ? {} : { sticky: true, groups: groupsAt(sticky, weight).length }),
  };
  const found = askConflict(view, shifted, asks);
  return found === null ? null : { kind: 'broken', ...found };
}

function compareSplit(look: Look, goal: SplitGoal): RouteState {
  const broken = obstacle(look) ?? askedObstacle(look, goal);
  return broken ?? serviceState(look) ?? difference(look, splitEdits(look, goal)) ?? inForce(look);
}

function comparePrepared(look: Look): RouteState {
  return serviceState(look) ?? difference(look, preparedEdits(look)) ?? inForce(look);
}

/** Whether a route gives our Services requests. */
const usesOurs = (view: View, { changed, withdraws }: RouteEdit): boolean =>
  withdraws ||
  changed.some(({ rule: { refs } }) =>
    refs.some((one) => view.versionOf(one) !== undefined && weightOf(one) > 0),
  );

/** Rules that name our Services without giving them traffic are removed together with them. */
function compareUntouched(look: Look): RouteState {
  const { view } = look;
  const edits = wholeEdits(look);
  const left = ourServices(view.pairs).map((one) => titleOfKey(keyOfObject(one)));
  const idle = edits
    .flatMap(({ changed }) => changed)
    .map(({ rule }) => `${ruleTitle(rule)} still names {${shownShares(rule.refs)}}`);
  const [still] = [...idle, ...(left.length === 0 ? [] : [`${left.join(', ')} is still there`])];
  const used = edits.filter((one) => usesOurs(view, one));
  return (
    difference(look, used) ?? (still === undefined ? DONE : { kind: 'differs', part: 'subsets', what: still })
  );
}

function compareWithdrawn(look: Look): RouteState {
  const found = difference(look, splitEdits(look, { kind: 'split', weight: 0 })) ?? serviceState(look);
  return found ?? (canSplit(look) ? written(look) : { ...DONE, open: true });
}

/** Compares the routes with the goal. */
export function compareLook(look: Look, goal: RouteGoal): RouteState {
  switch (goal.kind) {
    case 'untouched':
      return compareUntouched(look);
    case 'prepared':
      return comparePrepared(look);
    case 'withdrawn':
      return compareWithdrawn(look);
    case 'split':
      return compareSplit(look, goal);
  }
}
