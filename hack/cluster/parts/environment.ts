import { delimiter, dirname } from 'node:path';
import type { Cluster } from '../cluster.ts';

/** The addresses of a cluster under the names of environment variables, for commands that run beside it. */
export function environmentOf(cluster: Cluster): Record<string, string> {
  return {
    KUBECONFIG: cluster.kubeconfig,
    PROMETHEUS_URL: cluster.prometheusUrl,
    REDIS_URL: cluster.redisUrl,
    GATEWAY_URL: cluster.gatewayUrl,
    GATEWAY_API_URL: cluster.gatewayApiUrl,
    MESH_PROXY_URL: cluster.meshProxyUrl,
    ISTIOD_URL: cluster.istiodUrl,
    AUDIT_LOG: cluster.auditLog,
    PATH: [dirname(cluster.binaries.kubectl), process.env['PATH'] ?? ''].join(delimiter),
  };
}
