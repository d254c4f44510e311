import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { Cache } from '../../../src/adapters/kubernetes/cache.ts';
import { createKubeClient, type KubeClient } from '../../../src/adapters/kubernetes/client.ts';
import { type Connection, connect } from '../../../src/adapters/kubernetes/connection.ts';
import { createElection } from '../../../src/adapters/kubernetes/election.ts';
import { createEvents } from '../../../src/adapters/kubernetes/events.ts';
import { createKubernetes } from '../../../src/adapters/kubernetes/kubernetes.ts';
import { createReflector } from '../../../src/adapters/kubernetes/reflector.ts';
import { RESOURCES, type Resource, resourceOf } from '../../../src/adapters/kubernetes/resource.ts';
import { sleep } from '../../../src/adapters/kubernetes/sleep.ts';
import { createWriter } from '../../../src/adapters/kubernetes/writer.ts';
import type { KubeObject } from '../../../src/api/meta.ts';
import type { Release } from '../../../src/api/release/release.ts';
import { systemClock } from '../../../src/clock.ts';
import { sizeProblem } from '../../../src/release/rollout/too-large.ts';
import { bytesOf } from '../../../src/release/status/bytes.ts';
import { fitStatus } from '../../../src/release/status/fit.ts';
import { ROUTERS } from '../../../src/traffic/registry.ts';
import { storeConformance } from '../../conformance/cluster.ts';
import { maximalStatus, templateOf } from '../../fixtures/maximal-status.ts';
import { releaseManifest } from '../objects.ts';

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const NAMESPACE: Resource = {
  group: '',
  version: 'v1',
  plural: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
};
const patience = { timeout: 30_000, interval: 50 };

const open = (): Promise<Connection> => connect({ kubeconfig: inject('kubeconfig') }, {}, systemClock);

function clientOf(connection: Connection): KubeClient {
  const userAgent = 'sluice/test';
  return createKubeClient(connection, { userAgent, timeoutMs: 10_000, concurrency: 8, clock: systemClock });
}

