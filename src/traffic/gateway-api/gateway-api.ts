import { routeWrites } from '../chosen/rule-list.ts';
import type { RouteWrite } from '../goal.ts';
import type { Router, RouteWarning } from '../router.ts';
import { GATEWAY_API } from './declaration.ts';
import { findRoutes } from './find.ts';
import { type GatewayPlan, splitBackends } from './plan.ts';
import { compareLook } from './rules/compare.ts';
import type { SplitGoal } from './rules/edit.ts';
import { gatewayLeftovers } from './rules/leftovers.ts';
import {
  type Look,
  lookAt,
  preparedEdits,
  routeFence,
  serviceWrites,
  splitEdits,
  wholeEdits,
} from './rules/look.ts';
import { gatewayPreflight } from './rules/preflight.ts';
import { refusedRoutes, unsplitTraffic } from './rules/unsplit.ts';
import { viewOf } from './rules/view.ts';
import { ourServices } from './services/pair.ts';
import type { GatewayTraffic } from './spec.ts';
import { gatewayTraces } from './traces.ts';

/**
 * Deletes our Services once no observed route needs them, and each route still is as observed: a write whose answer was
 * lost may have succeeded, and a backend without a Service fails its share of the requests.
 */
function writesUntouched(look: Look): readonly RouteWrite[] {
  const edits = wholeEdits(look);
  if (edits.length > 0) return routeWrites(edits);
  const left = ourServices(look.view.pairs);
  if (left.length === 0) return [];
  return [...routeFence(look), ...left.map((target): RouteWrite => ({ op: 'delete', target }))];
}

/** Services before the routes that name them. */
function writesPrepared(look: Look): readonly RouteWrite[] {
  return [...serviceWrites(look), ...routeWrites(preparedEdits(look))];
}

/** Services before the weights that name them. */
function writesSplit(look: Look, goal: SplitGoal): readonly RouteWrite[] {
  return [...serviceWrites(look), ...routeWrites(splitEdits(look, goal))];
}

/**
 * The router for the Gateway API: weights of the backends of HTTPRoutes and GRPCRoutes, on a Service of our own for each
 * version, and rules and mirrors of ours for steps with a match or a mirror. Nothing else of the routes is changed.
 */
export const gatewayRouter: Router<GatewayTraffic, GatewayPlan> = {
  ...GATEWAY_API,
  ...gatewayTraces,
  find: findRoutes,
  preflight: gatewayPreflight,
  leftovers: gatewayLeftovers,
  own({ objects, plan, owner }) {
    const { pairs } = viewOf(objects, splitBackends(plan), owner, plan.own);
    return pairs.flatMap((pair) => pair.own.flatMap(({ metadata }) => metadata.uid ?? []));
  },
  isBypassed: (context) => unsplitTraffic(context) !== null,
  warnings(context): readonly RouteWarning[] {
    const { unsplit: choice } = context.spec;
    const unsplit = choice === 'allow' ? null : unsplitTraffic(context);
    const refused = refusedRoutes(context);
    const refuses = choice === 'refuse' ? ({ refuses: true } as const) : {};
    return [
      ...(unsplit === null ? [] : [{ ...unsplit, ...refuses }]),
      ...(refused === null ? [] : [refused]),
    ];
  },
  compare: (context, goal) => compareLook(lookAt(context), goal),
  writes(context, goal) {
    const look = lookAt(context);
    switch (goal.kind) {
      case 'untouched':
        return writesUntouched(look);
      case 'prepared':
        return writesPrepared(look);
      case 'withdrawn':
        return writesSplit(look, { kind: 'split', weight: 0 });
      case 'split':
        return writesSplit(look, goal);
    }
  },
};
