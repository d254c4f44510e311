import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../clock.ts';
import { ROUTERS } from '../../traffic/registry.ts';
import { connectTo } from './connection.ts';
import { createKubernetes, type KubernetesOptions } from './kubernetes.ts';

const opened: (() => void)[] = [];
afterEach(() => {
  for (const close of opened.splice(0)) close();
});

/** An empty cluster: every list is empty, no watch has events, and writes are echoed. */
async function setUp(given: Partial<KubernetesOptions> = {}) {
  const lines: string[] = [];
  const server = createServer((request, response) => void answer(request, response));
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<unknown> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const [path = '', query = ''] = (request.url ?? '').split('?');
    const verb = query.includes('watch=true') ? 'WATCH' : (request.method ?? '');
    lines.push(`${verb} ${path}`);
    if (verb === 'WATCH') return response.flushHeaders();
    if (path.includes('/leases/') && verb === 'GET') return response.writeHead(404).end();
    const list = { apiVersion: 'v1', metadata: { resourceVersion: '5' }, items: [] };
    return response.end(verb === 'GET' ? JSON.stringify(list) : Buffer.concat(chunks));
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const kubernetes = createKubernetes({
    connection: connectTo(`http://127.0.0.1:${port}`),
    version: '1.2.3',
    namespaces: [],
    watches: ROUTERS.watches,
    settings: { rootNamespace: 'istio-system', istiodDebounceMax: 0 },
    lease: { namespace: 'sluice-system', name: 'sluice', identity: 'one' },
    elect: false,
    fence: 'none',
    clock: systemClock,
    random: Math.random,
    log: silent,
    ...given,
  });
  const never = new AbortController().signal;
  const listed = (): string[] => lines.filter((line) => line.startsWith('GET')).map((line) => line.slice(4));
  return { kubernetes, lines, listed, never };
}

describe('Kubernetes, put together', () => {
  test('lists and watches every kind in all namespaces', async () => {
    const { kubernetes, lines, listed, never } = await setUp();
    expect(kubernetes.isSynced()).toBe(false);
    await kubernetes.start(never);
    expect(kubernetes.isSynced()).toBe(true);
    expect(listed().toSorted()).toEqual([
      '/api/v1/services',
      '/apis/apps/v1/deployments',
      '/apis/apps/v1/replicasets',
      '/apis/gateway.networking.k8s.io/v1/gatewayclasses',
      '/apis/gateway.networking.k8s.io/v1/grpcroutes',
      '/apis/gateway.networking.k8s.io/v1/httproutes',
      '/apis/inference.networking.k8s.io/v1/inferencepools',
      '/apis/networking.istio.io/v1/destinationrules',
      '/apis/networking.istio.io/v1/virtualservices',
      '/apis/sluice.dev/v1alpha1/analysistemplates',
      '/apis/sluice.dev/v1alpha1/clusteranalysistemplates',
      '/apis/sluice.dev/v1alpha1/releases',
      '/apis/sluice.dev/v1alpha1/rollouts',
    ]);
    await expect.poll(() => lines.filter((line) => line.startsWith('WATCH')).length).toBe(13);
    await kubernetes.stop();
    expect(kubernetes.status().every(({ state }) => state === 'stopped')).toBe(true);
  });

  test('watches a kind once that a router reads, too', async () => {
    const services = {
      group: '',
      version: 'v1',
      kind: 'Service',
      plural: 'services',
      writes: 'objects',
    } as const;
    const { kubernetes, listed, never } = await setUp({ watches: [services] });
    await kubernetes.start(never);
    expect(listed().filter((path) => path.includes('services'))).toEqual(['/api/v1/services']);
    await kubernetes.stop();
  });

  test('keeps to its namespaces, and to that of the mesh for DestinationRules', async () => {
    const { kubernetes, listed, never } = await setUp({ namespaces: ['shop', 'bank'] });
    await kubernetes.start(never);
    const istio = '/apis/networking.istio.io/v1/namespaces';
    expect(
      listed()
        .filter((path) => path.includes('destinationrules'))
        .toSorted(),
    ).toEqual([
      `${istio}/bank/destinationrules`,
      `${istio}/istio-system/destinationrules`,
      `${istio}/shop/destinationrules`,
    ]);
    const others = listed().filter((path) => !path.includes('destinationrules'));
    expect(others.filter((path) => !/namespaces\/(shop|bank)\//.test(path)).toSorted()).toEqual([
      '/apis/gateway.networking.k8s.io/v1/gatewayclasses',
      '/apis/sluice.dev/v1alpha1/clusteranalysistemplates',
    ]);
    await kubernetes.stop();
  });

  test('writes as the leader only, and gives the lease back when it stops', async () => {
    const { kubernetes, lines, never } = await setUp({ elect: true, fence: 'leader' });
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a', namespace: 'shop' } };
    await expect(kubernetes.writer.create(service)).rejects.toMatchObject({ code: 'NOT_LEADER' });
    await kubernetes.start(never);
    await expect.poll(() => kubernetes.election.isLeader()).toBe(true);
    expect(await kubernetes.writer.create(service)).toEqual(service);
    kubernetes.events.record(service, 'Normal', 'Approved', 'before the end');
    await kubernetes.stop();
    expect(kubernetes.election.isLeader()).toBe(false);
    expect(lines).toContain('POST /apis/coordination.k8s.io/v1/namespaces/sluice-system/leases');
    expect(lines).toContain('POST /apis/events.k8s.io/v1/namespaces/shop/events');
  });

  test('is no candidate unless it is asked to be', async () => {
    const { kubernetes, lines, never } = await setUp();
    await kubernetes.start(never);
    await kubernetes.stop();
    expect(lines.some((line) => line.includes('coordination'))).toBe(false);
  });

  test('does not wait for an unreachable API server once it is stopped', async () => {
    const { kubernetes } = await setUp({ connection: connectTo('http://127.0.0.1:1') });
    const stopping = new AbortController();
    const started = kubernetes.start(stopping.signal);
    await expect.poll(() => kubernetes.status()[0]?.error).toMatch(/ECONNREFUSED/);
    stopping.abort();
    await started;
    expect(kubernetes.isSynced()).toBe(false);
    await kubernetes.stop();
  });
});
