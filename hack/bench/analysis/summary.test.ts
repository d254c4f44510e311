import { describe, expect, it } from 'vitest';
import { heatMap } from './heat-map.ts';
import type { Row } from './run.ts';
import { markdownOf, summaryOf } from './summary.ts';

const row = (over: Partial<Row>): Row => ({
  engine: 'sluice',
  family: 'spikes',
  truth: 'same',
  case: 'a',
  rps: 10,
  noise: 0,
  abortShare: 0,
  medianSeconds: null,
  waitShare: 0,
  ...over,
});
const ROWS = [
  row({}),
  row({ rps: 100, abortShare: 0.02 }),
  row({ truth: 'worse', abortShare: 1, medianSeconds: 60 }),
  row({ truth: 'worse', rps: 100, abortShare: 0.5, medianSeconds: 90 }),
  row({ engine: 'other', abortShare: 0.4 }),
];

describe('summary', () => {
  it('has mean and worst case of false aborts, and how many worse versions were found after how long', () => {
    expect(summaryOf(ROWS)).toEqual([
      { engine: 'sluice', family: 'spikes', falseAborts: 0.01, worst: 0.02, found: 0.75, medianSeconds: 90 },
      { engine: 'other', family: 'spikes', falseAborts: 0.4, worst: 0.4, found: null, medianSeconds: null },
    ]);
  });

  it('is a table, and a picture', () => {
    expect(markdownOf(ROWS)).toEqual([
      '| family | sluice | other |',
      '| --- | --- | --- |',
      '| spikes | 1 % (2 %); 75 %, 90 s | 40 % (40 %) |',
    ]);
    expect(heatMap(ROWS)).toContain('worse versions found');
  });
});
