import { describe, expect, it } from 'vitest';
import { RolloutSpec } from './rollout.ts';

const MINIMAL = {
  target: { name: 'ranker' },
  traffic: { istio: { virtualService: 'ranker' } },
  analysis: { templates: [{ name: 'http-generic' }] },
};

function problemsOf(change: object): string[] {
  const parsed = RolloutSpec.safeParse({ ...MINIMAL, ...change });
  return parsed.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
}

describe('a Rollout', () => {
  it('needs a target, a router and a template; everything else has a default', () => {
    expect(RolloutSpec.parse(MINIMAL)).toMatchObject({
      target: { kind: 'Deployment' },
      steps: [{ weight: 10 }, { weight: 25 }, { weight: 50 }],
      analysis: { interval: '10s', minRequests: 50, falseAbortRate: '1%', onTimeout: 'hold' },
      deadlines: { start: '15m', step: '1h', promotion: '1h', drain: '5m' },
      onAbort: 'hold',
    });
  });

  it.each<[object, string]>([
    [{ steps: [{ weight: 50 }, { weight: 10 }] }, 'steps: weights must ascend'],
    [{ steps: [{ weight: 10 }, { weight: 10 }] }, 'steps: weights must ascend'],
    [{ traffic: {} }, 'traffic: must name exactly one router'],
    [{ settle: '5' }, 'settle: must be a duration'],
    [{ analysis: { ...MINIMAL.analysis, interval: '500ms' } }, 'analysis.interval: must be at least 1s'],
    [
      { analysis: { ...MINIMAL.analysis, falseAbortRate: '0%' } },
      'analysis.falseAbortRate: must be a chance',
    ],
    [{ approval: { at: ['40'] } }, 'approval.at: every gate must be'],
    [{ approval: { at: ['friday'] } }, 'approval.at.0: must be a gate'],
    [{ target: { name: 'Ranker' } }, 'target.name: must be the name of an object'],
  ])('%j is refused with the field and the fix', (change, problem) => {
    expect(problemsOf(change)).toContainEqual(expect.stringContaining(problem));
  });

  it.each<[object]>([
    [{ approval: { at: ['start', '25', 'promotion'] } }],
    [{ steps: [{ weight: 1 }, { weight: 100, bake: '1h30m' }] }],
    [{ steps: [{ weight: 40 }], approval: { at: ['40'] } }],
  ])('%j is taken', (change) => {
    expect(problemsOf(change)).toEqual([]);
  });
});
