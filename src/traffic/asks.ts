import type { Policy } from '../api/rollout/rollout.ts';
import { fixedSteps, hostField, type Pacing } from '../api/rollout/steps.ts';
import type { RouteAsks, RoutePlan, RouteRequest } from './context.ts';
import type { RouterDeclaration } from './declaration.ts';
import type { Problem } from './reasons.ts';
import type { Router } from './router.ts';

/** More groups than any rule has room for: the weights of `autoSteps` are not known beforehand. */
const MANY_GROUPS = 22;

/** Groups of clients that stay with their version: one for each weight, for the first connections, and for the rest. */
function groupsOf(policy: Pacing): number {
  if (policy.autoSteps !== undefined) return MANY_GROUPS;
  return new Set(fixedSteps(policy).flatMap(({ weight }) => weight ?? [])).size + 2;
}

/** What a release of the policy asks of its routes beside weights. */
export function asksOf(policy: Pacing & Pick<Policy, 'sticky'>): RouteAsks {
  const steps = policy.autoSteps === undefined ? fixedSteps(policy) : [];
  return {
    match: steps.flatMap(({ match }) => match ?? []),
    hostField: hostField(policy),
    mirror: steps.some(({ mirror }) => mirror !== undefined),
    ...(steps.some(({ mirror = 100 }) => mirror < 100) ? { partialMirror: true } : {}),
    sticky: policy.sticky !== undefined,
    ...(policy.sticky === undefined ? {} : { groups: groupsOf(policy) }),
  };
}

function unsupported(
  { title, supports }: Pick<RouterDeclaration, 'title' | 'supports'>,
  { match, mirror, sticky }: RouteAsks,
): Problem | null {
  const cannot = (field: string, what: string, instead: string): Problem => ({
    reason: 'RouterCannot',
    message: `${field}: the router ${title} cannot ${what}; ${instead}, or use a router that can (src/traffic/README.md)`,
  });
  if (match.length > 0 && !supports.matches)
    return cannot('steps[].match', 'choose requests by their headers', 'leave these steps out');
  if (mirror && !supports.mirror) return cannot('steps[].mirror', 'copy requests', 'leave these steps out');
  return sticky === true && !supports.sticky
    ? cannot('sticky', 'keep clients with their version', 'leave it out')
    : null;
}

/** Finds the routes of a workload for all that its policy asks, or says what is wrong with them. */
export function preflightRoutes(
  router: Router,
  request: RouteRequest,
): { readonly plan: RoutePlan } | { readonly problem: Problem } {
  const policy: Policy = request.owner.spec.policy;
  const asks = asksOf(policy);
  const problem = unsupported(router, asks);
  return problem === null ? router.preflight({ ...request, asks }) : { problem };
}
