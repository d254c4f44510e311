import { describe, expect, it } from 'vitest';
import { AnalysisTemplateSpec, type Metric } from '../../api/analysis/analysis-template.ts';
import type { MetricState } from '../../api/release/analysis-state.ts';
import { MetricState as MetricStateSchema } from '../../api/release/analysis-state.ts';
import type { Cadence } from '../../api/rollout/cadence.ts';
import { Analysis } from '../../api/rollout/rollout.ts';
import type { Sample } from '../evidence/sample.ts';
import { isDue } from './cadence.ts';
import { judgeMetric } from './judge.ts';
import { startStep } from './state.ts';

const analysis = Analysis.parse({ templates: [{ name: 'x' }], minWindows: 2 });
const WINDOW_MS = 10_000;

function metricWith(cadence: Cadence, bounds: Partial<Metric> = { max: '1', failure: { max: '2' } }): Metric {
  return {
    name: 'load',
    ...bounds,
    value: { query: 'q', ...cadence },
    onNoData: 'wait',
    dryRun: false,
  };
}

/** Values that pass, fail, are between, or are not there. */
const VALUES: Readonly<Record<string, Sample>> = {
  p: { kind: 'vector', series: [{ labels: {}, value: 1 }] },
  i: { kind: 'vector', series: [{ labels: {}, value: 1.5 }] },
  f: { kind: 'vector', series: [{ labels: {}, value: 3 }] },
  e: { kind: 'providerError', message: 'HTTP 500' },
};

/** Windows of ten seconds, a letter each: which were measured, and the state after them. */
function play(metric: Metric, letters: string): { asked: string; state: MetricState } {
  let asked = '';
  let state: MetricState | undefined;
  for (const [index, letter] of letters.split('').entries()) {
    const window = { start: index * WINDOW_MS, end: (index + 1) * WINDOW_MS };
    const due = isDue(metric, state, window);
    asked += due ? 'x' : '.';
    const end = VALUES[letter];
    const query = { metric: 'load', arm: 'canary', part: 'query', promql: 'q' } as const;
    const samples = due && end !== undefined ? [{ ...query, start: end, end }] : [];
    // As it is read back by a controller that was restarted.
    const stored =
      state === undefined ? undefined : MetricStateSchema.parse(JSON.parse(JSON.stringify(state)));
    state = judgeMetric(metric, analysis, stored, { ...window, samples });
  }
  if (state === undefined) throw new Error('no window');
  return { asked, state };
}

describe('when it is measured', () => {
  it.each<[string, Cadence, string, string]>([
    ['at the end of each window', {}, 'pppp', 'xxxx'],
    ['every interval', { interval: '20s' }, 'pppppp', 'x.x.x.'],
    ['in whole windows', { interval: '25s' }, 'ppppppp', 'x..x..x'],
    ['after the delay', { initialDelay: '30s' }, 'ppppp', '..xxx'],
    ['after the delay, then every interval', { initialDelay: '15s', interval: '30s' }, 'pppppp', '.x..x.'],
    ['on beyond count', { count: 2 }, 'pppp', 'xxxx'],
    ['again at once where it could not be', { interval: '30s' }, 'eeppppp', 'xxx..x.'],
  ])('%s', (_what, cadence, letters, asked) => {
    expect(play(metricWith(cadence), letters).asked).toBe(asked);
  });

  it('waits again at each step', () => {
    const metric = metricWith({ initialDelay: '10s', interval: '1h' });
    const { state } = play(metric, 'pp');
    expect(state).toMatchObject({ windows: 1, measured: { row: 0 } });
    const next = startStep(state);
    expect(next.measured).toBeUndefined();
    expect(isDue(metric, next, { start: 60_000, end: 65_000 })).toBe(false);
    expect(isDue(metric, next, { start: 60_000, end: 70_000 })).toBe(true);
  });
});

