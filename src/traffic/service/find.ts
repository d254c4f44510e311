import { selects } from '../../api/labels.ts';
import type { KubeObject } from '../../api/meta.ts';
import { ofKind, type RouteObjects, type RouteRequest } from '../context.ts';
import { asObject } from '../json.ts';
import type { Problem } from '../reasons.ts';
import type { RouteSearch, WorkloadRoutes } from '../router.ts';
import type { ServiceTraffic } from './spec.ts';

type Labels = Readonly<Record<string, string>>;

const nameOf = ({ metadata }: KubeObject): string => metadata.name;
const list = (services: readonly KubeObject[]): string => services.map(nameOf).join(', ') || 'none';
const selectorOf = (service: KubeObject): Labels => asObject(asObject(service['spec'])['selector']) as Labels;
const servicesOf = ({ kinds }: RouteObjects): readonly KubeObject[] => ofKind(kinds, 'Service');

/** The Service of that name, if it selects the pods. */
export function serviceOver(
  { objects, podLabels }: Pick<RouteRequest, 'objects' | 'podLabels'>,
  name: string,
): KubeObject | null {
  const found = servicesOf(objects).find((one) => nameOf(one) === name);
  return found !== undefined && selects(selectorOf(found), podLabels) ? found : null;
}

const fault = (reason: Problem['reason'], message: string): { readonly problem: Problem } => ({
  problem: { reason, message: `traffic.service.name: ${message}` },
});

type Found = { readonly service: KubeObject } | { readonly problem: Problem };

function named(request: RouteRequest<ServiceTraffic, unknown>, name: string): Found {
  const all = servicesOf(request.objects);
  const service = all.find((one) => nameOf(one) === name);
  if (service === undefined)
    return fault(
      'ServiceNotFound',
      `there is no Service ${name} in the namespace (there are: ${list(all)}); create it or correct the name`,
    );
  return serviceOver(request, name) === null
    ? fault(
        'ServiceSelectsOthers',
        `Service ${name} does not select the pods of the workload (spec.selector ${JSON.stringify(selectorOf(service))}); name the Service that does, or correct its selector`,
      )
    : { service };
}

function only(request: RouteRequest<ServiceTraffic, unknown>): Found {
  const { objects, podLabels } = request;
  const all = servicesOf(objects);
  const [service, ...more] = all.filter((one) => selects(selectorOf(one), podLabels));
  if (service === undefined)
    return fault(
      'ServiceNotFound',
      `no Service of the namespace selects the pods of the workload (labels ${JSON.stringify(podLabels)}; Services: ${list(all)}); create one or correct its spec.selector`,
    );
  if (more.length === 0) return { service };
  return fault(
    'SeveralServices',
    `Services ${list([service, ...more])} select the pods of the workload; name the Service that its clients call`,
  );
}

/** The Service of the policy, or why it cannot be used. */
export function findService(request: RouteRequest<ServiceTraffic, unknown>): Found {
  const { name } = request.spec;
  const found = name === undefined ? only(request) : named(request, name);
  if ('problem' in found) return found;
  const { publishNotReadyAddresses } = asObject(found.service['spec']);
  return publishNotReadyAddresses === true
    ? fault(
        'UnreadyPodsServe',
        `Service ${nameOf(found.service)} has publishNotReadyAddresses, so that pods get requests before they are ready; set it to false, or name another Service`,
      )
    : found;
}

/** The Services whose traffic pods of the workload share. */
export function findServices({ objects, podLabels }: WorkloadRoutes): RouteSearch<ServiceTraffic> {
  const fitting = servicesOf(objects).filter((one) => selects(selectorOf(one), podLabels));
  const found = fitting.map((one) => {
    const name = nameOf(one);
    return { kind: 'Service', name, service: name, spec: fitting.length === 1 ? {} : { name } };
  });
  return { found, problems: [] };
}
