import { describe, expect, it } from 'vitest';
import type { Sample } from '../../analysis/evidence/sample.ts';
import { createRecent } from './recent.ts';

const VECTOR: Sample = { kind: 'vector', series: [{ labels: {}, value: 1 }] };

describe('createRecent', () => {
  it('reads again what was rejected', async () => {
    const recent = createRecent();
    await expect(recent.sample('up', 0, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await recent.sample('up', 0, () => Promise.resolve(VECTOR))).toBe(VECTOR);
  });

  it('reads what is under way and what has data once', async () => {
    const recent = createRecent();
    let reads = 0;
    const read = (): Promise<Sample> => {
      reads += 1;
      return Promise.resolve(VECTOR);
    };
    await Promise.all([recent.sample('up', 0, read), recent.sample('up', 0, read)]);
    await recent.sample('up', 0, read);
    expect(reads).toBe(1);
  });
});
