import type { KubeObject } from '../../../api/meta.ts';
import { asObject, asObjects, asString } from '../../json.ts';
import { ANY_SERVICE, serviceKey } from '../../service-key.ts';

const FULL_NAME = /^([^.*]+)\.([^.*]+)\.svc\./;

function hostsOf({ kind, ...object }: KubeObject): readonly string[] {
  const spec = asObject(object['spec']);
  if (kind === 'DestinationRule') return [asString(spec['host']) ?? ''];
  const routes = ['http', 'tcp', 'tls'].flatMap((one) => asObjects(spec[one]));
  const targets = routes.flatMap((route) => [
    ...asObjects(route['route']).map((one) => one['destination']),
    ...asObjects(route['mirrors']).map((one) => one['destination']),
    route['mirror'],
  ]);
  const named = Array.isArray(spec['hosts']) ? spec['hosts'] : [];
  return [...targets.map((one) => asString(asObject(one)['host']) ?? ''), ...named.map(String)];
}

/**
 * Keys of the Services of other namespaces that a VirtualService or DestinationRule names by full name, and
 * `ANY_SERVICE` for a rule with a wildcard. Few objects name any.
 */
export function foreignServices(object: KubeObject): readonly string[] {
  const keys = new Set<string>();
  for (const host of hostsOf(object)) {
    const [, name, namespace] = FULL_NAME.exec(host) ?? [];
    if (name !== undefined && namespace !== undefined && namespace !== object.metadata.namespace)
      keys.add(serviceKey({ name, namespace }));
    else if (object.kind === 'DestinationRule' && host.startsWith('*')) keys.add(ANY_SERVICE);
  }
  return [...keys];
}
