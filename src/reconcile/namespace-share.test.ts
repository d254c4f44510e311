import { describe, expect, it } from 'vitest';
import { inShares } from './namespace-share.ts';

describe('inShares', () => {
  it('puts off what is beyond the share of a namespace, and takes that of others', async () => {
    const started: string[] = [];
    const hung = Promise.withResolvers<object>();
    const handle = inShares(
      (key) => {
        started.push(key);
        return key.startsWith('notice/greedy/') ? hung.promise : Promise.resolve({});
      },
      2,
      { now: () => 5_000 },
    );
    const greedy = [handle('notice/greedy/a'), handle('notice/greedy/b')];
    expect(await handle('notice/greedy/c')).toEqual({ wakeAt: 6_000 });
    expect(await handle('notice/shop/a')).toEqual({});
    hung.resolve({});
    await Promise.all(greedy);
    expect(await handle('notice/greedy/c')).toEqual({});
    expect(started).toEqual(['notice/greedy/a', 'notice/greedy/b', 'notice/shop/a', 'notice/greedy/c']);
  });

  it('gives the share back after a fault', async () => {
    const handle = inShares(() => Promise.reject(new Error('no')), 1, { now: () => 0 });
    await expect(handle('notice/shop/a')).rejects.toThrow('no');
    await expect(handle('notice/shop/a')).rejects.toThrow('no');
  });
});
