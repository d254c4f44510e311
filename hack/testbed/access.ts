import type { Cluster } from '../cluster/cluster.ts';

/** All that another process in the same network namespace needs to use a cluster; plain data. */
export interface Access {
  readonly dir: string;
  readonly logs: string;
  readonly kubeconfig: string;
  /** Kubeconfig of the controller's own ServiceAccount. */
  readonly controllerKubeconfig: string;
  readonly kubectl: string;
  readonly apiServer: string;
  readonly auditLog: string;
  readonly prometheusUrl: string;
  readonly redisUrl: string;
  readonly gatewayUrl: string;
  readonly gatewayApiUrl: string;
  readonly meshProxyUrl: string;
  readonly istiodUrl: string;
  readonly istiodDebounceMax: string;
}

/** The cluster as plain data. Sluice's manifests must have been applied. */
export async function accessOf(cluster: Cluster): Promise<Access> {
  const { dir, logs, kubeconfig, apiServer, auditLog, prometheusUrl, redisUrl } = cluster;
  const { gatewayUrl, gatewayApiUrl, meshProxyUrl, istiodUrl, istiodDebounceMax, binaries } = cluster;
  const controllerKubeconfig = await cluster.serviceAccountKubeconfig('sluice-system', 'sluice');
  const own = { dir, logs, kubeconfig, controllerKubeconfig, kubectl: binaries.kubectl, apiServer, auditLog };
  return {
    ...own,
    prometheusUrl,
    redisUrl,
    gatewayUrl,
    gatewayApiUrl,
    meshProxyUrl,
    istiodUrl,
    istiodDebounceMax,
  };
}
