import type { Problem as ProblemOf } from '../api/problem.ts';
import { trouble } from '../api/release/reason.ts';
import { GATEWAY_REASONS } from './gateway-api/reasons.ts';
import { ISTIO_REASONS } from './istio/reasons.ts';
import { SERVICE_REASONS } from './service/reasons.ts';

const ROUTES = 'The message names the existing routes.';
const SERVICE = 'Say in `spec.traffic` which Service is meant; the message names the existing ones.';

/** Reasons that any router may give. */
const COMMON = {
  RouteNotFound: trouble(['Release'], `\`spec.traffic\` names a route that is not there. ${ROUTES}`),
  NoRouteToService: trouble(['Release'], `No route leads to the Service of the workload. ${ROUTES}`),
  SeveralRoutes: trouble(['Release'], `Several routes could be meant: name those that are. ${ROUTES}`),
  TooManyRoutes: trouble(['Release'], `More routes lead to the Service than a Release can hold. ${ROUTES}`),
  ServiceNotFound: trouble(['Release'], `No Service selects the pods of the workload. ${SERVICE}`),
  SeveralServices: trouble(['Release'], `Several Services select the pods of the workload. ${SERVICE}`),
  ServiceSelectsOthers: trouble(
    ['Release'],
    `The Service does not select the pods of the workload. ${SERVICE}`,
  ),
  RouteNotRestored: trouble(
    ['Release'],
    'A route still has what an earlier release wrote, and what it was before is not known: write its destinations as you want them.',
  ),
  TrafficOwned: trouble(
    ['Release'],
    'Another release shifts the same route at the moment: this one waits for it.',
  ),
  RouterCannot: trouble(
    ['Release'],
    'The policy has a step that the router of `spec.traffic` cannot route. What each can is in [the table of routers](../../src/traffic/README.md).',
  ),
  RouteTakesNoMatch: trouble(
    ['Release'],
    'A route has conditions of its own that cannot be combined with those of the step, or no room for its rules; the message names them. One rule takes one condition for each header: choose by another header, or write the route with `exact`.',
  ),
  RouteTakesNoHost: trouble(
    ['Release'],
    'The policy chooses requests by a host, and the routes are not for it, have no other host, or cannot choose by it; the message names the field. Which routes a host needs is [in the strategies](strategies.md#a-host-of-its-own).',
  ),
  RouteTakesNoMirror: trouble(
    ['Release'],
    'A route has no room for the mirror of the step beside its own mirrors or filters; the message names the field.',
  ),
  RouteTakesNoCookie: trouble(
    ['Release'],
    'A destination of the route adds `Set-Cookie` to its answers itself, and a route adds one header of a name: set that cookie in the workload, or leave `sticky` out.',
  ),
  StaleRoute: trouble(
    ['Rollout', 'Deployment'],
    'A route named the versions of a release that is over, and has been restored: somebody applied an old copy of it. Correct it where it is kept.',
  ),
  UnsplitTraffic: trouble(
    ['Rollout', 'Release'],
    'Requests reach the canary past its weight; the message names the ways. Have them split, or say by `unsplit` in `spec.traffic` that they are meant; see [everything that reaches the pods](safety.md#everything-that-reaches-the-pods).',
    { isCondition: true },
  ),
};

/** Reasons of the routes: those of any router, and those of each. */
export const ROUTER_REASONS = { ...COMMON, ...ISTIO_REASONS, ...GATEWAY_REASONS, ...SERVICE_REASONS };

/** A reason of a router. */
export type RouterReason = keyof typeof ROUTER_REASONS;
/** What is wrong with the routes of a workload. */
export type Problem = ProblemOf<RouterReason>;
