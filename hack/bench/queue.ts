import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { createRedisQueue } from '../../src/adapters/queue/redis.ts';
import { systemClock } from '../../src/clock.ts';
import type { Log } from '../../src/ports/telemetry.ts';
import { type RedisServer, redisServer } from '../../test/integration/redis-server.ts';
import { type Handle, type Measured, plainQueue } from './queue-plain.ts';

const [REPLICAS, CONCURRENCY, KEYS, WARM_UP, ROUNDS, WAITING] = [2, 16, 200, 5, 10, 5_000] as const;
/** After this a pass counts as never. */
const NEVER_MS = 20_000;
const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

type Kind = 'sluice' | 'bullmq';
type Open = (handle: Handle, concurrency?: number) => Promise<Measured>;

let names = 0;

/** Opens replicas of one queue of a kind. */
function opener(kind: Kind, url: string): Open {
  const name = `bench-${++names}`;
  if (kind === 'bullmq')
    return async (handle, concurrency = CONCURRENCY) => plainQueue(url, name, handle, concurrency);
  return async (handle, concurrency = CONCURRENCY) => {
    const { promise: connected, resolve } = Promise.withResolvers<void>();
    const queue = createRedisQueue({
      url,
      installation: name,
      clock: systemClock,
      random: Math.random,
      log: SILENT,
      telemetry: { fallback: () => {}, connected: (is) => is && resolve() },
    });
    queue.process((key) => handle(key).then(() => ({})), { concurrency });
    queue.start();
    await connected;
    return { wake: (key) => queue.wake(key), stop: async () => void (await queue.stop(500)) };
  };
}

const key = (index: number): string => `rollout/shop/${index}`;

async function info(url: string): Promise<ReadonlyMap<string, number>> {
  const redis = new Redis(url);
  const text = await redis.info();
  redis.disconnect();
  return new Map(text.split('\r\n').map((line) => [line.split(':')[0] ?? '', Number(line.split(':')[1])]));
}

const at = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))] ?? 0;

/** Notes the passes of replicas: how many, how soon after the wake, and in which of them. */
function createPasses() {
  const woken = new Map<string, number>();
  const owners = new Map<string, Set<number>>();
  let [total, latencies]: [number, number[]] = [0, []];
  return {
    handle: (replica: number) => async (name: string) => {
      total++;
      owners.set(name, (owners.get(name) ?? new Set()).add(replica));
      const since = woken.get(name);
      if (since !== undefined) latencies.push(performance.now() - since);
      woken.delete(name);
    },
    expect: (name: string) => woken.set(name, performance.now()),
    isWaiting: () => woken.size > 0,
    clear: () => {
      [total, latencies] = [0, []];
      owners.clear();
    },
    figures: () => ({
      passes: total,
      'latency, median (ms)': at(latencies, 0.5).toFixed(1),
      'latency, 99 % (ms)': at(latencies, 0.99).toFixed(1),
      'keys that ran in one replica only': `${[...owners.values()].filter(({ size }) => size === 1).length} of ${owners.size}`,
    }),
  };
}

/** Each key is woken by each replica, as every replica watches the same objects, round after round. */
async function sharedPasses(kind: Kind, { url }: RedisServer): Promise<object> {
  const open = opener(kind, url);
  const noted = createPasses();
  const queues = await Promise.all(Array.from({ length: REPLICAS }, (_, index) => open(noted.handle(index))));
  const play = async (rounds: number): Promise<void> => {
    for (let round = 0; round < rounds; round++) {
      for (let index = 0; index < KEYS; index++) {
        noted.expect(key(index));
        for (const queue of queues) queue.wake(key(index));
        if (index % 10 === 9) await delay(10);
      }
      while (noted.isWaiting()) await delay(5);
    }
  };
  // The replicas find each other, and the code is compiled.
  await delay(4_000);
  await play(WARM_UP);
  noted.clear();
  const before = await info(url);
  await play(ROUNDS);
  const after = await info(url);
  await Promise.all(queues.map((queue) => queue.stop()));
  const each = (name: string): number => ((after.get(name) ?? 0) - (before.get(name) ?? 0)) / (KEYS * ROUNDS);
  return {
    keys: KEYS * ROUNDS,
    ...noted.figures(),
    'commands for each key': each('total_commands_processed').toFixed(1),
    'bytes to Redis for each key': each('total_net_input_bytes').toFixed(0),
  };
}

