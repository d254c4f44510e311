import { describe, expect, it } from 'vitest';
import type { MetricState } from '../../api/release/analysis-state.ts';
import { splitProblem } from './traffic-share.ts';

const state = (canary: number, stable: number): MetricState => ({
  name: 'errors',
  verdict: 'pass',
  message: '',
  windows: 3,
  misses: 0,
  canary: { events: canary, bad: 0 },
  stable: { events: stable, bad: 0 },
});

describe('shareProblem', () => {
  it.each([
    ['as told', 100, 900, 10],
    ['off by chance', 130, 870, 10],
    ['of few requests', 100, 20, 10],
    ['without stable', 1_000, 0, 10],
    ['of a canary with all traffic', 1_000, 500, 100],
    ['of a canary without traffic yet', 0, 100, 10],
  ])('finds nothing in a share %s', (_, canary, stable, weight) => {
    expect(splitProblem([state(canary, stable)], { weight })).toBeNull();
  });

  it.each([
    [250, 750, 10, 'the canary got 25 % of 1,000 requests and not 10 %'],
    [0, 5_000, 10, 'the canary got 0 % of 5,000 requests'],
    [1_000, 9_000, 25, 'the canary got 10 % of 10,000 requests and not 25 %'],
  ])('tells of %s requests of the canary beside %s at %s %%', (canary, stable, weight, message) => {
    expect(splitProblem([state(1, 1), state(canary, stable)], { weight })).toContain(message);
  });

  it.each([
    ['a match', { weight: 0, match: [{ headers: { tester: { exact: 'yes' } } }] }],
    ['a weight beside a match', { weight: 10, match: [{ headers: { tester: { exact: 'yes' } } }] }],
    ['a mirror of as much', { weight: 0, mirror: 20 }],
  ])('says nothing of %s', (_what, expected) => {
    expect(splitProblem([state(167, 833)], expected)).toBeNull();
    expect(splitProblem([state(1_670, 8_330)], expected)).toBeNull();
  });

  it('finds a proxy that mirrors all requests, whatever the percentage', () => {
    expect(splitProblem([state(1_000, 1_000)], { weight: 0, mirror: 20 })).toContain(
      'the canary got 50 % of 2,000 requests and not 17 %',
    );
  });

  it('needs a metric', () => {
    expect(splitProblem([], { weight: 10 })).toBeNull();
  });
});
