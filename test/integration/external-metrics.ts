import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority, issue } from '../../hack/cluster/parts/certificates.ts';
import type { Client } from './kubectl.ts';

/** A server of the External Metrics API, such as KEDA and the Prometheus adapter are. */
export interface ExternalMetrics {
  /** Sets the value of the metric `load` in a namespace; 0 unless told. */
  set(namespace: string, value: number): void;
  stop(): Promise<void>;
}

const GROUP_VERSION = 'external.metrics.k8s.io/v1beta1';
/** Of the cluster's own range, all of which belongs to the loopback interface. */
const ADDRESS = '10.244.255.20';
const NAMESPACE = 'external-metrics';

function answer(values: ReadonlyMap<string, number>, path: string): object {
  const [, , , , , namespace, metricName] = path.split('/');
  if (metricName === undefined) {
    const resource = {
      name: 'load',
      singularName: '',
      namespaced: true,
      kind: 'ExternalMetricValueList',
      verbs: ['get'],
    };
    return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: GROUP_VERSION, resources: [resource] };
  }
  const value = String(values.get(namespace ?? '') ?? 0);
  const item = { metricName, metricLabels: {}, timestamp: new Date().toISOString(), value };
  return { kind: 'ExternalMetricValueList', apiVersion: GROUP_VERSION, metadata: {}, items: [item] };
}

/** What makes the API server hand requests of the group on to the server. */
function registration(port: number): object {
  const metadata = { name: 'adapter', namespace: NAMESPACE };
  const items = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { ports: [{ name: 'https', port: 443, targetPort: port }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'adapter' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [ADDRESS], conditions: { ready: true } }],
      ports: [{ name: 'https', port, protocol: 'TCP' }],
    },
    {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1beta1.external.metrics.k8s.io' },
      spec: {
        group: 'external.metrics.k8s.io',
        version: 'v1beta1',
        groupPriorityMinimum: 100,
        versionPriority: 100,
        insecureSkipTLSVerify: true,
        service: metadata,
      },
    },
  ];
  return { apiVersion: 'v1', kind: 'List', items };
}

/** Starts one, and resolves when the API server serves its API. */
export async function serveExternalMetrics(kubectl: Client): Promise<ExternalMetrics> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-metrics-'));
  const authority = await createAuthority(dir, 'ca', 'external metrics');
  const { cert, key } = await issue(authority, dir, 'server', {
    name: 'adapter',
    altNames: [`IP:${ADDRESS}`],
  });
  const values = new Map<string, number>();
  const server = createServer(
    { cert: await readFile(cert), key: await readFile(key) },
    (request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answer(values, request.url?.split('?')[0] ?? '')));
    },
  );
  await rm(dir, { recursive: true });
  await new Promise<void>((resolve) => {
    server.listen(0, ADDRESS, resolve);
  });
  const { port } = server.address() as AddressInfo;
  await kubectl.ok(['apply', '-f', '-'], JSON.stringify(registration(port)));
  await kubectl.ok([
    'wait',
    '--for=condition=Available',
    'apiservice/v1beta1.external.metrics.k8s.io',
    '--timeout=60s',
  ]);
  return {
    set: (namespace, value) => {
      values.set(namespace, value);
    },
    stop: async () => {
      await kubectl.ok(['delete', 'apiservice', 'v1beta1.external.metrics.k8s.io']);
      await kubectl.ok(['delete', 'namespace', NAMESPACE, '--wait=false']);
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
