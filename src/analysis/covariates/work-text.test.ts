import { describe, expect, it } from 'vitest';
import { EXPLAINED_TTFT, judgedIn, type LlmArm, PLAIN_TTFT } from '../../../test/fixtures/llm-world.ts';
import type { Explained } from '../../api/release/analysis-state.ts';
import { workLines } from '../../cli/commands/show/explain.ts';
import { workClauses, workText } from './work-text.ts';

const COVARIATES = EXPLAINED_TTFT.latency?.explainedBy ?? [];
const pair = (name: string, canary: number, stable: number) => ({
  name,
  canary: { sum: canary, per: 1 },
  stable: { sum: stable, per: 1 },
});
const explained: Explained = {
  times: 2.667,
  bad: 3,
  load: pair('', 10, 10),
  figures: [
    pair('cache hit rate', 0.2, 0.7),
    pair('prompt length', 1_204, 1_190),
    pair('requests in flight', 3.14, 2.9),
  ],
};

describe('the work of both versions', () => {
  it('is said with all figures, or with those in which the canary has more', () => {
    expect(workText(COVARIATES, explained)).toBe(
      'cache hit rate 20 % against 70 %, prompt length 1,204 against 1,190, requests in flight 3.1 against 2.9 for each pod',
    );
    expect(workClauses(EXPLAINED_TTFT, explained)).toEqual({
      held: 'slower than stable, but it has more work (cache hit rate 20 % against 70 %); not held against the version',
      beyond: ', and than its work explains (2.7 times as long: cache hit rate 20 % against 70 %)',
    });
  });

  it('is said of the past where it is the same by now', () => {
    expect(workClauses(EXPLAINED_TTFT, { ...explained, times: 1, figures: [] })).toEqual({
      held: 'slower than stable in this step, but by more work that it had before; not held against the version',
      beyond: '',
    });
    expect(workClauses(PLAIN_TTFT, explained)).toBeNull();
  });

  it('stands below the verdict in explain', () => {
    const arm: LlmArm = { pods: 1, rate: 20, prompt: 800, hits: 0.5, version: 1 };
    const state = judgedIn({ canary: arm, stable: arm, capacity: 100, spread: 0.5 }, EXPLAINED_TTFT, 4, 1);
    expect(workLines(EXPLAINED_TTFT, state, 400)).toEqual([
      expect.stringMatching(
        /^canary against stable: cache hit rate 50 % against 50 %, prompt length \d+ against/,
      ),
    ]);
    expect(workLines(PLAIN_TTFT, state, 400)).toEqual([]);
  });
});
