import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../api/meta.ts';
import { SluiceError } from '../errors.ts';
import type { Kind, Store } from '../ports/cluster.ts';
import type { Log } from '../ports/telemetry.ts';
import { ROUTERS } from '../traffic/registry.ts';
import { OPT_IN } from '../workload/workload.ts';
import { createEnqueuer } from './enqueue.ts';
import { canaryWeights } from './gauges/canary-weights.ts';
import { createKnownNamespaces } from './known-namespaces.ts';
import { everyKey, resync } from './resync.ts';
import { createSingletons } from './singletons.ts';
import { createWorker } from './worker.ts';

function recorder() {
  const lines: string[] = [];
  const note = (level: string) => (_fields: object, message: string) =>
    void lines.push(`${level} ${message}`);
  const log: Log = { debug: () => {}, info: note('info'), warn: note('warn'), error: note('error') };
  return { log, lines };
}

function workerWith(outcomes: (() => { wakeAt?: number })[]) {
  const { log, lines } = recorder();
  const passes: string[] = [];
  let time = 0;
  const worker = createWorker({
    reconcile: () => {
      time += 250;
      return Promise.resolve().then(outcomes.shift() ?? (() => ({})));
    },
    clock: { now: () => time, monotonic: () => time },
    log,
    passEnded: (kind, result, seconds) => passes.push(`${kind} ${result} ${seconds}`),
  });
  return { worker, lines, passes };
}
const raise = (error: unknown) => () => {
  throw error;
};
const failure = (code: 'KUBERNETES_CONFLICT' | 'KUBERNETES_INVALID' | 'KUBERNETES_UNAVAILABLE') =>
  new SluiceError(code, code, { retry: code === 'KUBERNETES_INVALID' ? 'terminal' : 'backoff' });

describe('worker', () => {
  it('hands on when to come back, and counts', async () => {
    const { worker, passes, lines } = workerWith([() => ({ wakeAt: 42 })]);
    expect(await worker.handle('rollout/shop/ranker')).toEqual({ wakeAt: 42 });
    expect(passes).toEqual(['rollout ok 0.25']);
    expect(lines).toEqual([]);
  });

  it.each([
    [failure('KUBERNETES_CONFLICT'), 'conflict', []],
    [failure('KUBERNETES_INVALID'), 'refused', ['warn pass failed']],
    [failure('KUBERNETES_UNAVAILABLE'), 'error', ['warn pass failed']],
    [new TypeError('boom'), 'error', ['warn pass failed']],
    ['text', 'error', ['warn pass failed']],
  ])('throws on %s, counted as %s', async (error, result, told) => {
    const { worker, passes, lines } = workerWith([raise(error)]);
    await expect(worker.handle('workload/shop/ranker')).rejects.toBe(error);
    expect(passes).toEqual([`workload ${result} 0.25`]);
    expect(lines).toEqual(told);
    expect(worker.oldest()).toBeNull();
  });

  it('tells of the same trouble once, and of its end', async () => {
    const { worker, lines } = workerWith([
      raise(new Error('a')),
      raise(new Error('a')),
      raise(new Error('b')),
    ]);
    for (let i = 0; i < 5; i++) await worker.handle('rollout/shop/ranker').catch(() => {});
    expect(lines).toEqual(['warn pass failed', 'warn pass failed', 'info pass succeeds again']);
  });

  it('knows the pass that has been under way for the longest', async () => {
    const { worker } = workerWith([]);
    const passes = [worker.handle('rollout/shop/a'), worker.handle('rollout/shop/b')];
    expect(worker.oldest()).toEqual({ key: 'rollout/shop/a', ms: 500 });
    await Promise.all(passes);
    expect(worker.oldest()).toBeNull();
  });
});

const object = (kind: string, name: string, rest: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { namespace: 'shop', name, ...rest },
  spec: {},
});