async function makeNamespace(client: KubeClient): Promise<string> {
  const name = `adapter-${randomUUID().slice(0, 8)}`;
  await client.create(NAMESPACE, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return name;
}

storeConformance('the API server', async () => {
  const kubernetes = createKubernetes({
    connection: await open(),
    version: 'test',
    namespaces: [],
    watches: ROUTERS.watches,
    settings: { rootNamespace: 'istio-system', istiodDebounceMax: 0 },
    lease: { namespace: 'default', name: `conformance-${randomUUID()}`, identity: 'conformance' },
    elect: false,
    fence: 'none',
    clock: systemClock,
    random: Math.random,
    log,
  });
  const { client, store, reader, writer } = kubernetes;
  const told: string[] = [];
  store.subscribe(({ type, object: { metadata } }) =>
    told.push(`${type} ${metadata.namespace}/${metadata.name}`),
  );
  await kubernetes.start(new AbortController().signal);
  const nothing = { learn: () => {}, forget: () => {} };
  const made: string[] = [];
  return {
    store,
    reader,
    writer,
    foreign: createWriter({ client, store: nothing, watches: ROUTERS.watches, fence: () => true }),
    told,
    namespace: async () => {
      const name = await makeNamespace(client);
      made.push(name);
      return name;
    },
    read: (kind, namespace, name) => client.get(resourceOf({ kind }, ROUTERS.watches), { namespace, name }),
    close: async () => {
      for (const name of made) await client.remove(NAMESPACE, { name });
      await kubernetes.stop();
    },
  };
});

describe('on a real API server', () => {
  let connection: Connection;
  let client: KubeClient;
  let namespace: string;
  beforeAll(async () => {
    connection = await open();
    client = clientOf(connection);
    namespace = await makeNamespace(client);
  });
  afterAll(async () => {
    await client.remove(NAMESPACE, { name: namespace });
    await connection.close();
  });

  const service = (name: string, more: object = {}): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { ports: [{ port: 80 }], ...more },
  });

  test('what validation finds is invalid and terminal, in the words of the API server', async () => {
    const object = await client.create(RESOURCES.Service, service('valid'));
    const patch = [{ op: 'replace', path: '/spec/ports/0/port', value: 0 }];
    const place = { namespace, name: object.metadata.name };
    await expect(client.patch(RESOURCES.Service, place, 'json', patch)).rejects.toMatchObject({
      code: 'KUBERNETES_INVALID',
      retry: 'terminal',
      message: expect.stringContaining('spec.ports[0].port: Invalid value: 0'),
    });
    await expect(client.create(RESOURCES.Service, service('Not A Name'))).rejects.toMatchObject({
      code: 'KUBERNETES_INVALID',
    });
  });

  test('a Release that Sluice makes is stored with the largest status, and a larger one is refused for good', async () => {
    const name = `large-${randomUUID()}`;
    const large = templateOf(430_000, 1_000);
    const stable = { podTemplateHash: 'abc', replicaSet: 'ranker-abc', template: large };
    const manifest = JSON.parse(releaseManifest(name, { stable })) as Release;
    const fresh = { ...manifest, metadata: { ...manifest.metadata, namespace } };
    expect(sizeProblem(fresh, large)).toBeNull();
    const object = (await client.create(RESOURCES.Release, fresh)) as Release;
    const metrics = Array.from({ length: 30 }, () => false);
    const status = fitStatus(object, { ...maximalStatus('Aborting', '<', metrics, 0), next: large });
    expect(bytesOf({ ...object, status })).toBeGreaterThan(1_300_000);
    const place = { namespace, name, subresource: 'status' };
    await client.patch(RESOURCES.Release, place, 'json', [{ op: 'add', path: '/status', value: status }]);
    const larger = { ...stable, template: templateOf(1_600_000, 1_000) };
    const beyond = {
      ...fresh,
      metadata: { name: 'beyond', namespace },
      spec: { ...fresh.spec, stable: larger },
    };
    await expect(client.create(RESOURCES.Release, beyond)).rejects.toMatchObject({
      code: 'KUBERNETES_TOO_LARGE',
      retry: 'terminal',
    });
  });

  test('an optional kind that is not installed does not hold up the start, and is said to be missing', async () => {
    const resource = { ...RESOURCES.Service, group: 'absent.sluice.dev' };
    const deps = { client, cache: new Cache(() => {}), resource, namespace: undefined, optional: true };
    const more = { relistMs: 60_000, clock: systemClock, random: Math.random, sleep, log };
    const reflector = createReflector({ ...deps, ...more });
    const stop = new AbortController();
    const running = reflector.run(stop.signal);
    await reflector.synced;
    expect(reflector.status()).toMatchObject({ missing: true, synced: false });
    stop.abort();
    await running;
  });

  test('a list of many pages is complete', async () => {
    const names = Array.from({ length: 7 }, (_, index) => `paged-${index}`);
    for (const name of names) await client.create(RESOURCES.Service, service(name));
    const seen: string[] = [];
    let token: string | undefined;
    do {
      const page = await client.list(RESOURCES.Service, namespace, { limit: 3, continue: token });
      for (const item of page.items) {
        expect(item).toMatchObject({ apiVersion: 'v1', kind: 'Service' });
        seen.push(item.metadata.name);
      }
      token = page.continue;
    } while (token !== undefined);
    expect(seen).toEqual(expect.arrayContaining(names));
  });

  test('a watch tells what has happened since its version, and ends when its time is over', async () => {
    const { resourceVersion } = await client.list(RESOURCES.Service, namespace);
    await client.create(RESOURCES.Service, service('watched'));
    const query = { resourceVersion, allowWatchBookmarks: true, timeoutSeconds: 2 };
    const options = { signal: new AbortController().signal, idleMs: 20_000 };
    const told: string[] = [];
    for await (const { type, object } of client.watch(RESOURCES.Service, namespace, query, options))
      told.push(`${type} ${object.metadata.name}`);
    expect(told[0]).toBe('ADDED watched');
  });

  test('a watch that says nothing for too long fails', async () => {
    const { resourceVersion } = await client.list(RESOURCES.Service, namespace);
    const options = { signal: new AbortController().signal, idleMs: 500 };
    const query = { resourceVersion, timeoutSeconds: 60 };
    const events = client.watch(RESOURCES.Service, namespace, query, options)[Symbol.asyncIterator]();
    await expect(events.next()).rejects.toMatchObject({ code: 'KUBERNETES_TIMEOUT' });
  });

  test('events of an object count up, and tell of each distinct note once', async () => {
    const regarding = await client.create(RESOURCES.Service, service('told-of'));
    const events = createEvents({ client, clock: systemClock, instance: 'test', log });
    for (let count = 0; count < 4; count += 1) {
      events.record(regarding, 'Warning', 'HoldBypassed', 'the same again');
      await events.idle();
    }
    events.record(regarding, 'Normal', 'WeightRaised', 'ü'.repeat(2_000));
    await events.idle();
    const { items } = await client.list(RESOURCES.Event, namespace);
    const ours = items.filter((item) => item['reportingController'] === 'sluice.dev/controller');
    expect(ours).toHaveLength(2);
    const held = ours.find((item) => item['reason'] === 'HoldBypassed');
    expect(held).toMatchObject({ type: 'Warning', note: 'the same again', series: { count: 4 } });
    expect(held?.['regarding']).toMatchObject({
      kind: 'Service',
      name: 'told-of',
      uid: regarding.metadata.uid,
    });
  });

  test('an event about an object without a namespace is reported in default', async () => {
    const regarding = await client.get(NAMESPACE, { name: namespace });
    if (regarding === null) throw new Error('the namespace must be there');
    const events = createEvents({ client, clock: systemClock, instance: 'test', log });
    const note = `about ${namespace}`;
    events.record(regarding, 'Normal', 'Approved', note);
    await events.idle();
    const { items } = await client.list(RESOURCES.Event, 'default');
    expect(items.map((item) => item['note'])).toContain(note);
  });

  test('one of two candidates leads, and the other at once when it leaves', async () => {
    const name = 'sluice';
    const candidates = ['one', 'other'].map((identity) => {
      const stop = new AbortController();
      const deps = { client, namespace, name, identity, clock: systemClock, random: Math.random, sleep, log };
      const election = createElection(deps);
      return { election, stop, running: election.run(stop.signal) };
    });
    const leading = () => candidates.filter(({ election }) => election.isLeader());
    await vi.waitFor(() => expect(leading()).toHaveLength(1), patience);
    const [first] = leading();
    first?.stop.abort();
    await first?.running;
    const lease = await client.get(RESOURCES.Lease, { namespace, name });
    expect(lease).toMatchObject({ spec: { leaseDurationSeconds: 1 } });
    await vi.waitFor(() => expect(leading()).toHaveLength(1), patience);
    expect(leading()[0]).not.toBe(first);
    for (const { stop, running } of candidates) {
      stop.abort();
      await running;
    }
  });
});
