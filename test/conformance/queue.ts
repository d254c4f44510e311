import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SluiceError } from '../../src/errors.ts';
import type { KeyHandler, ReconcileQueue } from '../../src/ports/queue.ts';

/** A queue under test; `close` frees its resources. */
export interface QueueUnderTest {
  readonly queue: ReconcileQueue;
  close(): Promise<void>;
}

/** A handler that records each pass and ends it on command. */
function stage(answer: (key: string, pass: number) => Awaited<ReturnType<KeyHandler>> = () => ({})) {
  const begun: { key: string; at: number }[] = [];
  const open = new Map<string, () => void>();
  const most = new Map<string, number>();
  let [hold, active, together] = [false, 0, 0];
  const running = new Map<string, number>();
  const handler: KeyHandler = async (key) => {
    begun.push({ key, at: Date.now() });
    const pass = begun.filter((one) => one.key === key).length;
    running.set(key, (running.get(key) ?? 0) + 1);
    most.set(key, Math.max(most.get(key) ?? 0, running.get(key) ?? 0));
    together = Math.max(together, ++active);
    try {
      if (hold) await new Promise<void>((resolve) => open.set(key, resolve));
      return answer(key, pass);
    } finally {
      active--;
      running.set(key, (running.get(key) ?? 1) - 1);
    }
  };
  return {
    handler,
    begun,
    passes: (key: string) => begun.filter((one) => one.key === key).length,
    mostAtOnce: (key: string) => most.get(key) ?? 0,
    together: () => together,
    active: () => active,
    hold: () => (hold = true),
    letGo: (key: string) => {
      hold = false;
      open.get(key)?.();
    },
  };
}

const until = (what: () => void): Promise<void> => vi.waitFor(what, { timeout: 10_000, interval: 5 });

/** The contract of every queue, with any transport. */
export function queueConformance(name: string, open: () => Promise<QueueUnderTest>): void {
  describe(`queue: ${name}`, () => {
    let under: QueueUnderTest;
    beforeEach(async () => {
      under = await open();
    });
    afterEach(() => under.close());

    const begin = (handler: KeyHandler, concurrency = 4): ReconcileQueue => {
      under.queue.process(handler, { concurrency });
      under.queue.start();
      return under.queue;
    };

    it('runs each key that was woken, before the start or after it', async () => {
      const { handler, passes } = stage();
      under.queue.wake('rollout/shop/early');
      const queue = begin(handler);
      queue.wake('rollout/shop/late');
      await until(() => expect([passes('rollout/shop/early'), passes('rollout/shop/late')]).toEqual([1, 1]));
    });

    it('runs a key once that was woken many times', async () => {
      const { handler, passes } = stage();
      for (let i = 0; i < 50; i++) under.queue.wake('a');
      const queue = begin(handler);
      await until(() => expect(passes('a')).toBe(1));
      queue.wake('last');
      await until(() => expect(passes('last')).toBe(1));
      expect(passes('a')).toBe(1);
    });

    it('runs a key again that was woken while its pass was under way, once', async () => {
      const acts = stage();
      const queue = begin(acts.handler);
      acts.hold();
      queue.wake('a');
      await until(() => expect(acts.passes('a')).toBe(1));
      for (let i = 0; i < 20; i++) queue.wake('a');
      queue.wake('b');
      await until(() => expect(acts.passes('b')).toBe(1));
      expect(acts.passes('a')).toBe(1);
      acts.letGo('a');
      await until(() => expect(acts.passes('a')).toBe(2));
      acts.letGo('b');
      expect(acts.mostAtOnce('a')).toBe(1);
    });

    it('runs different keys at once, as many as allowed', async () => {
      const acts = stage();
      acts.hold();
      const queue = begin(acts.handler, 2);
      for (const key of ['a', 'b', 'c']) queue.wake(key);
      await until(() => expect(acts.active()).toBe(2));
      acts.letGo(acts.begun[0]?.key ?? '');
      await until(() => expect(acts.begun.map(({ key }) => key).toSorted()).toEqual(['a', 'b', 'c']));
      acts.letGo(acts.begun[1]?.key ?? '');
      expect(acts.together()).toBe(2);
    });

    it('runs a key at its time and not before', async () => {
      const { handler, begun } = stage();
      const queue = begin(handler);
      const at = Date.now() + 300;
      queue.wakeAt('a', at);
      await until(() => expect(begun).toHaveLength(1));
      // Timers of the platform may ring in the millisecond before.
      expect(begun[0]?.at).toBeGreaterThanOrEqual(at - 1);
    });

    it('runs a key that has a time as soon as it is woken, and then not at that time', async () => {
      const { handler, passes } = stage();
      const queue = begin(handler);
      queue.wakeAt('a', Date.now() + 500);
      queue.wake('a');
      await until(() => expect(passes('a')).toBe(1));
      queue.wakeAt('b', Date.now() + 700);
      await until(() => expect(passes('b')).toBe(1));
      expect(passes('a')).toBe(1);
    });

    it('comes back when the pass says so', async () => {
      const { handler, passes } = stage((_key, pass) => (pass < 4 ? { wakeAt: Date.now() + 20 } : {}));
      const queue = begin(handler);
      queue.wake('a');
      await until(() => expect(passes('a')).toBe(4));
    });

    it('tries again what failed, until it no longer does', async () => {
      const { handler, passes } = stage((_key, pass) => {
        if (pass === 1) throw new Error('boom');
        if (pass === 2) throw new SluiceError('KUBERNETES_UNAVAILABLE', 'busy', { retry: { afterMs: 20 } });
        return {};
      });
      const queue = begin(handler);
      queue.wake('a');
      await until(() => expect(passes('a')).toBe(3));
      queue.wake('b');
      await until(() => expect(passes('b')).toBeGreaterThan(0));
    });

    it('does not try again by itself what makes no sense to try, but runs it when woken', async () => {
      const { handler, passes } = stage((key) => {
        if (key === 'a') throw new SluiceError('KUBERNETES_INVALID', 'no', { retry: 'terminal' });
        return {};
      });
      const queue = begin(handler);
      queue.wake('a');
      await until(() => expect(passes('a')).toBe(1));
      queue.wakeAt('b', Date.now() + 600);
      await until(() => expect(passes('b')).toBe(1));
      expect(passes('a')).toBe(1);
      queue.wake('a');
      await until(() => expect(passes('a')).toBe(2));
    });

    it('stops when the passes under way have ended, and takes nothing any more', async () => {
      const acts = stage();
      const queue = begin(acts.handler);
      acts.hold();
      queue.wake('a');
      await until(() => expect(acts.active()).toBe(1));
      const stopped = queue.stop(10_000);
      acts.letGo('a');
      expect(await stopped).toBe(true);
      expect(acts.active()).toBe(0);
      queue.wake('b');
      expect(acts.passes('b')).toBe(0);
    });

    it('does not wait longer than the grace for a pass that does not end', async () => {
      const acts = stage();
      const queue = begin(acts.handler);
      acts.hold();
      queue.wake('a');
      await until(() => expect(acts.active()).toBe(1));
      expect(await queue.stop(50)).toBe(false);
      acts.letGo('a');
    });
  });
}
