import { describe, expect, it } from 'vitest';
import { behaviourOf } from './behaviour.ts';

const seed = (env: Record<string, string>): number =>
  behaviourOf({ SEED: '4', POD_NAME: 'a', VERSION: 'v1', ...env }).seed;

describe('behaviourOf', () => {
  it('has a healthy model as default', () => {
    const { version, port, healthy, failing, crashAfterSeconds, loadSeconds } = behaviourOf({});
    expect({ version, port, healthy, failing, crashAfterSeconds, loadSeconds }).toEqual({
      version: 'v1',
      port: 8080,
      healthy: { latency: { medianMs: 20, sigma: 0.4 }, errorShare: 0 },
      failing: null,
      crashAfterSeconds: null,
      loadSeconds: 0,
    });
  });

  it.each([
    ['no description', {}, { medianMs: 20, errorShare: 1 }],
    ['slowness only', { FAIL_LATENCY_MS: '90' }, { medianMs: 90, errorShare: 0 }],
    ['errors only', { FAIL_ERROR_SHARE: '0.2' }, { medianMs: 20, errorShare: 0.2 }],
  ])('turns bad later, with %s', (_name, env, expected) => {
    const failing = behaviourOf({ FAIL_AFTER_SECONDS: '30', ...env }).failing;
    expect(failing?.afterSeconds).toBe(30);
    expect({
      medianMs: failing?.manner.latency.medianMs,
      errorShare: failing?.manner.errorShare,
    }).toEqual(expected);
  });

  it.each([
    [{ ERROR_SHARE: '5' }, 'ERROR_SHARE="5" must be a number from 0 to 1'],
    [{ LATENCY_MS: 'fast' }, 'LATENCY_MS="fast" must be a number from 0 to 60000'],
    [{ BUCKETS: '0.1,0.1' }, 'BUCKETS="0.1,0.1" must be ascending seconds'],
    [{ BUCKETS: '0.1,x' }, 'BUCKETS="0.1,x" must be ascending seconds'],
    [{ CLASSES: 'cat' }, 'CLASSES="cat" must be names with shares'],
  ])('refuses %o', (env, message) => {
    expect(() => behaviourOf(env)).toThrow(message);
  });

  it('gives pods and versions seeds of their own, always the same ones', () => {
    expect(seed({})).toBe(seed({}));
    expect(
      new Set([seed({}), seed({ POD_NAME: 'b' }), seed({ VERSION: 'v2' }), seed({ SEED: '5' })]).size,
    ).toBe(4);
  });
});
