import type { RouteCandidate, RouteSearch, WorkloadRoutes } from '../router.ts';
import { gatewayPreflight } from './rules/preflight.ts';
import type { Rule } from './rules/rule.ts';
import { routesIn, rulesOf } from './rules/rule.ts';
import { goesTo, servicesFor } from './rules/service.ts';
import type { GatewayTraffic } from './spec.ts';

/** The routes that a release of the workload could shift, as one policy for each Service that could be meant. */
export function findRoutes(workload: WorkloadRoutes): RouteSearch<GatewayTraffic> {
  const { objects, podLabels } = workload;
  const { namespace } = objects;
  const routes = routesIn(objects.kinds);
  const services = servicesFor(objects, podLabels);
  const routed = services.filter((name) =>
    routes.flatMap(rulesOf).some((rule: Rule) => goesTo(rule, name, namespace)),
  );
  const found: RouteCandidate<GatewayTraffic>[] = [];
  const problems: { kind: string; name: string; message: string }[] = [];
  for (const service of routed) {
    const spec = routed.length === 1 ? {} : { service };
    const asked = gatewayPreflight({ ...workload, spec });
    const going = routes.filter((route) => rulesOf(route).some((rule) => goesTo(rule, service, namespace)));
    const [first] = going;
    const { kind = 'HTTPRoute' } = first ?? {};
    const name = going.map(({ metadata }) => metadata.name).join(', ');
    if ('plan' in asked) found.push({ kind, name, service, spec });
    else problems.push({ kind, name, message: asked.problem.message });
  }
  return { found, problems };
}
