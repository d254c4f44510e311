import type { KubeObject } from '../../../api/meta.ts';
import { ifUnchanged } from '../../../api/values/json-patch.ts';
import type { RouteOwner, RouteVersions } from '../../context.ts';
import type { RouteWrite } from '../../goal.ts';
import { type GatewayContext, splitBackends } from '../plan.ts';
import { type PoolWaits, poolWaits } from '../pools/pool-waits.ts';
import { versionWrites } from '../services/pair.ts';
import type { GatewayTraffic } from '../spec.ts';
import { editsOf, type RouteEdit, type RuleWanted, type SplitGoal, splitOf } from './edit.ts';
import { type Located, locate } from './locate.ts';
import type { Rule } from './rule.ts';
import { isShifted } from './shifted.ts';
import { prepared, split } from './split.ts';
import { isSplit, type View, viewOf } from './view.ts';

/** The objects as seen by a running release. */
export interface Look {
  readonly spec: GatewayTraffic;
  readonly versions: RouteVersions;
  readonly owner: RouteOwner;
  readonly view: View;
  readonly located: readonly Located[];
  /** The Service's traffic belongs to another Rollout, and never was this release's: nothing may be changed. */
  readonly isForeign: boolean;
  /** What the InferencePools of ours wait for. */
  readonly pools: PoolWaits;
}

/** Reads the objects by the plan of a release. */
export function lookAt({ objects, spec, plan, versions, owner }: GatewayContext): Look {
  const { data, own = [] } = plan;
  const view = viewOf(objects, splitBackends(plan), owner, own);
  const isForeign = view.pairs.some(({ problem }) => problem !== null) && own.length === 0;
  const pools = poolWaits(objects, spec, view);
  return { spec, versions, owner, view, located: locate(view, data.rules, spec), isForeign, pools };
}

/** Whether there are Services of both versions to send requests to, that nobody else uses. */
export function canSplit({ view }: Pick<Look, 'view'>): boolean {
  return view.pairs.every(({ problem, user }) => problem === null && user !== null);
}

type Locating = Pick<Look, 'view' | 'located' | 'isForeign'>;

/** What the rules are to have; a rule for which that is null stays as it is. */
function editsTo(
  { view, located }: Locating,
  wanted: (rule: Rule, one: Located) => RuleWanted | null,
): readonly RouteEdit[] {
  const all = located.flatMap((one) => (one.rule === null ? [] : (wanted(one.rule, one) ?? [])));
  return editsOf(view, all);
}

/** The rules that are not split by the goal. A rule that appeared in mid-release stays with stable. */
export function splitEdits(look: Look, goal: SplitGoal): readonly RouteEdit[] {
  const { view, spec } = look;
  if (!canSplit(look)) return wholeEdits(look);
  return editsTo(look, (rule, { base, original }) => {
    if (!base.some(view.isMine)) return null;
    return isShifted(spec, original)
      ? splitOf(look, rule, base, goal)
      : { rule, backends: split(base, view, 0) };
  });
}

/** The rules that are not as the user wrote them with our Services beside theirs. */
export function preparedEdits(look: Look): readonly RouteEdit[] {
  if (!canSplit(look)) return wholeEdits(look);
  return editsTo(look, (rule, { base }) => ({ rule, backends: prepared(base, look.view) }));
}

/**
 * The rules that are not as the user wrote them. Regardless of who owns our Services by now, a rule that names them was
 * written by this release, and fails requests without them.
 */
export function wholeEdits(look: Locating): readonly RouteEdit[] {
  if (look.isForeign) return [];
  return editsTo(look, (rule, { base }) => (isSplit(look.view, rule) ? { rule, backends: base } : null));
}

/** Writes that change nothing, and fail unless the routes are as observed. */
export function routeFence({ located }: Pick<Look, 'located'>): readonly RouteWrite[] {
  const routes = new Set(located.flatMap(({ rule }) => rule?.route ?? []));
  return [...routes].map((target) => ({ op: 'patch', target, patch: [ifUnchanged(target)] }));
}

/** The writes that our Services need for a split, if any. */
export function serviceWrites(look: Look): readonly RouteWrite[] {
  const { view, located, versions, owner } = look;
  const { pickers } = look.spec;
  if (!canSplit(look)) return [];
  const bases = located.map(({ original, base }) => ({ ...original, refs: base.map((one) => ({ ...one })) }));
  return view.pairs.flatMap((pair) => versionWrites(pair, { versions, owner, bases, pickers }));
}

/** The routes of a release that exist, each once: those that are shifted, and those that stay with stable. */
export function routesOf({ located }: Pick<Look, 'located'>): readonly KubeObject[] {
  return [...new Set(located.flatMap(({ rule }) => rule?.route ?? []))];
}
