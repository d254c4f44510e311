import { expect, it } from 'vitest';
import { release, stepping } from '../../../test/fixtures/cli.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { Store } from '../../ports/cluster.ts';
import { badShares } from './bad-shares.ts';

const counts = (events: number, bad: number, over: number) => ({ events, bad, over });

function withHistory(phase: 'Stepping' | 'Promoted'): KubeObject {
  const { analysis, ...status } = stepping();
  const record = {
    at: '2026-03-01T12:00:00.000Z',
    step: 1,
    verdict: 'pass' as const,
    canary: counts(1_000, 10, 10),
    stable: counts(3_000, 15, 15),
  };
  const metrics = analysis?.metrics.map((state) => ({ ...state, history: [record, record] })) ?? [];
  const place = phase === 'Stepping' ? { phase } : { phase, stage: undefined };
  return release({ ...status, ...place, analysis: { windows: 2, metrics } });
}

const storeOf = (...objects: KubeObject[]): Store => ({ get: () => null, list: () => objects });

it('tells the newest window of each metric of a release under way', () => {
  const found = badShares(storeOf(withHistory('Stepping')), ['models']);
  expect(found.map(({ rollout, metric, against }) => [rollout, metric, against])).toEqual([
    ['ranker', 'errors', 'bound'],
    ['ranker', 'latency', 'bound'],
  ]);
  expect(found[0]?.shares).toMatchObject({ canary: 0.01, allowed: 0.01 });
  expect(found[0]?.shares['low']).toBeLessThan(0.01);
});

it('has nothing for a release that has ended, or that cannot be read', () => {
  expect(
    badShares(storeOf(withHistory('Promoted'), { kind: 'Release', metadata: { name: 'x' } } as never), [
      'models',
    ]),
  ).toEqual([]);
});
