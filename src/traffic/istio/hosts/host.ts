import type { ServiceKey } from '../../service-key.ts';

/**
 * Whether `host`, written in an object of the namespace `from`, is the Service. Istio completes a name without dots and
 * treats any other as a full name, whatever the domain of the cluster. `clusterset.local` is the Service of all
 * clusters of a mesh, whose pods our subsets do not cover.
 */
export function isHostOf(host: string, from: string, { name, namespace }: ServiceKey): boolean {
  if (!host.includes('.')) return host === name && from === namespace;
  const prefix = `${name}.${namespace}.svc.`;
  return host.length > prefix.length && host.startsWith(prefix) && !host.endsWith('.clusterset.local');
}

/** Whether `host` means the Service to a person but not to Istio, which does not complete a name with dots. */
export function isHalfHostOf(host: string, { name, namespace }: ServiceKey): boolean {
  return host === `${name}.${namespace}` || host === `${name}.${namespace}.svc`;
}

/** Whether a wildcard host covers the Service. */
export function isWildcardOf(host: string, { name, namespace }: ServiceKey): boolean {
  if (host === '*') return true;
  return host.startsWith('*.') && `${name}.${namespace}.svc.cluster.local`.endsWith(host.slice(1));
}
