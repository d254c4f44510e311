import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRedisQueue } from '../../../src/adapters/queue/redis.ts';
import { systemClock } from '../../../src/clock.ts';
import type { KeyHandler, ReconcileQueue } from '../../../src/ports/queue.ts';
import type { Log } from '../../../src/ports/telemetry.ts';
import { queueConformance } from '../../conformance/queue.ts';
import { type RedisServer, redisServer } from '../redis-server.ts';

const until = (what: () => void): Promise<void> => vi.waitFor(what, { timeout: 20_000, interval: 5 });

let server: RedisServer;
beforeAll(async () => {
  server = await redisServer();
  await server.start();
});
afterAll(() => server.close());

let installations = 0;

function open(installation: string, noticeMs?: number, everyKey: () => Iterable<string> = () => []) {
  const lines: string[] = [];
  const note = (_fields: object, message: string): void => void lines.push(message);
  const log: Log = { debug: () => {}, info: note, warn: note, error: note };
  const fallbacks: string[] = [];
  const connected: boolean[] = [];
  const queue = createRedisQueue({
    url: server.url,
    installation,
    clock: systemClock,
    random: Math.random,
    log,
    telemetry: { fallback: (cause) => fallbacks.push(cause), connected: (is) => connected.push(is) },
    everyKey,
    ...(noticeMs === undefined ? {} : { noticeMs }),
  });
  return { queue, lines, fallbacks, connected };
}

/** A handler that counts the passes of each key. */
function counting() {
  const passes = new Map<string, number>();
  const handler: KeyHandler = (key) => {
    passes.set(key, (passes.get(key) ?? 0) + 1);
    return Promise.resolve({});
  };
  return { handler, of: (key: string) => passes.get(key) ?? 0 };
}

type Counting = ReturnType<typeof counting>;

function wakeAll(queues: readonly ReconcileQueue[], keys: readonly string[]): void {
  for (const queue of queues) for (const key of keys) queue.wake(key);
}

/** Passes of a key in each replica, the fewest first. */
function passesOf(acts: readonly Counting[], key: string): number[] {
  return acts.map(({ of }) => of(key)).toSorted((a, b) => a - b);
}

const totalOf = (acts: readonly Counting[], key: string): number =>
  passesOf(acts, key).reduce((sum, passes) => sum + passes, 0);

const untilPassed = (acts: readonly Counting[], keys: readonly string[], total: number): Promise<void> =>
  until(() => expect(keys.every((key) => totalOf(acts, key) >= total)).toBe(true));

queueConformance('redis', async () => {
  const { queue, connected } = open(`conformance-${++installations}`);
  await vi.waitUntil(() => connected.at(-1) === true, { timeout: 20_000 });
  return { queue, close: async () => void (await queue.stop(2_000)) };
});

