import { compareLook } from './istio-compare.ts';
import {
  hasSubsets,
  type Look,
  lookAt,
  routeFence,
  routeWrites,
  ruleWrites,
  splitEdits,
  wholeEdits,
  withdrawEdits,
} from './istio-look.ts';
import { istioPreflight } from './istio-preflight.ts';
import { viewOf } from './istio-view.ts';
import type { Router, RouteWrite } from './router.ts';

/**
 * Takes our DestinationRule away once no route of the VirtualService has been seen to need it, and it still is as it was
 * seen: a write to it whose answer was lost may have landed unseen, and routes to a subset that is gone fail every request.
 */
function writesWhole(look: Look, subsets: boolean): readonly RouteWrite[] {
  const { held } = look.view;
  const edits = wholeEdits(look);
  if (edits.length > 0) return routeWrites(look, edits);
  if (subsets) return ruleWrites(look);
  const going = held.by === 'owner' && held.rule.object.metadata.deletionTimestamp !== undefined;
  if (held.by !== 'owner' || going) return [];
  return [...routeFence(look), { op: 'delete', target: held.rule.object }];
}

/** Subsets before the weights that name them: a weight on a subset that is not there fails every request. */
function writesSplit(look: Look, weight: number): readonly RouteWrite[] {
  return [...ruleWrites(look), ...routeWrites(look, splitEdits(look, weight))];
}

/**
 * The router for Istio: weights in the destinations of a VirtualService's HTTP routes, on two subsets in a
 * DestinationRule of our own. Nothing else of the VirtualService is touched.
 */
export const istioRouter: Router = {
  preflight: istioPreflight,
  own(objects, plan, owner) {
    const { held } = viewOf(objects, { virtualService: '', service: plan.service }, {}, owner, plan.own);
    const uid = held.by === 'owner' ? held.rule.object.metadata.uid : undefined;
    return uid === undefined ? [] : [uid];
  },
  compare(objects, { istio }, plan, versions, goal, owner) {
    if (istio === undefined)
      return { kind: 'broken', reason: 'NoTraffic', message: 'traffic.istio is missing in spec.policy' };
    return compareLook(lookAt(objects, istio, plan, versions, owner), goal);
  },
  writes(objects, { istio }, plan, versions, goal, owner) {
    if (istio === undefined) return [];
    const look = lookAt(objects, istio, plan, versions, owner);
    switch (goal.kind) {
      case 'whole':
        return writesWhole(look, goal.subsets);
      case 'withdrawn':
        return hasSubsets(look) ? writesSplit(look, 0) : routeWrites(look, withdrawEdits(look));
      case 'split':
        return writesSplit(look, goal.weight);
    }
  },
};
