import { describe, expect, it } from 'vitest';
import { failingShare, troubleOf } from './trouble.ts';

const NOW = 1_700_000_000;

const share = (
  env: Record<string, string>,
  at: { age?: number; now?: number } = {},
  version = 'v1',
  pod = 'a',
) =>
  failingShare(troubleOf(env, version, pod), 0.01, {
    ageSeconds: at.age ?? 1_000,
    epochSeconds: at.now ?? NOW,
  });

describe('failingShare', () => {
  it('is what the version steadily fails in where nothing else is asked for', () => {
    expect(share({})).toBe(0.01);
  });

  it('has an outage at its time in every version', () => {
    const env = { OUTAGE_SHARE: '0.3', OUTAGE_FROM: String(NOW), OUTAGE_SECONDS: '60' };
    expect([-1, 0, 59, 60].map((later) => share(env, { now: NOW + later }))).toEqual([
      0.01, 0.31, 0.31, 0.01,
    ]);
    expect(share(env, {}, 'v2', 'b')).toBe(0.31);
  });

  it('falls with the age of the pod', () => {
    const env = { COLD_SHARE: '0.2', COLD_SECONDS: '100' };
    expect([0, 50, 100, 500].map((age) => Number(share(env, { age }).toFixed(3)))).toEqual([
      0.21, 0.11, 0.01, 0.01,
    ]);
  });

  it('is high at the end of each period', () => {
    const env = { SPIKE_SHARE: '0.2', SPIKE_EVERY: '50', SPIKE_SECONDS: '10' };
    const seconds = Array.from({ length: 50 }, (_, later) => share(env, { now: NOW + later }));
    expect(seconds.filter((one) => one > 0.1)).toHaveLength(10);
  });

  it('differs from pod to pod for good', () => {
    const env = { UNEQUAL_CV: '0.5' };
    const pods = Array.from({ length: 400 }, (_, index) => share(env, {}, 'v1', `pod-${index}`));
    const mean = pods.reduce((a, b) => a + b, 0) / pods.length;
    const cv = Math.sqrt(pods.reduce((sum, one) => sum + (one - mean) ** 2, 0) / pods.length) / mean;
    expect(mean).toBeCloseTo(0.01, 3);
    expect(cv).toBeGreaterThan(0.35);
    expect(share(env, { now: NOW + 500 }, 'v1', 'pod-3')).toBe(pods[3]);
  });

  it('varies alike in all pods of a version, otherwise in another, and for as long as asked', () => {
    const env = { NOISE_CV: '0.5', NOISE_SECONDS: '120' };
    expect(share(env, {}, 'v1', 'a')).toBe(share(env, { age: 3 }, 'v1', 'b'));
    expect(share(env)).not.toBe(share(env, {}, 'v2'));
    const all = Array.from({ length: 20_000 }, (_, index) => share(env, { now: NOW + index * 10 }) / 0.01);
    const mean = all.reduce((a, b) => a + b, 0) / all.length;
    const moment = (lag: number): number =>
      all.slice(lag).reduce((sum, one, at) => sum + (one - mean) * ((all[at] ?? 0) - mean), 0) /
      (all.length - lag);
    expect(Math.abs(mean - 1)).toBeLessThan(0.1);
    expect(Math.abs(Math.sqrt(moment(0)) - 0.5)).toBeLessThan(0.12);
    expect(moment(12) / moment(0)).toBeGreaterThan(0.2);
    expect(moment(12) / moment(0)).toBeLessThan(0.55);
    expect(Math.abs(moment(120) / moment(0))).toBeLessThan(0.1);
  });

  it('refuses what is no number', () => {
    expect(() => troubleOf({ COLD_SHARE: 'much' }, 'v1', 'a')).toThrow(
      'COLD_SHARE="much" must be a number from 0',
    );
  });
});