describe('a Redis that comes and goes', () => {
  const opened: ReconcileQueue[] = [];
  beforeEach(() => void installations++);
  afterEach(async () => {
    server.thaw();
    await Promise.all(opened.splice(0).map((queue) => queue.stop(1_000)));
  });

  const replica = async (handler: KeyHandler, noticeMs?: number, everyKey?: () => Iterable<string>) => {
    const made = open(`outage-${installations}`, noticeMs, everyKey);
    opened.push(made.queue);
    made.queue.process(handler, { concurrency: 4 });
    made.queue.start();
    await until(() => expect(made.connected.at(-1)).toBe(true));
    return made;
  };

  const KEYS = Array.from({ length: 60 }, (_, i) => `rollout/shop/${i}`);

  /** Several replicas that know of each other: each new key runs in only one of them, whichever is woken. */
  const settled = async (count: number, noticeMs: number, everyKey?: () => Iterable<string>) => {
    const acts = Array.from({ length: count }, counting);
    const made: Awaited<ReturnType<typeof replica>>[] = [];
    for (const { handler } of acts) made.push(await replica(handler, noticeMs, everyKey));
    const queues = made.map(({ queue }) => queue);
    let round = 0;
    const oneRound = async (): Promise<void> => {
      const keys = KEYS.map((key) => `${key}/${round}`);
      round++;
      for (const total of [1, 2]) {
        wakeAll(queues, keys);
        await untilPassed(acts, keys, total);
      }
      for (const key of keys) expect(passesOf(acts, key).filter((passes) => passes > 0)).toHaveLength(1);
      for (const { of } of acts) expect(keys.some((key) => of(key) > 0)).toBe(true);
    };
    await vi.waitFor(oneRound, { timeout: 20_000, interval: 5 });
    return { acts, made, queues };
  };

  it('shares keys among replicas, one pass for each wake', async () => {
    const { acts, queues } = await settled(2, 60_000);
    wakeAll(queues.slice(0, 1), KEYS);
    await untilPassed(acts, KEYS, 1);
    for (const key of KEYS) expect(passesOf(acts, key)).toEqual([0, 1]);
    for (const { of } of acts) expect(KEYS.some((key) => of(key) === 1)).toBe(true);
  });

  it('keeps a key with one replica, whichever of them is woken', async () => {
    const { acts, queues } = await settled(3, 60_000);
    for (const [at, queue] of queues.entries()) {
      wakeAll([queue], KEYS);
      await untilPassed(acts, KEYS, at + 1);
    }
    for (const key of KEYS) expect(passesOf(acts, key)).toEqual([0, 0, 3]);
  });

  it('does not run here what another replica has run', async () => {
    const { acts, made, queues } = await settled(2, 1_500);
    await until(() => expect(queues.map((queue) => queue.depth().timed)).toEqual([0, 0]));
    const before = made.map(({ fallbacks }) => fallbacks.length);
    wakeAll(queues, KEYS);
    await until(() => expect(queues.map((queue) => queue.depth().timed)).toEqual([0, 0]));
    expect(made.map(({ fallbacks }) => fallbacks.length)).toEqual(before);
    for (const key of KEYS) expect(passesOf(acts, key)).toContain(0);
  });

  it('wakes all keys of a replica that is gone, and runs what was due there', async () => {
    const { acts, queues } = await settled(2, 60_000, () => KEYS);
    await queues[1]?.stop(1_000);
    const left = acts[0];
    // It has no reason to run keys of its own shards.
    await until(() => expect(KEYS.some((key) => left?.of(key) === 1)).toBe(true));
    const later = Date.now() + 300;
    for (const key of KEYS) queues[0]?.wakeAt(key, later);
    await until(() => expect(KEYS.every((key) => (left?.of(key) ?? 0) > 0)).toBe(true));
  });

  it('runs keys from the process while Redis is gone, says so once, and goes back to it', async () => {
    const { handler, of } = counting();
    const { queue, lines, fallbacks, connected } = await replica(handler);
    await server.kill();
    for (let i = 0; i < 20; i++) queue.wake(`gone-${i}`);
    await until(() =>
      expect(Array.from({ length: 20 }, (_, i) => of(`gone-${i}`))).toEqual(Array(20).fill(1)),
    );
    expect(fallbacks.every((cause) => cause === 'lost')).toBe(true);
    await server.start();
    await until(() => expect(connected.at(-1)).toBe(true));
    const before = fallbacks.length;
    queue.wake('back');
    await until(() => expect(of('back')).toBe(1));
    expect(fallbacks).toHaveLength(before);
    expect(lines).toEqual([
      'redis is connected',
      'redis is lost; keys run from the queue in this process until it is back',
      'redis is back',
    ]);
  });

  it('loses no key that Redis had taken when it went', async () => {
    const { handler, of } = counting();
    const made = await replica(handler);
    const later = Date.now() + 400;
    made.queue.wakeAt('timed', later);
    for (let i = 0; i < 50; i++) made.queue.wake(`taken-${i}`);
    await server.kill();
    await until(() => {
      expect(Array.from({ length: 50 }, (_, i) => of(`taken-${i}`)).every((passes) => passes > 0)).toBe(true);
      expect(of('timed')).toBeGreaterThan(0);
    });
    await server.start();
    await until(() => expect(made.connected.at(-1)).toBe(true));
  });

  it('waits no longer than its timeout for a Redis that does not answer', async () => {
    const { handler, of } = counting();
    const { queue, connected } = await replica(handler, 60_000);
    server.freeze();
    queue.wake('frozen');
    await until(() => expect(of('frozen')).toBe(1));
    expect(connected.at(-1)).toBe(false);
    server.thaw();
    await until(() => expect(connected.at(-1)).toBe(true));
    queue.wake('thawed');
    await until(() => expect(of('thawed')).toBe(1));
  });

  it('runs a timed key whose entry in Redis has been flushed', async () => {
    const { handler, of } = counting();
    const { queue, fallbacks } = await replica(handler, 200);
    queue.wakeAt('flushed', Date.now() + 500);
    await server.flush();
    await until(() => expect(of('flushed')).toBe(1));
    expect(fallbacks).toContain('notSeen');
  });

  it('runs a key here that another replica has taken and does not finish', async () => {
    const { promise: never, resolve } = Promise.withResolvers<void>();
    const stuck: string[] = [];
    const hanging: KeyHandler = async (key) => {
      stuck.push(key);
      await never;
      return {};
    };
    const other = await replica(hanging, 60_000);
    other.queue.wake('a');
    await until(() => expect(stuck).toEqual(['a']));
    const { handler, of } = counting();
    const { queue } = await replica(handler, 200);
    queue.wake('a');
    await until(() => expect(of('a')).toBe(1));
    resolve();
  });

  it('starts without Redis', async () => {
    await server.kill();
    const { handler, of } = counting();
    const made = open(`outage-${installations}`);
    opened.push(made.queue);
    made.queue.process(handler, { concurrency: 4 });
    made.queue.start();
    made.queue.wake('a');
    await until(() => expect(of('a')).toBe(1));
    await server.start();
    await until(() => expect(made.connected.at(-1)).toBe(true));
    made.queue.wake('b');
    await until(() => expect(of('b')).toBeGreaterThan(0));
  });
});
