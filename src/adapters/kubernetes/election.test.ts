import { setImmediate as turn } from 'node:timers/promises';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../api/meta.ts';
import { SluiceError } from '../../errors.ts';
import { createElection, type Election, type ElectionDeps } from './election.ts';

const LATENCY_MS = 20;
const TIMEOUT_MS = 5_000;

/** Virtual time: it passes only while something waits. */
class World {
  now = 0;
  #timers: { readonly at: number; readonly ring: () => void }[] = [];

  wait(ms: number): Promise<void> {
    return new Promise((ring) => this.#timers.push({ at: this.now + ms, ring }));
  }

  /** Advances time; `look` is called at every moment at which something happens. */
  async run(ms: number, look: () => void = () => {}): Promise<void> {
    const end = this.now + ms;
    for (;;) {
      await turn();
      look();
      const next = this.#timers.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      this.#timers.splice(this.#timers.indexOf(next), 1);
      this.now = next.at;
      next.ring();
    }
    this.now = end;
    await turn();
    look();
  }
}

type Network = 'fine' | 'down' | 'answersLost';

/** The API server's one Lease. */
class LeaseServer {
  lease: KubeObject | null = null;
  #version = 0;

  write(given: KubeObject): KubeObject {
    const isFirst = given.metadata.resourceVersion === undefined;
    const isNewest = given.metadata.resourceVersion === this.lease?.metadata.resourceVersion;
    if (isFirst ? this.lease !== null : !isNewest)
      throw new SluiceError('KUBERNETES_CONFLICT', 'lost the race', { retry: 'backoff' });
    const resourceVersion = `${(this.#version += 1)}`;
    this.lease = { ...given, metadata: { ...given.metadata, resourceVersion } };
    return this.lease;
  }

  holder(): unknown {
    return (this.lease?.['spec'] as { holderIdentity?: string } | undefined)?.holderIdentity;
  }
}

/** A candidate; it can be frozen as by SIGSTOP, and has its own clocks. */
class Candidate {
  network: Network = 'fine';
  readonly told: boolean[] = [];
  readonly warned: string[] = [];
  readonly election: Election;
  readonly #world: World;
  readonly #server: LeaseServer;
  readonly #stop = new AbortController();
  #running: Promise<void> | null = null;
  #resumed: Promise<void> = Promise.resolve();
  #resume: (() => void) | null = null;

  constructor(world: World, server: LeaseServer, identity: string, clock: { rate: number; skewMs: number }) {
    this.#world = world;
    this.#server = server;
    const local = (): number => world.now * clock.rate;
    this.election = createElection({
      client: this.#client(),
      namespace: 'sluice-system',
      name: 'sluice',
      identity,
      clock: { now: () => 1_700_000_000_000 + local() + clock.skewMs, monotonic: local },
      random: () => 0.5,
      sleep: (ms, signal) => this.#sleep(ms / clock.rate, signal),
      log: { info: () => {}, warn: (_about, text) => void this.warned.push(text) },
    });
    this.election.subscribe((leading) => this.told.push(leading));
  }

  start(): void {
    this.#running = this.election.run(this.#stop.signal);
  }

