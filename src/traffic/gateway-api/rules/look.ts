import type { KubeObject } from '../../../api/meta.ts';
import { ifUnchanged } from '../../../api/values/json-patch.ts';
import type { RouteOwner, RouteVersions } from '../../context.ts';
import type { RouteWrite } from '../../goal.ts';
import { type Json, sameJson } from '../../json.ts';
import type { GatewayContext } from '../plan.ts';
import { versionWrites } from '../services/pair.ts';
import type { GatewayTraffic } from '../spec.ts';
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
}

/** A rule whose backends must change. */
export interface Edit {
  readonly rule: Rule;
  readonly refs: readonly Json[];
}

/** Reads the objects by the plan of a release. */
export function lookAt({ objects, spec, plan, versions, owner }: GatewayContext): Look {
  const { service, data, own = [] } = plan;
  const view = viewOf(objects, [service, ...(data.moreServices ?? [])], owner, own);
  const isForeign = view.pairs.some(({ problem }) => problem !== null) && own.length === 0;
  return { spec, versions, owner, view, located: locate(view, data.rules, spec), isForeign };
}

/** Whether there are Services of both versions to send requests to, that nobody else uses. */
export function canSplit({ view }: Pick<Look, 'view'>): boolean {
  return view.pairs.every(({ problem, user }) => problem === null && user !== null);
}

function editTo(rule: Rule, refs: readonly Json[]): readonly Edit[] {
  return sameJson(rule.refs, refs) ? [] : [{ rule, refs }];
}

/** The rules that are not split by the goal. A rule that appeared in mid-release stays with stable. */
export function splitEdits(look: Look, weight: number): readonly Edit[] {
  const { view, located, spec } = look;
  if (!canSplit(look)) return wholeEdits(look);
  return located.flatMap(({ rule, base, original }) => {
    if (rule === null || !base.some(view.isMine)) return [];
    return editTo(rule, split(base, view, isShifted(spec, original) ? weight : 0));
  });
}

/** The rules that are not as the user wrote them with our Services beside theirs. */
export function preparedEdits(look: Look): readonly Edit[] {
  const { view, located } = look;
  if (!canSplit(look)) return wholeEdits(look);
  return located.flatMap(({ rule, base }) => (rule === null ? [] : editTo(rule, prepared(base, view))));
}

/**
 * The rules that are not as the user wrote them. Regardless of who owns our Services by now, a rule that names them was
 * written by this release, and fails requests without them.
 */
export function wholeEdits({
  view,
  located,
  isForeign,
}: Pick<Look, 'view' | 'located' | 'isForeign'>): readonly Edit[] {
  if (isForeign) return [];
  return located.flatMap(({ rule, base }) =>
    rule !== null && isSplit(view, rule) ? [{ rule, refs: base }] : [],
  );
}

/** Writes that change nothing, and fail unless the routes are as observed. */
export function routeFence({ located }: Pick<Look, 'located'>): readonly RouteWrite[] {
  const routes = new Set(located.flatMap(({ rule }) => rule?.route ?? []));
  return [...routes].map((target) => ({ op: 'patch', target, patch: [ifUnchanged(target)] }));
}

/** The writes for these edits only, one patch per route. */
export function routeWrites(edits: readonly Edit[]): readonly RouteWrite[] {
  const routes = new Set(edits.map(({ rule }) => rule.route));
  return [...routes].map((target) => {
    const operations = edits
      .filter(({ rule }) => rule.route === target)
      .map(({ rule, refs }) => ({
        op: 'replace',
        path: `/spec/rules/${rule.index}/backendRefs`,
        value: refs,
      }));
    return { op: 'patch', target, patch: [ifUnchanged(target), ...operations], alone: true };
  });
}

/** The writes that our Services need for a split, if any. */
export function serviceWrites(look: Look): readonly RouteWrite[] {
  const { view, located, versions, owner } = look;
  if (!canSplit(look)) return [];
  const bases = located.map(({ original, base }) => ({ ...original, refs: base.map((one) => ({ ...one })) }));
  return view.pairs.flatMap((pair) => versionWrites(pair, { versions, owner, bases }));
}

/** The routes of a release that exist, each once: those that are shifted, and those that stay with stable. */
export function routesOf({ located }: Pick<Look, 'located'>): readonly KubeObject[] {
  return [...new Set(located.flatMap(({ rule }) => rule?.route ?? []))];
}
