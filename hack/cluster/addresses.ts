/** Every address and port of a cluster. They are the same in each: a cluster has its own network namespace. */
export const addresses = {
  /** Ranges that belong to the loopback interface: pods and services. */
  local: ['10.244.0.0/16', '10.96.0.0/16'],
  serviceRange: '10.96.0.0/16',
  /** The first address of the service range is the API server's Service. */
  apiService: '10.96.0.1',
  /** What the API server calls itself; the Service `kubernetes` points here. */
  apiServer: '10.244.255.1',
  gatewayProxy: '10.244.255.10',
  meshProxy: '10.244.255.11',
  ports: {
    etcd: 2379,
    etcdPeer: 2380,
    apiServer: 6443,
    controllerManager: 10257,
    scheduler: 10259,
    istiodGrpc: 15010,
    istiodHttp: 15080,
    istiodMonitoring: 15014,
    istiodWebhook: 15017,
    gatewayAdmin: 15090,
    meshAdmin: 15091,
    meshHttpProxy: 15007,
    /** Of the Gateway (Gateway API) that the ingress gateway serves. */
    gatewayApi: 8000,
    contourXds: 8001,
    contourHttp: 8012,
    contourHealth: 8013,
    /** Where Contour lets its Envoy say that it is ready. */
    contourEnvoyReady: 8002,
    prometheus: 9090,
    redis: 6379,
  },
} as const;

/** The pods of node number `index` have addresses of this range. */
export const podRange = (index: number): string => `10.244.${index}.0/24`;

/** The largest number of nodes: range 255 is the cluster's own. */
export const maxNodes = 250;
