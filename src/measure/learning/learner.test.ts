import { describe, expect, it } from 'vitest';
import type { Learnt } from '../../api/rollout/learnt.ts';
import type { Lesson } from './ask-past.ts';
import { createLearner } from './learner.ts';

const LEARNT: Learnt = { at: '2026-11-30T12:00:00.000Z', queries: 3, metrics: [] };
const lesson = { replicas: 1 } as Lesson;

function setup(ask: (lesson: Lesson) => Promise<Learnt> = async () => LEARNT) {
  const woken: string[] = [];
  return { woken, learner: createLearner({ ask, wake: (key) => woken.push(key) }) };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('createLearner', () => {
  it('wakes the key when the answer is there, and gives it once', async () => {
    const { learner, woken } = setup();
    expect(learner.look('a', () => lesson)).toBeUndefined();
    expect(learner.look('a', () => lesson)).toBeUndefined();
    await settled();
    expect(woken).toEqual(['a']);
    expect(learner.look('a', () => lesson)).toEqual(LEARNT);
    expect(learner.look('a', () => lesson)).toBeUndefined();
  });

  it('asks for one key after the other, in the order in which they came', async () => {
    const running: number[] = [];
    const ends: (() => void)[] = [];
    const { learner } = setup(async ({ replicas }) => {
      running.push(replicas);
      await new Promise<void>((resolve) => ends.push(resolve));
      return LEARNT;
    });
    for (const replicas of [1, 2, 3]) learner.look(`key ${replicas}`, () => ({ ...lesson, replicas }));
    await settled();
    expect(running).toEqual([1]);
    ends[0]?.();
    await settled();
    expect(running).toEqual([1, 2]);
  });

  it('makes the lesson when its turn comes, and forgets a key without one', async () => {
    const { learner, woken } = setup();
    learner.look('a', () => null);
    await settled();
    expect(woken).toEqual([]);
    learner.look('a', () => lesson);
    await settled();
    expect(woken).toEqual(['a']);
  });

  it('continues with the next key where a lesson cannot be made', async () => {
    const { learner, woken } = setup();
    learner.look('a', () => {
      throw new Error('broken');
    });
    learner.look('b', () => lesson);
    await settled();
    expect(woken).toEqual(['b']);
  });
});