describe('resync', () => {
  const objects: Partial<Record<Kind, KubeObject[]>> = {
    Rollout: [
      object('Rollout', 'ranker'),
      object('Rollout', 'embedder', { ownerReferences: [{ kind: 'Deployment', name: 'embedder' }] }),
    ],
    Release: [
      { ...object('Release', 'gone-1'), spec: { rollout: 'gone' } },
      { ...object('Release', 'ranker-1'), spec: { rollout: 'ranker' } },
    ],
    Deployment: [
      object('Deployment', 'plain'),
      object('Deployment', 'new', { annotations: { [OPT_IN]: 'true' } }),
    ],
  };
  const store: Store = { get: () => null, list: (kind) => objects[kind] ?? [] };

  it('finds every key once: Rollouts, orphaned Releases, annotated Deployments', () => {
    expect([...everyKey({ store, namespaces: () => ['shop'] })].toSorted()).toEqual([
      'rollout/shop/embedder',
      'rollout/shop/gone',
      'rollout/shop/ranker',
      'workload/shop/embedder',
      'workload/shop/new',
    ]);
  });

  it('wakes all keys at each interval, give or take a tenth, until it is aborted', async () => {
    const stop = new AbortController();
    const waits: number[] = [];
    const woken: string[] = [];
    const randoms = [0, 0.5, 1];
    await resync(
      {
        store,
        namespaces: () => ['shop'],
        queue: { wake: (key) => woken.push(key) },
        everyMs: 1_000,
        random: () => randoms[waits.length] ?? 0,
        sleep: async (ms) => {
          waits.push(ms);
          if (waits.length === 3) stop.abort();
        },
        log: recorder().log,
      },
      stop.signal,
    );
    expect(waits).toEqual([900, 1_000, 1_100]);
    expect(woken).toHaveLength(10);
  });
});

describe('singletons', () => {
  it('run while this process leads, and begin again when it leads again', async () => {
    const { log, lines } = recorder();
    const seen: AbortSignal[] = [];
    const singletons = createSingletons(
      {
        steady: (signal) => Promise.resolve(void seen.push(signal)),
        broken: () => Promise.reject(new Error('boom')),
      },
      log,
    );
    singletons.lead(false);
    expect(seen).toHaveLength(0);
    singletons.lead(true);
    singletons.lead(false);
    singletons.lead(true);
    await Promise.resolve();
    expect(seen.map(({ aborted }) => aborted)).toEqual([true, false]);
    await Promise.resolve();
    expect(lines).toEqual(['error singleton failed', 'error singleton failed']);
  });
});

const release = (rollout: string): KubeObject => ({ ...object('Release', 'one'), spec: { rollout } });

describe('canary weights', () => {
  const attempt = (name: string, status: object): KubeObject => ({
    ...object('Release', name),
    spec: { rollout: name.slice(0, -2) },
    status,
  });
  const objects: Partial<Record<Kind, KubeObject[]>> = {
    Rollout: [object('Rollout', 'idle'), object('Rollout', 'ranker')],
    Release: [
      attempt('ranker-1', { phase: 'Promoted', weight: 100 }),
      attempt('ranker-2', { phase: 'Stepping', weight: 25 }),
      attempt('orphan-1', { phase: 'Aborting', weight: 0 }),
      attempt('newer-1', { phase: 'Unheard', weight: 7 }),
      object('Release', 'begun'),
    ],
  };

  it('are those of the releases under way, and 0 where there is none', () => {
    const store: Store = { get: () => null, list: (kind) => objects[kind] ?? [] };
    expect(canaryWeights(store, ['shop'])).toEqual([
      { namespace: 'shop', rollout: 'idle', weight: 0 },
      { namespace: 'shop', rollout: 'ranker', weight: 25 },
      { namespace: 'shop', rollout: 'orphan', weight: 0 },
    ]);
  });
});

describe('changes', () => {
  it('wake what an object concerns and what it concerned, each key once', () => {
    const woken: string[] = [];
    const store: Store = { get: () => null, list: () => [] };
    const namespaces = createKnownNamespaces();
    const enqueue = createEnqueuer(
      { store, routers: ROUTERS },
      { wake: (key) => woken.push(key) },
      namespaces,
    );
    enqueue({ kind: 'Release', object: release('b'), previous: release('a') });
    enqueue({ kind: 'Release', object: release('b'), previous: release('b') });
    enqueue({ kind: 'Deployment', object: object('Deployment', 'plain'), previous: null });
    expect(woken).toEqual(['rollout/shop/a', 'rollout/shop/b', 'rollout/shop/b']);
    expect([...namespaces.all()]).toEqual(['shop']);
  });
});
