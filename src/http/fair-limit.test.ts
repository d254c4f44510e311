import { array, assert, asyncProperty, constantFrom, integer, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFairLimit, type FairLimit, type Owner, type Shares } from './fair-limit.ts';

const turnOfEventLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Tasks that end on command, and those started and ended so far. */
class Works {
  readonly started: string[] = [];
  readonly running: { readonly owner: Owner; readonly cost: number; readonly end: () => void }[] = [];
  readonly done: Promise<unknown>[] = [];
  readonly #limit: FairLimit;

  constructor(shares: Shares) {
    this.#limit = createFairLimit(shares);
  }

  add(owner: Owner, signal?: AbortSignal, cost = 1): void {
    const run = (): Promise<void> => {
      this.started.push(`${owner.namespace}/${owner.name}`);
      return new Promise((resolve) => this.running.push({ owner, cost, end: resolve }));
    };
    this.done.push(this.#limit(owner, run, signal, cost));
  }

  /** What runs of some owners, in cost. */
  cost(is: (owner: Owner) => boolean): number {
    return this.running.reduce((sum, { owner, cost }) => sum + (is(owner) ? cost : 0), 0);
  }

  /** Ends a running task: the n-th, modulo their number. */
  async end(index: number): Promise<void> {
    const [ended] = this.running.splice(index % this.running.length, 1);
    ended?.end();
    await turnOfEventLoop();
  }
}

const owners = record<Owner>({ namespace: constantFrom('a', 'b', 'c'), name: constantFrom('x', 'y') });
const shares = record({
  most: integer({ min: 1, max: 8 }),
  perNamespace: integer({ min: 1, max: 8 }),
  perOwner: integer({ min: 1, max: 8 }),
});

describe('createFairLimit', () => {
  it('keeps to its bounds and loses nothing, whatever the work costs', async () => {
    const ends = array(integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 20 });
    const costly = record({ owner: owners, cost: integer({ min: 1, max: 8 }) });
    await assert(
      asyncProperty(shares, array(costly, { maxLength: 40 }), ends, async (bounds, work, order) => {
        const { most, perNamespace, perOwner } = bounds;
        const works = new Works(bounds);
        for (const { owner, cost } of work)
          works.add(owner, undefined, Math.min(cost, most, perNamespace, perOwner));
        await turnOfEventLoop();
        for (let round = 0; works.running.length > 0; round += 1) {
          expect(works.cost(() => true)).toBeLessThanOrEqual(most);
          for (const { owner } of work) {
            const { namespace, name } = owner;
            expect(works.cost((one) => one.namespace === namespace)).toBeLessThanOrEqual(perNamespace);
            expect(works.cost((one) => one.namespace === namespace && one.name === name)).toBeLessThanOrEqual(
              perOwner,
            );
          }
          await works.end(order[round % order.length] ?? 0);
        }
        expect(works.started).toHaveLength(work.length);
        await Promise.all(works.done);
      }),
      { numRuns: 100 },
    );
  });

  it('starts the work of a namespace that has room after one end for each other namespace, at most', async () => {
    const flood = array(owners, { minLength: 10, maxLength: 60 });
    await assert(
      asyncProperty(
        flood,
        integer({ min: 1, max: 4 }),
        integer({ min: 0, max: 50 }),
        async (work, most, at) => {
          const works = new Works({ most, perNamespace: 4, perOwner: 4 });
          for (const owner of work) works.add(owner);
          await turnOfEventLoop();
          works.add({ namespace: 'late', name: 'x' });
          const others = new Set(work.map(({ namespace }) => namespace)).size;
          for (let ended = 0; ended < others && works.running.length > 0; ended += 1) await works.end(at);
          expect(works.started).toContain('late/x');
        },
      ),
      { numRuns: 100 },
    );
  });

  it('lets work that never ends keep from nobody else what is beyond its share', async () => {
    const works = new Works({ most: 4, perNamespace: 2, perOwner: 2 });
    for (let index = 0; index < 20; index += 1) works.add({ namespace: 'slow', name: `${index}` });
    for (let index = 0; index < 10; index += 1) works.add({ namespace: 'quick', name: 'x' });
    for (let ended = 0; ended < 10; ended += 1) {
      await turnOfEventLoop();
      await works.end(works.running.findIndex(({ owner }) => owner.namespace === 'quick'));
    }
    expect(works.started.filter((one) => one === 'quick/x')).toHaveLength(10);
    expect(works.started.filter((one) => one.startsWith('slow/'))).toHaveLength(2);
  });

  it('is not taken in by namespaces that have one piece of work after the other', async () => {
    const works = new Works({ most: 1, perNamespace: 1, perOwner: 1 });
    for (const namespace of ['a', 'waits', 'waits', 'b']) works.add({ namespace, name: 'x' });
    for (let ended = 0; ended < 9; ended += 1) {
      await turnOfEventLoop();
      const { namespace = '' } = works.running[0]?.owner ?? {};
      await works.end(0);
      if (namespace !== 'waits') works.add({ namespace, name: 'x' });
    }
    expect(works.started.filter((one) => one === 'waits/x')).toHaveLength(2);
  });

  it('serves the owners of one namespace in turn', async () => {
    const works = new Works({ most: 1, perNamespace: 1, perOwner: 1 });
    for (const name of ['x', 'x', 'x', 'y', 'z']) works.add({ namespace: 'a', name });
    await turnOfEventLoop();
    while (works.running.length > 0) await works.end(0);
    expect(works.started).toEqual(['a/x', 'a/y', 'a/z', 'a/x', 'a/x']);
  });

  it('lets those leave whom nobody waits for, without a start', async () => {
    const works = new Works({ most: 1, perNamespace: 1, perOwner: 1 });
    const gone = new AbortController();
    works.add({ namespace: 'a', name: 'x' });
    works.add({ namespace: 'a', name: 'y' }, gone.signal);
    works.add({ namespace: 'a', name: 'z' });
    await turnOfEventLoop();
    gone.abort(new Error('nobody waits'));
    await expect(works.done[1]).rejects.toThrow('nobody waits');
    works.add({ namespace: 'a', name: 'y' }, gone.signal);
    await expect(works.done[3]).rejects.toThrow('nobody waits');
    while (works.running.length > 0) await works.end(0);
    expect(works.started).toEqual(['a/x', 'a/z']);
  });

  it('continues after work that failed', async () => {
    const limit = createFairLimit({ most: 1, perNamespace: 1, perOwner: 1 });
    const owner = { namespace: 'a', name: 'x' };
    await expect(limit(owner, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await limit(owner, () => Promise.resolve('yes'))).toBe('yes');
  });
});
