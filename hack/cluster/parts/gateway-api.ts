import type { KubeObject } from '../../../src/api/meta.ts';
import { addresses } from '../addresses.ts';
import { gatewayProxy, ISTIO_GATEWAY } from './mesh.ts';

const SERVICE = 'istio-ingressgateway';
const { gatewayApi: PORT } = addresses.ports;

/** A listener for HTTP to which routes of every namespace may attach. */
export const openListener = (port: number): object => ({
  name: 'http',
  protocol: 'HTTP',
  port,
  allowedRoutes: { namespaces: { from: 'All' } },
});

/**
 * A Gateway whose proxies a person has deployed: it names their Service, and the proxy is the same that Istio's own
 * Gateways select. Without a Pod nothing makes the endpoints of that Service.
 */
export function istioGatewayObjects(): KubeObject[] {
  const { namespace, labels, address } = gatewayProxy;
  const port = { name: 'http', port: PORT };
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace, name: SERVICE },
      spec: { selector: { istio: labels['istio'] }, ports: [{ ...port, targetPort: PORT }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { namespace, name: SERVICE, labels: { 'kubernetes.io/service-name': SERVICE } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
      ports: [port],
    },
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: ISTIO_GATEWAY,
      spec: {
        gatewayClassName: 'istio',
        addresses: [{ type: 'Hostname', value: `${SERVICE}.${namespace}.svc.cluster.local` }],
        listeners: [openListener(PORT)],
      },
    },
  ];
}
