import { expect, it } from 'vitest';
import type { Release } from '../api/release/release.ts';
import { experienceOf } from './experience.ts';

const at = (second: number): string => new Date(second * 1_000).toISOString();

function release(load: number, promotion: number | null, gates: readonly string[] = []): Release {
  const trail = [
    { phase: 'Starting.Loading', at: at(0), reason: '' },
    { phase: 'Stepping.Scaling', at: at(load), reason: '' },
    { phase: 'Promoting.Sizing', at: at(500), reason: '' },
  ];
  const ended = promotion === null ? {} : { finishedAt: at(500 + promotion) };
  const policy = { steps: [{ weight: 10 }], approval: { at: gates } };
  const status = { phase: promotion === null ? 'Aborted' : 'Promoted', trail, ...ended };
  return { spec: { policy }, status } as unknown as Release;
}

it('takes the median of what releases have taken, without the time of people', () => {
  expect(experienceOf([])).toEqual({ loadMs: null, promotionMs: null });
  const releases = [release(10, 5), release(900, null, ['10']), release(30, null), release(20, 7)];
  expect(experienceOf(releases)).toEqual({ loadMs: 20_000, promotionMs: 5_000 });
});
