import { FIELD_MANAGER } from '../../api/owned-fields.ts';
import type { Clock } from '../../clock.ts';
import type { Events, Reader, Writer } from '../../ports/cluster.ts';
import type { Log } from '../../ports/telemetry.ts';
import type { RouterSettings, WatchedKind } from '../../traffic/declaration.ts';
import { createKubeClient, type KubeClient } from './client.ts';
import type { Connection } from './connection.ts';
import { createElection, type Election } from './election.ts';
import { createEvents } from './events.ts';
import { RENEW_MS } from './lease.ts';
import { createReader } from './reader.ts';
import { createReflector, type Reflector, type ReflectorStatus } from './reflector.ts';
import { RESOURCES, type Resource, resourceOfWatch } from './resource.ts';
import type { ObserveRequest } from './sender.ts';
import { sleep } from './sleep.ts';
import { CORE_KINDS, createStore, type KubernetesStore } from './store.ts';
import { createWriter } from './writer.ts';

export interface KubernetesOptions {
  /** From `connect`. `stop` closes it. */
  readonly connection: Connection;
  /** Version of this program, for the User-Agent `sluice/VERSION`. */
  readonly version: string;
  /** Namespaces to watch; empty means all. */
  readonly namespaces: readonly string[];
  /** Kinds that routers read, and what tells where they are looked for beside those namespaces. */
  readonly watches: readonly WatchedKind[];
  readonly settings: RouterSettings;
  /** The Lease, and a unique name for this process. */
  readonly lease: { readonly namespace: string; readonly name: string; readonly identity: string };
  /** Whether to be a candidate for the lease. If not, this process never leads. Default true. */
  readonly elect?: boolean | undefined;
  /** Whether writes need the lease (`leader`), or only the guard by what was read (`none`). */
  readonly fence: 'leader' | 'none';
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  /** Called for every request to the API server. */
  readonly observe?: ObserveRequest | undefined;
  /** Called for every event that could not be recorded. */
  readonly eventDropped?: (() => void) | undefined;
  /** For one request. Default 10 s. */
  readonly requestTimeoutMs?: number | undefined;
  /** Requests at once. Default 32. */
  readonly concurrency?: number | undefined;
  /** Time after which a kind is listed again even without a known fault. Default 30 min. */
  readonly relistMs?: number | undefined;
}

/** Everything that the controller needs of Kubernetes. Nothing runs before `start`. */
export interface Kubernetes {
  readonly client: KubeClient;
  readonly store: KubernetesStore;
  readonly reader: Reader;
  readonly writer: Writer;
  readonly events: Events;
  readonly election: Election;
  /** Whether every kind has been listed, or is optional and missing. */
  isSynced(): boolean;
  /** State of each watch. */
  status(): readonly ReflectorStatus[];
  /** Runs watches and election until `stop`. Resolves when the store is complete, or when the signal is aborted. */
  start(signal: AbortSignal): Promise<void>;
  /** Ends the watches, sends pending events (for 2 s at most), releases the lease, closes the connection. */
  stop(): Promise<void>;
}

/** A kind to watch. An optional one need not be installed, or allowed: without it what needs it says so. */
interface Watch {
  readonly resource: Resource;
  readonly optional: boolean;
  readonly alsoIn?: string | undefined;
}

const isCore = (kind: string): boolean => (CORE_KINDS as readonly string[]).includes(kind);

function watchesOf({ watches, settings }: KubernetesOptions): Watch[] {
  return [
    ...CORE_KINDS.map((kind) => ({
      resource: RESOURCES[kind],
      optional: kind === 'ClusterAnalysisTemplate',
    })),
    ...watches
      .filter(({ kind }) => !isCore(kind))
      .map((watch) => ({
        resource: resourceOfWatch(watch),
        optional: watch.optional === true,
        alsoIn: watch.alsoIn?.(settings),
      })),
  ];
}

const [REQUEST_MS, CONCURRENCY, RELIST_MS] = [10_000, 32, 30 * 60_000];
const FLUSH_MS = 2_000;

/** The scopes in which to watch a kind: undefined is all namespaces, or a kind without namespaces. */
function scopesOf(
  { resource, alsoIn }: Watch,
  { namespaces }: Pick<KubernetesOptions, 'namespaces'>,
): (string | undefined)[] {
  if (namespaces.length === 0 || !resource.namespaced) return [undefined];
  return [...new Set(alsoIn === undefined ? namespaces : [...namespaces, alsoIn])];
}

function reflectorsOf(options: KubernetesOptions, client: KubeClient, store: KubernetesStore): Reflector[] {
  const { clock, random, log, relistMs = RELIST_MS } = options;
  return watchesOf(options).flatMap((watch) =>
    scopesOf(watch, options).map((namespace) =>
      createReflector({
        client,
        cache: store.cache(watch.resource.kind),
        resource: watch.resource,
        namespace,
        optional: watch.optional,
        relistMs,
        clock,
        random,
        sleep,
        log,
      }),
    ),
  );
}

/** Composes the adapter. */
export function createKubernetes(options: KubernetesOptions): Kubernetes {
  const { connection, clock, random, log, lease } = options;
  const common = { userAgent: `${FIELD_MANAGER}/${options.version}`, clock, observe: options.observe };
  const client = createKubeClient(connection, {
    ...common,
    timeoutMs: options.requestTimeoutMs ?? REQUEST_MS,
    concurrency: options.concurrency ?? CONCURRENCY,
  });
  // Separate, so that a renewal never waits behind other requests.
  const leaseClient = createKubeClient(connection, { ...common, timeoutMs: RENEW_MS / 2, concurrency: 2 });
  const eventClient = createKubeClient(connection, { ...common, timeoutMs: REQUEST_MS, concurrency: 1 });
  const election = createElection({ ...lease, client: leaseClient, clock, random, sleep, log });
  const store = createStore(log, options.watches);
  const fence = options.fence === 'leader' ? () => election.isLeader() : () => true;
  const reader = createReader({ client, store, watches: options.watches });
  const writer = createWriter({ client, store, watches: options.watches, fence });
  const events = createEvents({
    client: eventClient,
    clock,
    instance: lease.identity,
    log,
    onDrop: options.eventDropped,
  });
  const reflectors = reflectorsOf(options, client, store);
  const stopping = new AbortController();
  let running: Promise<unknown> = Promise.resolve();
  const status = (): ReflectorStatus[] => reflectors.map((reflector) => reflector.status());
  return {
    client,
    store,
    reader,
    writer,
    events,
    election,
    status,
    isSynced: () => status().every(({ synced, missing }) => synced || missing),
    start: async (signal) => {
      const parts = [...reflectors, ...(options.elect === false ? [] : [election])];
      running = Promise.all(parts.map((part) => part.run(stopping.signal)));
      const given = AbortSignal.any([signal, stopping.signal]);
      const synced = Promise.all(reflectors.map((reflector) => reflector.synced));
      await Promise.race([synced, aborted(given)]);
    },
    stop: async () => {
      const deadline = AbortSignal.timeout(FLUSH_MS);
      await Promise.race([events.idle(), aborted(deadline)]);
      stopping.abort();
      await running;
      await connection.close();
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