  /** Stops it, and advances time until it has stopped. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#world.run(10 * LATENCY_MS);
    await this.#running;
  }

  pause(): void {
    if (this.#resume !== null) return;
    this.#resumed = new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  resume(): void {
    this.#resume?.();
    this.#resume = null;
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    await Promise.race([this.#world.wait(ms), aborted]);
    await this.#resumed;
  }

  #client(): ElectionDeps['client'] {
    const call = async <T>(run: () => T): Promise<T> => {
      const network = this.network;
      if (network === 'down') {
        await this.#world.wait(TIMEOUT_MS);
        await this.#resumed;
        throw new SluiceError('KUBERNETES_TIMEOUT', 'no answer', { retry: 'backoff' });
      }
      await this.#world.wait(LATENCY_MS);
      const [result] = await Promise.allSettled([Promise.resolve().then(run)]);
      await this.#world.wait(network === 'answersLost' ? TIMEOUT_MS : LATENCY_MS);
      await this.#resumed;
      if (network === 'answersLost')
        throw new SluiceError('KUBERNETES_TIMEOUT', 'no answer', { retry: 'backoff' });
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    };
    return {
      get: () => call(() => this.#server.lease),
      create: (_resource, object) => call(() => this.#server.write(object)),
      replace: (_resource, object) => call(() => this.#server.write(object)),
    };
  }
}

const EVEN = { rate: 1, skewMs: 0 };

function setUp(one = EVEN, other = EVEN) {
  const world = new World();
  const server = new LeaseServer();
  const candidates = [
    new Candidate(world, server, 'one', one),
    new Candidate(world, server, 'other', other),
  ] as const;
  const most = { leaders: 0 };
  const run = (ms: number): Promise<void> =>
    world.run(ms, () => {
      const leaders = candidates.filter(({ election }) => election.isLeader()).length;
      most.leaders = Math.max(most.leaders, leaders);
    });
  const leading = (): boolean[] => candidates.map(({ election }) => election.isLeader());
  return { world, server, candidates, run, leading, most };
}

describe('an election', () => {
  test('is won by the first, who keeps it', async () => {
    const { candidates, run, leading, most, server } = setUp();
    for (const candidate of candidates) candidate.start();
    await run(120_000);
    expect(leading()).toEqual([true, false]);
    expect(candidates[0].told).toEqual([true]);
    expect(candidates[1].told).toEqual([]);
    expect(most.leaders).toBe(1);
    expect(server.lease?.['spec']).toMatchObject({ holderIdentity: 'one', leaseTransitions: 1 });
  });

  test('goes to the other within a retry when the leader leaves', async () => {
    const { candidates, run, leading, server } = setUp();
    for (const candidate of candidates) candidate.start();
    await run(10_000);
    await candidates[0].stop();
    expect(candidates[0].warned).toEqual([]);
    expect(server.holder()).toBe('');
    await run(2_500);
    expect(leading()).toEqual([false, true]);
    expect(candidates[0].told).toEqual([true, false]);
  });

  test('goes to the other when the leader was paused, who knows at once when it wakes', async () => {
    const { candidates, run, leading, most } = setUp();
    for (const candidate of candidates) candidate.start();
    await run(10_000);
    candidates[0].pause();
    await run(9_000);
    expect(leading()[1]).toBe(false);
    await run(11_000);
    expect(leading()).toEqual([false, true]);
    candidates[0].resume();
    expect(candidates[0].election.isLeader()).toBe(false);
    await run(10_000);
    expect(leading()).toEqual([false, true]);
    expect(candidates[0].told).toEqual([true, false]);
    expect(most.leaders).toBe(1);
  });

  test('is lost by a leader that cannot reach the API server for 10 s, before another can win it', async () => {
    const { candidates, run, leading, most } = setUp();
    for (const candidate of candidates) candidate.start();
    await run(10_000);
    candidates[0].network = 'down';
    await run(10_100);
    expect(leading()).toEqual([false, false]);
    expect(candidates[0].told).toEqual([true, false]);
    expect(candidates[0].warned).toContain('not leading any more');
    await run(10_000);
    expect(leading()).toEqual([false, true]);
    expect(most.leaders).toBe(1);
  });

  test('survives a short outage without a change of the leader', async () => {
    const { candidates, run, leading } = setUp();
    for (const candidate of candidates) candidate.start();
    await run(10_000);
    for (const candidate of candidates) candidate.network = 'down';
    await run(3_000);
    for (const candidate of candidates) candidate.network = 'fine';
    await run(10_000);
    expect(leading()).toEqual([true, false]);
    expect(candidates[0].told).toEqual([true]);
  });

  test('does not count a renewal whose answer is lost', async () => {
    const { candidates, run, leading, server } = setUp();
    candidates[0].start();
    await run(10_000);
    candidates[0].network = 'answersLost';
    await run(15_000);
    expect(leading()[0]).toBe(false);
    candidates[0].network = 'fine';
    await run(10_000);
    expect(leading()[0]).toBe(true);
    expect(server.lease?.['spec']).toMatchObject({ leaseTransitions: 1 });
  });

  test.each([
    ['an hour ahead', { rate: 1, skewMs: 3_600_000 }],
    ['an hour behind', { rate: 1, skewMs: -3_600_000 }],
    ['a fifth too fast', { rate: 1.2, skewMs: 0 }],
    ['a fifth too slow', { rate: 0.8, skewMs: 0 }],
  ])('is not disturbed by a clock that is %s', async (_title, clock) => {
    const { candidates, run, leading, most } = setUp(EVEN, clock);
    for (const candidate of candidates) candidate.start();
    await run(120_000);
    expect(leading()).toEqual([true, false]);
    expect(most.leaders).toBe(1);
  });

  const trouble = fc.record({
    who: fc.constantFrom(0, 1),
    what: fc.constantFrom('pause', 'resume', 'fine', 'down', 'answersLost'),
    forMs: fc.integer({ min: 0, max: 20_000 }),
  });
  const clocks = fc.record({
    rate: fc.constantFrom(0.85, 1, 1.15),
    skewMs: fc.integer({ min: -9_000_000, max: 9_000_000 }),
  });

  test('never has two leaders at once, and one soon after all is well', async () => {
    const property = fc.asyncProperty(
      fc.array(trouble, { maxLength: 12 }),
      clocks,
      clocks,
      async (troubles, one, other) => {
        const { candidates, run, leading, most } = setUp(one, other);
        for (const candidate of candidates) candidate.start();
        for (const { who, what, forMs } of troubles) {
          const candidate = candidates[who === 0 ? 0 : 1];
          if (what === 'pause') candidate.pause();
          else if (what === 'resume') candidate.resume();
          else candidate.network = what;
          await run(forMs);
        }
        for (const candidate of candidates) {
          candidate.resume();
          candidate.network = 'fine';
        }
        await run(40_000);
        expect(most.leaders).toBeLessThanOrEqual(1);
        expect(leading().filter(Boolean)).toHaveLength(1);
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });
});
