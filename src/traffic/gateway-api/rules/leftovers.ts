import { routeWrites } from '../../chosen/rule-list.ts';
import type { RouteHolder, RouteRequest } from '../../context.ts';
import { noteUnused, unusedSince } from '../../own-object.ts';
import type { Problem } from '../../reasons.ts';
import type { Leftovers } from '../../router.ts';
import { ourServices, pairOf, remembered } from '../services/pair.ts';
import type { GatewayTraffic } from '../spec.ts';
import type { RouteEdit } from './edit.ts';
import { locate } from './locate.ts';
import { type Look, routeFence, wholeEdits } from './look.ts';
import { routeTitle, ruleTitle } from './rule.ts';
import { servicesFor } from './service.ts';
import { shownShares } from './split.ts';
import { viewOf } from './view.ts';

const NOTHING: Leftovers = { writes: [], problem: null };

type LeftoverRequest = RouteRequest<GatewayTraffic, RouteHolder>;
type Found = Pick<Look, 'view' | 'located' | 'isForeign'>;
type Quiet = { readonly now: number; readonly ms: number };

/** The Services that select the pods, except those whose traffic another Rollout is shifting. */
function freeServices({ objects, podLabels, owner }: LeftoverRequest): readonly string[] {
  return servicesFor(objects, podLabels).filter(
    (name) => pairOf(objects, name, owner).problem?.reason !== 'TrafficOwned',
  );
}

function staleRoute({ object, changed: [first] }: RouteEdit): Problem {
  const what =
    first === undefined
      ? `${routeTitle(object)} had a rule or a mirror to the Services of a release that is over, which has been taken out`
      : `${ruleTitle(first.rule)} named the Services of a release that is over, {${shownShares(first.rule.refs)}}, and has been put back to {${shownShares(first.backends)}}`;
  return {
    reason: 'StaleRoute',
    message: `${what}. If Git or a backup has an old copy of it, correct it there`,
  };
}

/** Our Services, once no route needs them: marked as unused first, so that a restart does not delete them too early. */
function unusedServices(found: Found, { now, ms }: Quiet): Leftovers {
  const services = ourServices(found.view.pairs).map((object) => ({ object, since: unusedSince(object) }));
  const due = services.filter(({ since }) => since !== null && now >= since + ms);
  const ends = services.filter((one) => !due.includes(one)).map(({ since }) => (since ?? now) + ms);
  const notes = services.filter(({ since }) => since === null).map(({ object }) => noteUnused(object, now));
  const fence = due.length === 0 ? [] : routeFence(found);
  return {
    writes: [...notes, ...fence, ...due.map(({ object }) => ({ op: 'delete', target: object }) as const)],
    problem: null,
    ...(ends.length === 0 ? {} : { againAt: Math.min(...ends) }),
  };
}

/** What releases have left in the routes to the pods, if none is running that could need it. */
export function gatewayLeftovers(request: LeftoverRequest, quiet: Quiet): Leftovers {
  const { objects, owner, spec } = request;
  const services = freeServices(request);
  if (services.length === 0) return NOTHING;
  const view = viewOf(objects, services, owner);
  const located = locate(view, remembered(view.pairs) ?? [], spec);
  const found = { view, located, isForeign: false };
  const edits = wholeEdits(found);
  const [first] = edits;
  if (first === undefined) return unusedServices(found, quiet);
  const used = ourServices(view.pairs).filter((object) => unusedSince(object) !== null);
  const notes = used.map((object) => noteUnused(object, null));
  return { writes: [...routeWrites(edits), ...notes], problem: staleRoute(first) };
}
