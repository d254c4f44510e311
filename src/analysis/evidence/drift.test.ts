import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Metric } from '../../api/analysis/analysis-template.ts';
import { Drift, type MetricState } from '../../api/release/analysis-state.ts';
import { Analysis } from '../../api/rollout/rollout.ts';
import { judgeMetric, judgeStep } from '../verdict/judge.ts';
import { startStep } from '../verdict/state.ts';
import { addAnswers, type Classes, drifted, NO_DRIFT, widest } from './drift.ts';
import type { Sample, WindowSamples } from './sample.ts';

const analysis = Analysis.parse({ templates: [{ name: 'x' }] });
const metric: Metric = {
  name: 'classes',
  maxIncrease: '5pp',
  drift: { counters: 'c', label: 'class' },
  onNoData: 'wait',
  dryRun: false,
};
const NO_DATA: Sample = { kind: 'noData', message: 'no series' };

function counters(pod: string, classes: Readonly<Record<string, number>>, label = 'class'): Sample {
  const series = Object.entries(classes).map(([name, value]) => ({ labels: { pod, [label]: name }, value }));
  return { kind: 'vector', series };
}

type Counts = Readonly<Record<string, number>>;

function windowOf(canary: Counts | Sample, stable: Counts | Sample, seconds = 30): WindowSamples {
  const arm = (name: 'canary' | 'stable', counts: Counts | Sample) => {
    const grown = 'kind' in counts ? (counts as Sample) : counters(name, counts);
    const none = Object.fromEntries(Object.keys(counts).map((key) => [key, 0]));
    const start = 'kind' in counts ? (counts as Sample) : counters(name, none);
    return { metric: 'classes', arm: name, part: 'counters' as const, promql: '', start, end: grown };
  };
  return { start: 0, end: seconds * 1_000, samples: [arm('canary', canary), arm('stable', stable)] };
}

function judged(windows: readonly WindowSamples[]): MetricState {
  let state: MetricState | undefined;
  for (const window of windows) {
    state = judgeMetric(metric, analysis, state, window);
    if (state.verdict === 'fail') return state;
  }
  if (state === undefined) throw new Error('no window');
  return state;
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe('a drift metric', () => {
  it('passes a canary that answers as stable does', () => {
    const state = judged(times(3, windowOf({ cat: 80, dog: 20 }, { cat: 720, dog: 180 })));
    expect(state).toMatchObject({ verdict: 'pass', canary: { events: 300 } });
    expect(state.message).toBe('class "cat" 80 % against 80 % stable, 300 answers, 3 windows');
  });

  it('fails a canary that answers otherwise, in few blocks', () => {
    const state = judged(times(20, windowOf({ cat: 40, dog: 60 }, { cat: 720, dog: 180 })));
    expect(state.verdict).toBe('fail');
    expect(state.windows).toBeLessThanOrEqual(4);
    expect(state.message).toContain('class "cat" 40 % against 80 % stable');
  });

  it('sees a class that stable does not know', () => {
    const healthy = times(5, windowOf({ cat: 100 }, { cat: 900 }));
    const strange = times(10, windowOf({ cat: 60, '': 40 }, { cat: 900 }));
    expect(judged(healthy).verdict).toBe('pass');
    expect(judged([...healthy, ...strange])).toMatchObject({ verdict: 'fail' });
  });

  it('neither passes nor fails what may be chance', () => {
    const state = judged(times(3, windowOf({ cat: 14, dog: 6 }, { cat: 144, dog: 36 })));
    expect(state).toMatchObject({ verdict: 'inconclusive' });
    expect(state.message).toContain('may be chance');
  });

  it('tolerates what maxIncrease allows', () => {
    expect(judged(times(60, windowOf({ cat: 76, dog: 24 }, { cat: 720, dog: 180 }))).verdict).toBe('pass');
  });

  it.each([
    ['no data of the canary', NO_DATA, { cat: 9 }, 'noData'],
    ['no data of stable', { cat: 90 }, NO_DATA, 'noData'],
    ['no answers', { cat: 0 }, { cat: 9 }, 'noData'],
    ['an error', { kind: 'providerError', message: 'HTTP 503' } as const, { cat: 9 }, 'providerError'],
    ['series without the label', counters('canary', { a: 1 }, 'other'), { cat: 9 }, 'providerError'],
  ])('waits at %s', (_, canary, stable, verdict) => {
    const state = judged(times(5, windowOf(canary, stable)));
    expect(state.verdict).toBe(verdict);
    expect(judgeStep(analysis, [state], [metric]).ready).toBe(false);
  });

  it('begins its counts again with a step and keeps its tests', () => {
    const state = startStep(judged(times(3, windowOf({ cat: 80 }, { cat: 720 }))));
    expect(state.drift?.blocks).toBe(3);
    expect(widest(state.drift ?? NO_DRIFT)).toBeNull();
  });
});

describe('takeClasses', () => {
  const counts = fc
    .dictionary(fc.string({ maxLength: 2 }), fc.nat(200), { maxKeys: 30 })
    .map((all): Classes => new Map(Object.entries(all)));

  it('stays bounded, finite and within its schema, whatever the classes are', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(counts, counts), { minLength: 1, maxLength: 20 }), (windows) => {
        const last = windows.reduce(
          (before, [ours, theirs]) => addAnswers(before, ours, theirs, 15),
          NO_DRIFT,
        );
        expect(Drift.parse(JSON.parse(JSON.stringify(last)))).toEqual(last);
        const all = windows.reduce((sum, [ours]) => sum + [...ours.values()].reduce((a, b) => a + b, 0), 0);
        expect(last.classes.reduce((sum, { canary }) => sum + canary, 0)).toBe(all);
      }),
    );
  });

  it('never finds drift where both answer the same', () => {
    fc.assert(
      fc.property(fc.array(counts, { minLength: 1, maxLength: 30 }), (windows) => {
        const last = windows.reduce((before, one) => addAnswers(before, one, one, 30), NO_DRIFT);
        expect(drifted(last, 0.01, 0.05)).toBeNull();
      }),
    );
  });
});
