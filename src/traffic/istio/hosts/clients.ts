import type { KubeObject } from '../../../api/meta.ts';
import { asObject } from '../../json.ts';
import type { Problem } from '../../reasons.ts';
import type { ServiceKey } from '../../service-key.ts';
import { exportToOf, type ObservedRule } from '../objects.ts';
import { isHostOf, isWildcardOf } from './host.ts';
import type { HostView } from './host-view.ts';
import { ruleConflict } from './rule.ts';

/** Gateways of a VirtualService; `mesh` is every client with a sidecar. */
export function gatewaysOf(virtualService: KubeObject): readonly string[] {
  const { gateways } = asObject(virtualService['spec']);
  return Array.isArray(gateways) && gateways.length > 0 ? gateways.map(String) : ['mesh'];
}

/** Whether clients in a namespace follow the VirtualService, as far as its own fields say. */
function isFollowedIn(namespace: string, virtualService: KubeObject): boolean {
  const visible = exportToOf(asObject(virtualService['spec'])) ?? ['*'];
  return (
    gatewaysOf(virtualService).includes('mesh') && (visible.includes('*') || visible.includes(namespace))
  );
}

/**
 * A gateway of the VirtualService is in that namespace. Its pods usually are as well, though Istio does not require it.
 */
const hasGatewayIn = (namespace: string, virtualService: KubeObject): boolean =>
  gatewaysOf(virtualService).some((gateway) => gateway.startsWith(`${namespace}/`));

const isExact = (rule: ObservedRule, service: ServiceKey): boolean =>
  isHostOf(rule.host, rule.namespace, service);

function isHiding(rule: ObservedRule, service: ServiceKey, virtualService: KubeObject): boolean {
  const { namespace } = rule;
  return (
    hasGatewayIn(namespace, virtualService) ||
    (isExact(rule, service) && isFollowedIn(namespace, virtualService))
  );
}

/** The DestinationRules of other namespaces, except the root namespace, that cover the Service for clients there. */
export function rulesOfClients(rules: readonly ObservedRule[], service: ServiceKey): readonly ObservedRule[] {
  return rules.filter(
    (rule) =>
      rule.namespace !== service.namespace && (isExact(rule, service) || isWildcardOf(rule.host, service)),
  );
}

/**
 * Why our subsets would not be in force for clients of the VirtualService, or null. A proxy uses the rules of its own
 * namespace first, and only those: if one of them covers the Service, the proxy does not know our subsets, and each
 * request by a route that names one fails.
 */
export function hostConflict(host: HostView, virtualService: KubeObject): Problem | null {
  const { service, rules, clientRules } = host;
  const hiding = clientRules.find((rule) => isHiding(rule, service, virtualService));
  if (hiding === undefined) return ruleConflict(rules, service, virtualService);
  return {
    reason: 'DestinationRuleHidesSubsets',
    message: `DestinationRule ${hiding.namespace}/${hiding.name} (spec.host ${hiding.host}) comes before those of namespace ${service.namespace} for every client in its own namespace, so that clients there would not see the subsets stable and canary of Service ${service.name}, and all their requests through VirtualService ${virtualService.metadata.name} would fail (503) during a release. Move its policy to a DestinationRule of the host in namespace ${service.namespace}, or take the Service out of its host`,
  };
}

/** Rules that hide our subsets from clients in their namespaces, if it is unknown whether there are any. */
export function mayHide(host: HostView, virtualServices: readonly KubeObject[]): readonly ObservedRule[] {
  const { service, clientRules } = host;
  return clientRules.filter((rule) => {
    if (virtualServices.some((one) => isHiding(rule, service, one))) return false;
    return isExact(rule, service) || virtualServices.some((one) => isFollowedIn(rule.namespace, one));
  });
}
