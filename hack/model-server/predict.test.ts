import { describe, expect, it } from 'vitest';
import { behaviourOf } from './behaviour.ts';
import { answerOf } from './predict.ts';

const COUNT = 20_000;

function shareOf(
  env: Record<string, string>,
  wanted: (status: number, name: string) => boolean,
  age = 0,
): number {
  const behaviour = behaviourOf({ POD_NAME: 'a', ...env });
  let found = 0;
  for (let index = 0; index < COUNT; index++) {
    const { outcome } = answerOf(behaviour, index, age);
    if (wanted(outcome.status, outcome.status === 200 ? outcome.class : '')) found++;
  }
  return found / COUNT;
}

describe('answerOf', () => {
  it('answers the same request alike, whenever and in whatever order it is asked', () => {
    const behaviour = behaviourOf({ SEED: '9', ERROR_SHARE: '0.3', POD_NAME: 'a' });
    const forward = [0, 1, 2, 3].map((index) => answerOf(behaviour, index, 0));
    expect([3, 2, 1, 0].map((index) => answerOf(behaviour, index, 500)).toReversed()).toEqual(forward);
  });

  it.each([0, 0.01, 0.05, 1])('fails a share of %d', (share) => {
    expect(
      Math.abs(shareOf({ ERROR_SHARE: String(share) }, (status) => status === 500) - share),
    ).toBeLessThan(0.005);
  });

  it('predicts classes in their shares', () => {
    const share = shareOf({ CLASSES: 'cat=3,dog=1' }, (_status, name) => name === 'dog');
    expect(Math.abs(share - 0.25)).toBeLessThan(0.01);
  });

  it.each([
    [9.9, 0],
    [10, 1],
  ])('at %d s of age fails a share of %d when it turns bad after 10 s', (age, share) => {
    expect(shareOf({ FAIL_AFTER_SECONDS: '10' }, (status) => status === 500, age)).toBe(share);
  });

  it.each([
    [0, 60],
    [5, 40],
    [10, 20],
  ])('at %d s of a slow start of 10 s takes %d ms', (age, expected) => {
    const behaviour = behaviourOf({ LATENCY_MS: '20', LATENCY_SIGMA: '0', SLOW_START_SECONDS: '10' });
    expect(answerOf(behaviour, 0, age).latencyMs).toBeCloseTo(expected);
  });

  describe('to an input', () => {
    const INPUTS = Array.from({ length: 2_000 }, (_, index) => `{"input":${index}}`);
    const answers = (env: Record<string, string>) =>
      INPUTS.map((input, index) => {
        const { outcome } = answerOf(behaviourOf(env), index + env['VERSION']!.length, 0, input);
        return outcome.status === 200 ? { class: outcome.class, score: outcome.score } : null;
      });
    const right = answers({ VERSION: 'v1', POD_NAME: 'a' });
    const differing = (env: Record<string, string>): number =>
      answers(env).filter((answer, index) => answer?.class !== right[index]?.class).length / INPUTS.length;

    it('is the same on every pod and in every version', () => {
      expect(answers({ VERSION: 'v22', POD_NAME: 'b' })).toEqual(right);
    });

    it('is of another class for the share of inputs that a version is wrong about', () => {
      expect(Math.abs(differing({ VERSION: 'v2', POD_NAME: 'b', WRONG_SHARE: '0.1' }) - 0.1)).toBeLessThan(
        0.02,
      );
      expect(differing({ VERSION: 'v2', POD_NAME: 'b', WRONG_SHARE: '1' })).toBe(1);
    });

    it('has another score where a version shifts them', () => {
      const shifted = answers({ VERSION: 'v2', POD_NAME: 'b', SCORE_SHIFT: '0.2' });
      expect(shifted[0]?.score).toBeCloseTo(Math.min(1, (right[0]?.score ?? 0) + 0.2));
    });
  });
});