/** What Redis holds of keys that wait behind a key that does not end. */
async function memoryOf(kind: Kind, { url }: RedisServer): Promise<object> {
  const { promise: never, resolve: end } = Promise.withResolvers<void>();
  const queue = await opener(kind, url)(() => never, 1);
  const before = await info(url);
  for (let index = 0; index < WAITING; index++) queue.wake(key(index));
  let memory = 0;
  for (let same = 0; same < 3; ) {
    await delay(500);
    const now = (await info(url)).get('used_memory') ?? 0;
    same = Math.abs(now - memory) < 10_000 ? same + 1 : 0;
    memory = now;
  }
  const after = await info(url);
  end();
  await queue.stop();
  return {
    [`MB for ${WAITING} waiting keys`]: ((memory - (before.get('used_memory') ?? 0)) / 1e6).toFixed(1),
    'connections of a replica': (after.get('connected_clients') ?? 0) - 1,
  };
}

/** Time to the pass of one key that is woken after `hinder`. */
async function passAfter(
  open: Open,
  hinder: () => Promise<unknown>,
  relieve: () => Promise<unknown>,
): Promise<string> {
  const { promise: ran, resolve } = Promise.withResolvers<void>();
  const queue = await open(async (name) => void (name === 'probe' && resolve()));
  await delay(2_000);
  await hinder();
  const since = performance.now();
  queue.wake('probe');
  const outcome = await Promise.race([ran.then(() => 'ran'), delay(NEVER_MS, 'never', { ref: false })]);
  const ms = Math.round(performance.now() - since);
  await relieve();
  await queue.stop();
  return outcome === 'ran' ? `${ms} ms` : `not within ${NEVER_MS / 1_000} s`;
}

/** A live replica has taken a key and does not end its pass; another replica is woken by a change. */
async function passOfHeld(kind: Kind, { url }: RedisServer): Promise<string> {
  const open = opener(kind, url);
  const { promise: taken, resolve: take } = Promise.withResolvers<void>();
  const { promise: never, resolve: end } = Promise.withResolvers<void>();
  const other = await open(async () => {
    take();
    await never;
  });
  other.wake('probe');
  await taken;
  const outcome = await passAfter(
    open,
    async () => {},
    async () => end(),
  );
  await other.stop();
  return outcome;
}

/** A key has failed six times and waits for its next try; then it is woken. */
async function passOfFailed(kind: Kind, { url }: RedisServer): Promise<string> {
  const { promise: ran, resolve } = Promise.withResolvers<void>();
  let tries = 0;
  const { promise: failed, resolve: fail } = Promise.withResolvers<void>();
  const queue = await opener(
    kind,
    url,
  )(async () => {
    if (++tries > 6) return resolve();
    if (tries === 6) fail();
    throw new Error('no');
  });
  queue.wake('probe');
  await failed;
  await delay(200);
  const since = performance.now();
  queue.wake('probe');
  await Promise.race([ran, delay(NEVER_MS, undefined, { ref: false })]);
  const ms = Math.round(performance.now() - since);
  await queue.stop();
  return `${ms} ms`;
}

/** Measures the queue in Redis beside what BullMQ makes of the same work by itself. Takes about two minutes. */
export async function benchQueue(): Promise<void> {
  for (const kind of ['sluice', 'bullmq'] as const) {
    const server = await redisServer();
    await server.start();
    try {
      const figures = { ...(await sharedPasses(kind, server)), ...(await memoryOf(kind, server)) };
      const frozen = await passAfter(
        opener(kind, server.url),
        async () => server.freeze(),
        async () => server.thaw(),
      );
      const gone = await passAfter(
        opener(kind, server.url),
        () => server.kill(),
        () => server.start(),
      );
      console.table({
        ...figures,
        'pass while Redis is frozen': frozen,
        'pass while Redis is gone': gone,
        'pass while another replica holds the key': await passOfHeld(kind, server),
        'pass of a key that waits for its next try': await passOfFailed(kind, server),
      });
    } finally {
      await server.close();
    }
  }
}
