import type { KubeObject } from '../../api/meta.ts';
import { ofKind } from '../context.ts';
import type { RouteCandidate, RouteSearch, WorkloadRoutes } from '../router.ts';
import { httpRoutes } from './objects.ts';
import { istioPreflight } from './routes/preflight.ts';
import type { IstioTraffic } from './spec.ts';

const KIND = 'VirtualService';

function look(workload: WorkloadRoutes, virtualService: KubeObject): RouteSearch<IstioTraffic> {
  const { name } = virtualService.metadata;
  const candidate = (service: string, spec: IstioTraffic): RouteCandidate<IstioTraffic> => ({
    kind: KIND,
    name,
    service,
    spec,
  });
  const ask = (spec: IstioTraffic) => istioPreflight({ ...workload, spec });
  const whole = { virtualService: name };
  const first = ask(whole);
  if ('plan' in first) return { found: [candidate(first.plan.service, whole)], problems: [] };
  const named = httpRoutes(virtualService).flatMap((route) => route.name ?? []);
  // Of several routes to the Service, named ones can be shifted together.
  const routes =
    first.problem.reason === 'SeveralRoutes'
      ? named.filter((one) => 'plan' in ask({ ...whole, routes: [one] }))
      : [];
  const all = routes.length > 0 ? ask({ ...whole, routes }) : first;
  if ('plan' in all) return { found: [candidate(all.plan.service, { ...whole, routes })], problems: [] };
  return { found: [], problems: [{ kind: KIND, name, message: first.problem.message }] };
}

/** The VirtualServices of the namespace that a release of the workload could shift. */
export function findVirtualServices(workload: WorkloadRoutes): RouteSearch<IstioTraffic> {
  const looks = ofKind(workload.objects.kinds, KIND).map((one) => look(workload, one));
  return { found: looks.flatMap(({ found }) => found), problems: looks.flatMap(({ problems }) => problems) };
}
