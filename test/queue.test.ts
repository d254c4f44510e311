import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../src/clock.ts';
import { createRedisQueue } from '../src/queue/redis.ts';
import type { KeyHandler, Log, ReconcileQueue } from '../src/reconcile/ports.ts';
import { queueConformance } from '../src/reconcile/queue.conformance.ts';
import { type RedisServer, redisServer } from './redis-server.ts';

const until = (what: () => void): Promise<void> => vi.waitFor(what, { timeout: 20_000, interval: 5 });

let server: RedisServer;
beforeAll(async () => {
  server = await redisServer();
  await server.start();
});
afterAll(() => server.close());

let installations = 0;

function open(installation: string, noticeMs?: number) {
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

  const replica = async (handler: KeyHandler, noticeMs?: number) => {
    const made = open(`outage-${installations}`, noticeMs);
    opened.push(made.queue);
    made.queue.process(handler, { concurrency: 4 });
    made.queue.start();
    await until(() => expect(made.connected.at(-1)).toBe(true));
    return made;
  };
  it('shares keys among replicas, one pass for each wake', async () => {
    const [first, second] = [counting(), counting()];
    const { queue } = await replica(first.handler, 60_000);
    await replica(second.handler, 60_000);
    const keys = Array.from({ length: 100 }, (_, i) => `rollout/shop/${i}`);
    for (const key of keys) queue.wake(key);
    await until(() => expect(keys.every((key) => first.of(key) + second.of(key) === 1)).toBe(true));
    expect(keys.some((key) => second.of(key) === 1)).toBe(true);
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
