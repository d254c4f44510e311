import { describe, expect, it } from 'vitest';
import { ago, canvas, release } from '../../../test/fixtures/cli.ts';
import type { MetricState, WindowRecord } from '../../api/release/analysis-state.ts';
import { trackLines } from './track-lines.ts';

/** Windows of 100 requests each for the canary, with the given number of bad ones. */
function history(bad: readonly number[], step = 0): WindowRecord[] {
  let sum = 0;
  return bad.map((count, index) => {
    sum += count;
    const events = (index + 1) * 100;
    return {
      at: ago(600 - 10 * (index + step * 20)),
      step,
      verdict: index < 2 ? 'inconclusive' : 'pass',
      ...(index === 0 ? { message: 'error rate 0 %, 100 requests, 1 window: needs 2 more windows' } : {}),
      ...(index === 2 ? { message: 'error rate 0.3 % against 1 % bound, 300 requests, 3 windows' } : {}),
      canary: { events, bad: sum, over: sum },
      stable: { events: events * 9, bad: (index + 1) * 3 },
    };
  });
}

function state(records: readonly WindowRecord[]): MetricState {
  const last = records.at(-1);
  const counts = { events: 0, bad: 0 };
  return {
    name: 'errors',
    verdict: last?.verdict ?? 'inconclusive',
    message: '',
    windows: records.length,
    misses: 0,
    canary: last?.canary ?? counts,
    stable: last?.stable ?? counts,
    history: [...records],
  };
}

describe('trackLines', () => {
  const errors = { name: 'errors', max: '1%', maxIncrease: '1pp', onNoData: 'wait', dryRun: false } as const;
  const metric = { ...errors, errors: { requests: 'r', failures: 'f' } };

  it('draws the windows with the band, the limit and why the verdict turned, in 80 columns', () => {
    const records = [...history([0, 1, 0, 1, 0]), ...history([1, 2, 3, 4, 5], 1)];
    const lines = trackLines(release(), metric, state(records), canvas(80));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(`\n${lines.join('\n')}\n`).toMatchInlineSnapshot(`
      "

          Share of bad requests, against stable and the bound
         5.9 % ┤               ┆│           │
               ┤               ┆│  │  │  │  │
               ┤               ┆│  │  │  │  │
               ┤               ┆│  │  │  │  │
           3 % ┤ │  │          ┆│  │  │  │  ●
               ┤ │  │  │  │    ┆│  │  ●  ●  │
               ┤ │  │  │  │  │ ┆│  ●  │  │  │
               ┤╌│╌╌●╌╌│╌╌●╌╌●╌┆●╌╌│╌╌│╌╌│╌╌│╌
           0 % ┤ ●  ○  ●  ○  ○ ┆○  ○  ○  ○  ○
                11:50:00              11:54:00
          ● canary (since the step began), │ where it may be, ○ stable, ╌ allowed

          WINDOW     STEP   REQUESTS   VERDICT          CANARY (BAND)
          11:50:00   10 %   100        · inconclusive   0 % (0–2.8 %), allowed 1 %
          11:50:10   10 %   200        · inconclusive   0.5 % (0–2.8 %), allowed 1 %
          11:50:20   10 %   300        ✓ pass           0.33 % (0–1.9 %), allowed 1 %
          11:50:30   10 %   400        ✓ pass           0.5 % (0–2 %), allowed 1 %
          11:50:40   10 %   500        ✓ pass           0.4 % (0–1.6 %), allowed 1 %
          11:53:20   25 %   100        · inconclusive   1 % (0–5.9 %), allowed 1 %
          11:53:30   25 %   200        · inconclusive   1.5 % (0–5.1 %), allowed 1 %
          11:53:40   25 %   300        ✓ pass           2 % (0–5.2 %), allowed 1 %
          11:53:50   25 %   400        ✓ pass           2.5 % (0–5.5 %), allowed 1 %
          11:54:00   25 %   500        ✓ pass           3 % (0.08–5.9 %), allowed 1 %

          Verdicts before
          11:50:00  error rate 0 %, 100 requests, 1 window: needs 2 more windows
          11:50:20  error rate 0.3 % against 1 % bound, 300 requests, 3 windows
          11:53:20  error rate 0 %, 100 requests, 1 window: needs 2 more windows
          11:53:40  error rate 0.3 % against 1 % bound, 300 requests, 3 windows
      "
    `);
  });

  it('leaves out what was not remembered', () => {
    expect(trackLines(release(), metric, state([]), canvas(80))).toEqual([]);
  });
});
