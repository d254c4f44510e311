import { describe, expect, it } from 'vitest';
import { briefly } from './briefly.ts';

describe('a value that is kept briefly', () => {
  it('is read once in ten seconds, however many ask', async () => {
    let [reads, now] = [0, 0];
    const read = briefly(async () => `value ${(reads += 1)}`, { now: () => now });
    expect(await Promise.all([read(), read()])).toEqual(['value 1', 'value 1']);
    now = 9_999;
    expect(await read()).toBe('value 1');
    now = 10_000;
    expect(await read()).toBe('value 2');
  });

  it('is asked for again where it could not be read', async () => {
    let reads = 0;
    const read = briefly(
      async () => {
        reads += 1;
        if (reads === 1) throw new Error('no Secret');
        return 'there';
      },
      { now: () => 0 },
    );
    await expect(read()).rejects.toThrow('no Secret');
    expect(await read()).toBe('there');
  });
});
