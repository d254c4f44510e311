import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { KubeClient } from '../../../src/adapters/kubernetes/client.ts';
import type { WatchEvent } from '../../../src/adapters/kubernetes/watch.ts';
import type { KubeObject } from '../../../src/api/meta.ts';
import { createAddresses } from './addresses.ts';
import { createAgent } from './agent.ts';
import type { Pod, PodStatus } from './pod.ts';
import { testPod } from './test-pod.ts';
import { wait } from './wait.ts';

const CLOCK = { now: () => Date.now(), monotonic: () => performance.now() };

/** An API server with the pods of one node: what is written to it comes back by the watch. */
function createServer(first: readonly Pod[]) {
  const pods = new Map<string, Pod>(first.map((pod) => [pod.metadata.name, pod]));
  const removed: string[] = [];
  const waiting: ((event: WatchEvent) => void)[] = [];
  const events: WatchEvent[] = [];
  let version = 100;
  const tell = (type: WatchEvent['type'], pod: Pod): void => {
    const next = waiting.shift();
    const event = { type, object: pod };
    if (next === undefined) events.push(event);
    else next(event);
  };
  const put = (pod: Pod): Pod => {
    const type = pods.has(pod.metadata.name) ? 'MODIFIED' : 'ADDED';
    const stored = { ...pod, metadata: { ...pod.metadata, resourceVersion: String(++version) } };
    pods.set(pod.metadata.name, stored);
    tell(type, stored);
    return stored;
  };
  const client = {
    list: () =>
      Promise.resolve({ items: [...pods.values()], resourceVersion: String(version), continue: undefined }),
    async *watch(
      _resource: unknown,
      _namespace: unknown,
      _query: unknown,
      { signal }: { signal: AbortSignal },
    ) {
      while (!signal.aborted) {
        const known = events.shift();
        const gone = new Promise<null>((resolve) => {
          signal.addEventListener('abort', () => resolve(null), { once: true });
        });
        const event =
          known ?? (await Promise.race([new Promise<WatchEvent>((resolve) => waiting.push(resolve)), gone]));
        if (event !== null) yield event;
      }
    },
    patch: (_resource: unknown, { name }: { name: string }, _type: unknown, body: unknown) => {
      const pod = pods.get(name);
      if (pod === undefined) return Promise.reject(new Error('no such pod'));
      return Promise.resolve(
        put({ ...pod, status: { ...pod.status, ...(body as { status: PodStatus }).status } }),
      );
    },
    remove: (_resource: unknown, { name }: { name: string }): Promise<KubeObject | null> => {
      const pod = pods.get(name);
      pods.delete(name);
      removed.push(name);
      if (pod !== undefined) tell('DELETED', pod);
      return Promise.resolve(null);
    },
  } as unknown as KubeClient;
  const ready = (name: string) =>
    pods.get(name)?.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  return { client, put, removed, ready, get: (name: string) => pods.get(name) };
}

/** An agent at work on those pods, with the time in the test's hands. */
async function work(first: readonly Pod[]) {
  const server = createServer(first);
  const ending = new AbortController();
  const agent = createAgent({
    client: server.client,
    nodeName: 'node-0',
    mode: 'instant',
    addresses: createAddresses('10.244.0.0/24'),
    logDir: '/nonexistent',
    compileCache: '/nonexistent',
    maxBackOffMs: 10_000,
    clock: CLOCK,
    sleep: async (ms, signal) => void (await wait(ms, signal)),
    warn: () => undefined,
  });
  const run = agent.run(ending.signal);
  await vi.advanceTimersByTimeAsync(10);
  return { ...server, run, stop: () => ending.abort() };
}

const podNamed = (name: string, changes: Partial<Pod> = {}): Pod => ({
  ...testPod({ metadata: { name, uid: `uid-${name}`, resourceVersion: '1' } }),
  ...changes,
});

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('makes bound pods ready, each with an address of its own, and takes over those that are there', async () => {
  const before: PodStatus = { phase: 'Running', podIP: '10.244.0.2' };
  const { put, ready, get, run, stop } = await work([podNamed('new'), podNamed('old', { status: before })]);
  put(podNamed('late'));
  await vi.advanceTimersByTimeAsync(10);
  expect(['old', 'new', 'late'].map((name) => get(name)?.status?.podIP)).toEqual([
    '10.244.0.2',
    '10.244.0.3',
    '10.244.0.4',
  ]);
  expect(['old', 'new', 'late'].map(ready)).toEqual(['True', 'True', 'True']);
  stop();
  await run;
});

it('lets a deleted pod end in its own time: not ready first, gone when it has ended', async () => {
  const pod = podNamed('model');
  const lifecycle = { preStop: { sleep: { seconds: 5 } } };
  const spec = {
    ...pod.spec,
    containers: pod.spec.containers.map((container) => ({ ...container, lifecycle })),
  };
  const { put, get, ready, removed, run, stop } = await work([{ ...pod, spec }]);
  const current = get('model') ?? pod;
  const deletion = { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 30 };
  put({ ...current, metadata: { ...current.metadata, ...deletion } });
  await vi.advanceTimersByTimeAsync(4_900);
  expect([ready('model'), removed]).toEqual(['False', []]);
  await vi.advanceTimersByTimeAsync(100);
  expect(removed).toEqual(['model']);
  stop();
  await run;
});

it('puts a condition right that somebody else has set', async () => {
  const { put, get, ready, run, stop } = await work([podNamed('model')]);
  const pod = get('model');
  if (pod === undefined) throw new Error('no pod');
  const conditions = [{ type: 'Ready', status: 'False', reason: 'NodeNotReady' }];
  put({ ...pod, status: { ...pod.status, conditions } });
  await vi.advanceTimersByTimeAsync(10);
  expect(ready('model')).toBe('True');
  stop();
  await run;
});
