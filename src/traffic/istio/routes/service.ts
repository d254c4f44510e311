import { selects } from '../../../api/labels.ts';
import type { KubeObject } from '../../../api/meta.ts';
import type { RouteObjects } from '../../context.ts';
import { ofKind } from '../../context.ts';
import type { Problem } from '../../reasons.ts';
import { isHostOf } from '../hosts/host.ts';
import { httpRoutes, selectorOf } from '../objects.ts';
import type { IstioTraffic } from '../spec.ts';
import { hostOf } from './split.ts';

const nameOf = ({ metadata }: KubeObject): string => metadata.name;
const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));

function named(
  objects: RouteObjects,
  name: string,
  podLabels: Readonly<Record<string, string>>,
): { readonly service: string } | { readonly problem: Problem } {
  const service = ofKind(objects.kinds, 'Service').find(({ metadata }) => metadata.name === name);
  if (service === undefined) {
    const message = `traffic.istio.service: there is no Service ${name} in the namespace (there are: ${list(ofKind(objects.kinds, 'Service').map(nameOf))}); create it or correct the name`;
    return { problem: { reason: 'ServiceNotFound', message } };
  }
  if (selects(selectorOf(service), podLabels)) return { service: name };
  const selector = selectorOf(service);
  const what =
    Object.keys(selector).length === 0
      ? 'has no spec.selector, by which its pods could be split by version; give it one'
      : `does not select the pods of the workload (spec.selector ${JSON.stringify(selector)}); name the Service that does, or correct its selector`;
  const message = `traffic.istio.service: Service ${name} ${what}`;
  return { problem: { reason: 'ServiceSelectsOthers', message } };
}

/**
 * The Service of the workload: the named one, or the only Service that selects its pods. Of several, that of the
 * VirtualService.
 */
export function findService(
  objects: RouteObjects,
  istio: IstioTraffic,
  virtualService: KubeObject,
  podLabels: Readonly<Record<string, string>>,
): { readonly service: string } | { readonly problem: Problem } {
  if (istio.service !== undefined) return named(objects, istio.service, podLabels);
  const fitting = ofKind(objects.kinds, 'Service')
    .filter((service) => selects(selectorOf(service), podLabels))
    .map(nameOf);
  const hosts = httpRoutes(virtualService).flatMap((route) => route.destinations.map(hostOf));
  const routed = fitting.filter((name) =>
    hosts.some((host) => isHostOf(host, objects.namespace, { name, namespace: objects.namespace })),
  );
  const [only, ...more] = fitting.length === 1 || routed.length === 0 ? fitting : routed;
  if (only === undefined) {
    const message = `traffic.istio.service: no Service of the namespace selects the pods of the workload (labels ${JSON.stringify(podLabels)}; Services: ${list(ofKind(objects.kinds, 'Service').map(nameOf))}); create one or correct its spec.selector`;
    return { problem: { reason: 'ServiceNotFound', message } };
  }
  if (more.length === 0) return { service: only };
  const message = `traffic.istio.service: Services ${list([only, ...more])} select the pods of the workload; name the one whose traffic to shift`;
  return { problem: { reason: 'SeveralServices', message } };
}