describe('what it comes to', () => {
  it.each<[string, Cadence, string, MetricState['verdict'], string]>([
    [
      'the delay',
      { initialDelay: '30s' },
      'p',
      'inconclusive',
      'for the first time in 20s (initialDelay 30s)',
    ],
    ['too few', { count: 3 }, 'pp', 'inconclusive', 'needs 1 more measurement (count 3)'],
    [
      'enough',
      { count: 3 },
      'ppp',
      'pass',
      '1 against at most 1, failure unless at most 2, failed in 0 of 3',
    ],
    ['one failure', {}, 'ppf', 'fail', 'failed in 1 of 3 measurements: more than failureLimit 0'],
    ['as many as are allowed', { failureLimit: 1 }, 'pfp', 'pass', 'failed in 1 of 3 measurements'],
    ['one too many', { failureLimit: 1 }, 'pfpf', 'fail', 'more than failureLimit 1'],
    ['old failures with count', { count: 3, failureLimit: 1 }, 'fpppf', 'inconclusive', 'failed in 1 of 3'],
    ['new failures with count', { count: 3, failureLimit: 1 }, 'pppfpf', 'fail', 'failed in 2 of 3'],
    ['failures apart', { consecutiveFailures: 2 }, 'fpfpfp', 'pass', 'failed in 3 of 6'],
    ['failures in a row', { consecutiveFailures: 2 }, 'pfpff', 'fail', '2 in a row (consecutiveFailures 2)'],
    ['a row broken by one between', { consecutiveFailures: 2 }, 'fif', 'inconclusive', 'failed in 2 of 3'],
    ['a row with a gap', { consecutiveFailures: 2 }, 'fef', 'fail', '2 in a row'],
    ['both limits', { failureLimit: 1, consecutiveFailures: 9 }, 'fpf', 'fail', 'more than failureLimit 1'],
    ['between the bounds', {}, 'ppi', 'inconclusive', '1.5 against at most 1, failure unless at most 2'],
    ['well again', {}, 'pip', 'pass', 'failed in 0 of 3'],
    ['an error, which never fails', {}, 'pppeeeeee', 'providerError', 'HTTP 500'],
    ['the verdict between two', { interval: '20s', count: 1 }, 'pf', 'pass', 'failed in 0 of 1 measurement'],
  ])('%s', (_what, cadence, letters, verdict, message) => {
    expect(play(metricWith(cadence), letters).state).toMatchObject({
      verdict,
      message: expect.stringContaining(message),
    });
  });

  it('keeps only as many outcomes as count', () => {
    const { state } = play(metricWith({ count: 3, failureLimit: 2 }), 'pfpfpipppip');
    expect(state.measured?.outcomes).toBe('pip');
    expect(state).toMatchObject({ windows: 11, canary: { events: 11, bad: 2 } });
  });
});

describe('bounds', () => {
  it.each<[string, Partial<Metric>, string, MetricState['verdict']]>([
    ['only failures: all else passes', { failure: { max: '2' } }, 'ii', 'pass'],
    ['only failures: beyond', { failure: { max: '2' } }, 'if', 'fail'],
    ['only failures: from below', { failure: { min: '2' } }, 'p', 'fail'],
    ['no failures: all that does not pass', { max: '1' }, 'pi', 'fail'],
    ['a lower one', { min: '3', failure: { min: '1' } }, 'ip', 'inconclusive'],
  ])('%s', (_what, bounds, letters, verdict) => {
    expect(play(metricWith({}, bounds), letters).state.verdict).toBe(verdict);
  });
});

describe('what is refused', () => {
  it.each<[object, string]>([
    [{ count: 3, failureLimit: 3 }, 'failureLimit must be below count'],
    [{ count: 3, consecutiveFailures: 4 }, 'consecutiveFailures must not be above count'],
    [{ count: 0 }, 'expected number to be >=1'],
    [{ count: 101 }, 'expected number to be <=100'],
    [{ interval: '500ms' }, 'interval must be at least 1s'],
    [{ initialDelay: '1 minute' }, 'must be a duration'],
    [{ consecutiveFailures: 0 }, 'expected number to be >=1'],
  ])('%j', (cadence, message) => {
    const metrics = [{ name: 'load', max: '1', value: { query: 'q', ...cadence } }];
    const parsed = AnalysisTemplateSpec.safeParse({ metrics });
    expect(parsed.error?.issues.map((issue) => issue.message).join()).toContain(message);
  });
});
