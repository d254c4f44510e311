import { describe, expect, it } from 'vitest';
import { calibrationOf } from './learn.ts';
import { groupsOf, type PastPod, type Stretch, withoutOutages } from './stretch.ts';

const WINDOWS = 120;

/** A pod with the same counts in each window, but where `change` says otherwise. */
function pod(name: string, change: (at: number) => number | null = () => 10): PastPod {
  const windows = Array.from({ length: WINDOWS }, (_, at) => {
    const bad = change(at);
    return bad === null ? null : { events: 1_000, bad };
  });
  return { pod: `web-1-${name}`, windows };
}

const stretch = (...pods: readonly PastPod[]): Stretch => ({ seconds: 30, pods });

function learn(...stretches: readonly Stretch[]): ReturnType<typeof calibrationOf> {
  return calibrationOf({ metric: 'errors', stretches, canaryPods: 1, days: 7 });
}

/** A pod that begins beside others and is cold for four windows. */
const begun = (at: number): number | null => (at < 40 ? null : at < 44 ? 200 : 10);
/** A version that fails in three windows. */
const out = (at: number): number => (at >= 50 && at < 53 ? 600 : 10);

describe('calibrationOf', () => {
  it('knows nothing without requests', () => {
    expect(learn(stretch())).toEqual({ metric: 'errors', days: 7 });
    expect(learn()).toEqual({ metric: 'errors', days: 7 });
  });

  it('gives the base rate, and no variation where counts are more even than chance', () => {
    expect(learn(stretch(pod('aaaaa'), pod('bbbbb')))).toEqual({
      metric: 'errors',
      days: 7,
      base: 0.01,
      variation: 0,
      lasts: 0,
      pods: 0,
    });
  });

  it('tells pods that differ for good from a rate that varies', () => {
    const found = learn(
      stretch(
        pod('aaaaa', () => 5),
        pod('bbbbb', () => 15),
      ),
    );
    expect(found).toMatchObject({ variation: 0, lasts: 0 });
    expect(found.pods).toBeGreaterThan(0.4);
    const varies = learn(
      stretch(
        pod('aaaaa', (at) => (at % 20 < 10 ? 5 : 35)),
        pod('bbbbb', (at) => (at % 20 < 10 ? 35 : 5)),
      ),
    );
    expect(varies.pods).toBeLessThan(0.1);
    expect(varies.variation).toBeGreaterThan(0.5);
    expect(varies.lasts).toBeGreaterThan(30);
  });

  it('takes the cold start from pods that began beside older ones', () => {
    expect(learn(stretch(pod('aaaaa'), pod('bbbbb', begun))).coldStart).toBe(120);
    expect(learn(stretch(pod('aaaaa', begun), pod('bbbbb', begun))).coldStart).toBeUndefined();
  });

  it('stays within the bounds of the status for a service that fails now and then altogether', () => {
    const found = learn(stretch(pod('aaaaa', (at) => (at % 60 === 0 ? 1_000 : 0))));
    expect(found.variation).toBeLessThanOrEqual(10);
  });
});

describe('withoutOutages', () => {
  it('leaves out an outage and the windows beside it', () => {
    const [left] = withoutOutages([
      stretch(pod('aaaaa', out)),
      ...Array.from({ length: 5 }, () => stretch(pod('aaaaa'))),
    ]);
    expect(left?.pods[0]?.windows.flatMap((one, at) => (one === null ? [at] : []))).toEqual([
      49, 50, 51, 52, 53,
    ]);
  });

  it('keeps windows that are bad often, alone, or in one pod of many', () => {
    const often = [stretch(pod('aaaaa', out))];
    expect(withoutOutages(often)).toEqual(often);
    const alone = [stretch(pod('aaaaa', (at) => (at === 50 ? 600 : 10)))];
    expect(withoutOutages(alone)).toEqual(alone);
    const one = [stretch(pod('aaaaa', out), ...Array.from({ length: 9 }, (_, index) => pod(`bbbb${index}`)))];
    expect(withoutOutages(one)).toEqual(one);
  });
});

describe('groupsOf', () => {
  const pods = ['a', 'b', 'c', 'd', 'e'].map((name) => pod(`zzzz${name}`));

  it('divides the pods into groups as large as a canary, and leaves the rest out', () => {
    expect(groupsOf(pods, 1)).toHaveLength(5);
    expect(groupsOf(pods, 2)).toHaveLength(2);
    expect(groupsOf(pods, 2)[0]?.[0]).toEqual({ events: 2_000, bad: 20 });
    expect(groupsOf(pods, 9)).toHaveLength(1);
    expect(groupsOf([], 1)).toEqual([]);
  });

  it('has no counts in a window in which one of its pods was not there', () => {
    const [group] = groupsOf([pod('aaaaa', (at) => (at === 3 ? null : 10)), pod('bbbbb')], 2);
    expect(group?.[3]).toBeNull();
  });
});
