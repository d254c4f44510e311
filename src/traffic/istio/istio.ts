import { routeWrites } from '../chosen/rule-list.ts';
import type { RouteWrite } from '../goal.ts';
import type { Router } from '../router.ts';
import { ISTIO } from './declaration.ts';
import { findVirtualServices } from './find.ts';
import { viewOf } from './hosts/view.ts';
import type { IstioPlan } from './plan.ts';
import { compareLook } from './routes/compare.ts';
import type { SplitGoal } from './routes/edit.ts';
import { istioLeftovers } from './routes/leftovers.ts';
import {
  type Look,
  lookAt,
  routeFence,
  ruleWrites,
  splitEdits,
  wholeEdits,
  withdrawEdits,
} from './routes/look.ts';
import { istioPreflight } from './routes/preflight.ts';
import { hiddenSubsets, unsplitTraffic } from './routes/unsplit.ts';
import type { IstioTraffic } from './spec.ts';
import { istioTraces } from './traces.ts';

/**
 * Deletes our DestinationRules once no observed route needs them, and each VirtualService still is as observed: a write
 * whose answer was lost may have succeeded, and routes to a missing subset fail every request.
 */
function writesWhole(look: Look, subsets: boolean): readonly RouteWrite[] {
  const { hosts } = look.view;
  const edits = wholeEdits(look);
  if (edits.length > 0) return routeWrites(edits);
  if (subsets) return ruleWrites(look);
  const rules = hosts.flatMap((host) => (host.held.by === 'owner' ? [host.held.rule.object] : []));
  const left = rules.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  if (left.length === 0) return [];
  return [...routeFence(look), ...left.map((target): RouteWrite => ({ op: 'delete', target }))];
}

/** Subsets before the routes that name them: a route to a missing subset fails every request. */
function writesSplit(look: Look, goal: SplitGoal): readonly RouteWrite[] {
  return [...ruleWrites(look), ...routeWrites(splitEdits(look, goal))];
}

/**
 * The router for Istio: weights in the destinations of a VirtualService's HTTP routes, on two subsets in our own
 * DestinationRule. Nothing else of the VirtualService is changed.
 */
export const istioRouter: Router<IstioTraffic, IstioPlan> = {
  ...ISTIO,
  ...istioTraces,
  find: findVirtualServices,
  preflight: istioPreflight,
  leftovers: istioLeftovers,
  own({ objects, plan: { service, data, own }, owner }) {
    const { moreServices } = data;
    const { hosts } = viewOf(objects, { virtualService: '', service, moreServices }, {}, owner, own);
    return hosts.flatMap(({ held }) => (held.by === 'owner' ? (held.rule.object.metadata.uid ?? []) : []));
  },
  isBypassed: (context) => unsplitTraffic(context) !== null,
  warnings(context) {
    const { unsplit: choice } = context.spec;
    const unsplit = choice === 'allow' ? null : unsplitTraffic(context);
    const hidden = hiddenSubsets(context);
    const refuses = choice === 'refuse' ? ({ refuses: true } as const) : {};
    return [...(unsplit === null ? [] : [{ ...unsplit, ...refuses }]), ...(hidden === null ? [] : [hidden])];
  },
  compare: (context, goal) => compareLook(lookAt(context), goal),
  writes(context, goal) {
    const look = lookAt(context);
    switch (goal.kind) {
      case 'untouched':
      case 'prepared':
        return writesWhole(look, goal.kind === 'prepared');
      case 'withdrawn':
        return [...ruleWrites(look), ...routeWrites(withdrawEdits(look))];
      case 'split':
        return writesSplit(look, goal);
    }
  },
};
