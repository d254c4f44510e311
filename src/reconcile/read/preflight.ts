import type { Problem } from '../../release/reasons/catalogue.ts';
import { preflightRoutes } from '../../traffic/asks.ts';
import type { RouteOwner, RoutePlan } from '../../traffic/context.ts';
import type { RouterRequest } from './route-request.ts';
import { sharedProblem } from './shared-service.ts';

/** The plan of a workload's routes, and why no release of it can start. */
export type RoutesChecked =
  | { readonly plan: RoutePlan; readonly problem: Problem | null }
  /** The router cannot plan them. */
  | { readonly plan: null; readonly problem: Problem };

/** What is known of the routes before a release begins, for its own pass, that of its Rollout, and the command line. */
export function checkRoutes({ router, request }: RouterRequest<RouteOwner>): RoutesChecked {
  const found = preflightRoutes(router, request);
  if ('problem' in found) return { plan: null, problem: found.problem };
  const by = router.supports.weights === 'pods' ? 'pods' : 'routes';
  return { plan: found.plan, problem: sharedProblem(request.objects.sharedWith, found.plan.service, by) };
}
