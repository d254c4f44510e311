import { assert, double, nat, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SluiceError } from '../../errors.ts';
import { createBackoff } from './backoff.ts';

const lost = new SluiceError('KUBERNETES_UNAVAILABLE', 'lost', { retry: 'backoff' });

describe('back-off', () => {
  it('doubles from 200 ms to 15 s', () => {
    const backoff = createBackoff(() => 1);
    const delays = Array.from({ length: 9 }, () => backoff.failed('a', lost));
    expect(delays).toEqual([200, 400, 800, 1_600, 3_200, 6_400, 12_800, 15_000, 15_000]);
  });

  it('counts each key for itself, and from the beginning after a success', () => {
    const backoff = createBackoff(() => 1);
    backoff.failed('a', lost);
    expect(backoff.failed('b', lost)).toBe(200);
    backoff.succeeded('a');
    expect(backoff.failed('a', lost)).toBe(200);
  });

  it('treats an error of any kind as worth another try', () => {
    expect(createBackoff(() => 1).failed('a', 'not even an error')).toBe(200);
  });

  it('does not come back before a server says so, and never for what is terminal', () => {
    const backoff = createBackoff(() => 0);
    const busy = new SluiceError('KUBERNETES_UNAVAILABLE', 'busy', { retry: { afterMs: 3_000 } });
    expect(backoff.failed('a', busy)).toBe(3_100);
    expect(
      backoff.failed('a', new SluiceError('KUBERNETES_INVALID', 'no', { retry: 'terminal' })),
    ).toBeNull();
    expect(backoff.failed('a', lost)).toBe(100);
  });

  it('spreads keys that failed together over half of the delay', () => {
    assert(
      property(double({ min: 0, max: 1, noNaN: true }), nat(40), (random, failures) => {
        const backoff = createBackoff(() => random);
        let delay: number | null = 0;
        for (let i = 0; i <= failures; i++) delay = backoff.failed('a', lost);
        const full = Math.min(15_000, 200 * 2 ** failures);
        expect(delay).toBeGreaterThanOrEqual(full / 2);
        expect(delay).toBeLessThanOrEqual(full);
      }),
    );
  });
});
