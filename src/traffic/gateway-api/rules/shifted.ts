import type { RuleOriginal } from '../plan.ts';
import type { GatewayTraffic } from '../spec.ts';

/** Whether the rules of a route are shifted, as far as its name says. */
export function isChosen(
  { httpRoutes, grpcRoutes }: GatewayTraffic,
  { kind, route }: Pick<RuleOriginal, 'kind' | 'route'>,
): boolean {
  if (httpRoutes === undefined && grpcRoutes === undefined) return true;
  return ((kind === 'HTTPRoute' ? httpRoutes : grpcRoutes) ?? []).includes(route);
}

/** Whether a rule is shifted; the others to the workload stay with stable. */
export function isShifted(
  spec: GatewayTraffic,
  original: Pick<RuleOriginal, 'kind' | 'route' | 'name' | 'pinned'>,
): boolean {
  const { name, pinned } = original;
  if (pinned === true || !isChosen(spec, original)) return false;
  return spec.rules === undefined || (name !== undefined && spec.rules.includes(name));
}
