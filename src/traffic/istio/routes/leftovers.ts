import { selects } from '../../../api/labels.ts';
import { routeWrites } from '../../chosen/rule-list.ts';
import type { RouteHolder, RouteRequest } from '../../context.ts';
import { ofKind } from '../../context.ts';
import { noteUnused, unusedSince } from '../../own-object.ts';
import type { Problem } from '../../reasons.ts';
import type { Leftovers } from '../../router.ts';
import { remembered } from '../hosts/rule.ts';
import { hostView, type View, viewOf } from '../hosts/view.ts';
import { routeLabel, selectorOf } from '../objects.ts';
import type { IstioTraffic } from '../spec.ts';
import type { RouteEdit } from './edit.ts';
import { locate } from './locate.ts';
import { type Look, routeFence, wholeEdits } from './look.ts';
import { shownShares } from './split.ts';

const NOTHING: Leftovers = { writes: [], problem: null };

type LeftoverRequest = RouteRequest<IstioTraffic, RouteHolder>;
type Found = Pick<Look, 'view' | 'located' | 'isForeign'>;
type Quiet = { readonly now: number; readonly ms: number };

/** The Services that select the pods, except those whose traffic another Rollout is shifting. */
function freeServices({ objects, podLabels, owner }: LeftoverRequest): readonly string[] {
  return ofKind(objects.kinds, 'Service')
    .filter((service) => selects(selectorOf(service), podLabels))
    .map(({ metadata }) => metadata.name)
    .filter((name) => {
      const { held } = hostView(objects, name, owner);
      return held.by !== 'other' || held.problem.reason !== 'TrafficOwned';
    });
}

function staleRoute({ object, changed: [first] }: RouteEdit): Problem {
  const { name } = object.metadata;
  if (first === undefined)
    return {
      reason: 'StaleRoute',
      message: `VirtualService ${name} had an http rule or a mirror of a release that is over, which has been removed. If Git or a backup has an old copy of it, correct it there`,
    };
  const { rule, backends } = first;
  return {
    reason: 'StaleRoute',
    message: `http route ${routeLabel(rule)} of VirtualService ${name} named the subsets of a release that is over, {${shownShares(rule.destinations)}}, and has been put back to {${shownShares(backends)}}. If Git or a backup has an old copy of it, correct it there`,
  };
}

const rulesOf = ({ hosts }: View) =>
  hosts
    .flatMap(({ held }) => (held.by === 'owner' ? [held.rule.object] : []))
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined);

/**
 * Our DestinationRules, once no route needs them: marked as unused first, so that a restart does not delete them too
 * early.
 */
function unusedRules(found: Found, { now, ms }: Quiet): Leftovers {
  const rules = rulesOf(found.view).map((object) => ({ object, since: unusedSince(object) }));
  const due = rules.filter(({ since }) => since !== null && now >= since + ms);
  const ends = rules.filter((one) => !due.includes(one)).map(({ since }) => (since ?? now) + ms);
  const notes = rules.filter(({ since }) => since === null).map(({ object }) => noteUnused(object, now));
  const fence = due.length === 0 ? [] : routeFence(found);
  return {
    writes: [...notes, ...fence, ...due.map(({ object }) => ({ op: 'delete', target: object }) as const)],
    problem: null,
    ...(ends.length === 0 ? {} : { againAt: Math.min(...ends) }),
  };
}

/** What releases have left in the routes to the pods, if none is running that could need it. */
export function istioLeftovers(request: LeftoverRequest, quiet: Quiet): Leftovers {
  const { objects, podLabels, owner } = request;
  const { virtualService } = request.spec;
  const [service, ...moreServices] = freeServices(request);
  if (service === undefined) return NOTHING;
  const view = viewOf(objects, { virtualService, service, moreServices }, podLabels, owner);
  const located = locate(view, { routes: remembered(view) ?? [] });
  const found = { view, located, isForeign: false };
  const edits = wholeEdits(found);
  const [first] = edits;
  if (first === undefined) return unusedRules(found, quiet);
  const used = rulesOf(view).filter((object) => unusedSince(object) !== null);
  const notes = used.map((object) => noteUnused(object, null));
  return { writes: [...routeWrites(edits), ...notes], problem: staleRoute(first) };
}
