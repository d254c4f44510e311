import { describe, expect, it } from 'vitest';
import type { Sample } from '../../analysis/evidence/sample.ts';
import { createHistory } from './history.ts';

const sample = (value: number): Sample => ({ kind: 'vector', series: [{ labels: {}, value }] });

describe('createHistory', () => {
  it('gives the newest sample before a time, unless it is too old', () => {
    const history = createHistory();
    for (const at of [1_000, 2_000, 3_000]) history.add(at, sample(at));
    expect(history.find(2_500, 1_000)).toEqual(sample(2_000));
    expect(history.find(2_000, 0)).toEqual(sample(2_000));
    expect(history.find(999, 5_000)).toBeNull();
    expect(history.find(10_000, 5_000)).toBeNull();
  });

  it('keeps what stands for the end of a window until it is asked for as the start of the next', () => {
    const history = createHistory();
    history.add(0, sample(1));
    expect(history.find(100, 1_000)).toEqual(sample(1));
    for (let at = 5_000; at < 900_000; at += 5_000) history.add(at, sample(at));
    expect(history.find(100, 1_000)).toEqual(sample(1));
    expect(history.find(5_000, 1_000)).toBeNull();
    expect(history.size()).toBeLessThan(30);
  });

  it('keeps few of those that were used', () => {
    const history = createHistory();
    for (let at = 0; at < 100_000; at += 1_000) {
      history.add(at, sample(at));
      history.find(at, 0);
    }
    expect(history.size()).toBeLessThan(20);
  });
});
