import { describe, expect, it } from 'vitest';
import { createRedisHealth } from './redis-health.ts';

function health() {
  const told: string[] = [];
  const note = (_fields: object, message: string): void => void told.push(message);
  const log = { debug: note, info: note, warn: note, error: note };
  const telemetry = { fallback: () => {}, connected: (is: boolean) => void told.push(`connected ${is}`) };
  return { told, made: createRedisHealth(log, telemetry, (up) => void told.push(up ? 'up' : 'down')) };
}

describe('health', () => {
  it('begins as down, and says nothing before it is known', () => {
    const { told, made } = health();
    expect(made.up).toBe(false);
    expect(told).toEqual(['connected false']);
  });

  it('says each change once', () => {
    const { told, made } = health();
    made.ended();
    made.ended();
    made.began('closed');
    made.began('still closed');
    made.ended();
    expect(made.up).toBe(true);
    expect(told).toEqual([
      'connected false',
      'redis is connected',
      'connected true',
      'up',
      'redis is lost; keys run from the queue in this process until it is back',
      'connected false',
      'down',
      'redis is back',
      'connected true',
      'up',
    ]);
  });

  it('says so when Redis is not there from the start', () => {
    const { told, made } = health();
    made.began('refused');
    made.began('refused');
    expect(told.filter((line) => line.startsWith('redis'))).toHaveLength(1);
  });
});
