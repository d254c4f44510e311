import { describe, expect, it } from 'vitest';
import { metricState, release } from '../../../test/fixtures/release.ts';
import type { MetricState } from '../../api/release/analysis-state.ts';
import { Policy } from '../../api/rollout/rollout.ts';
import { stepExitOf } from './step-exit.ts';

const { metrics } = release().spec;
const INCONCLUSIVE = metricState('inconclusive', 'beyond the bound, but that may be chance');
const FEW: MetricState = { ...INCONCLUSIVE, canary: { events: 20, bad: 0 }, windows: 1 };

/** How a step continues after some seconds; `maxBake` and the like are of `analysis`, the rest of the step. */
function pace(
  state: MetricState,
  seconds: number,
  { step = {}, analysis = {}, autoSteps }: { step?: object; analysis?: object; autoSteps?: object } = {},
): string {
  const policy = Policy.parse({
    traffic: { istio: { virtualService: 'model' } },
    analysis: { templates: [{ name: 'errors' }], ...analysis },
    ...(autoSteps === undefined ? { steps: [{ weight: 10, ...step }, { weight: 50 }] } : { autoSteps }),
  });
  const found = stepExitOf({
    policy,
    metrics,
    states: [state],
    step: 0,
    weight: 10,
    elapsedMs: seconds * 1_000,
  });
  const until =
    found.kind === 'waits' && found.untilMs !== undefined ? ` until ${found.untilMs / 1_000}` : '';
  return `${found.kind} ${found.reason}${until}: ${found.message}`;
}

const maxed = (onInconclusive: string): object => ({ analysis: { maxBake: '5m', onInconclusive } });

describe('a step', () => {
  it.each<[string, MetricState, number, Parameters<typeof pace>[2], string]>([
    ['passes as soon as the evidence is there', metricState('pass'), 1, {}, 'passes StepPassed'],
    ['bakes at least', metricState('pass'), 59, { step: { bake: '1m' } }, 'waits Baking until 60'],
    ['passes when it has baked', metricState('pass'), 60, { step: { bake: '1m' } }, 'passes StepPassed'],
    ['is not kept by maxBake', metricState('pass'), 1, maxed('hold'), 'passes StepPassed'],
    ['passes late, too', metricState('pass'), 900, maxed('abort'), 'passes StepPassed'],
    ['bakes on', INCONCLUSIVE, 299, maxed('abort'), 'waits Analysing until 300'],
    ['bakes on without an end', INCONCLUSIVE, 9_999, {}, 'waits Analysing: '],
    [
      'is held',
      INCONCLUSIVE,
      300,
      maxed('hold'),
      'waits BakeOverdue: the evidence does not decide within 5m',
    ],
    ['must be rolled back', INCONCLUSIVE, 300, maxed('abort'), 'waits BakeOverdue: the evidence does not'],
    [
      'continues',
      INCONCLUSIVE,
      300,
      maxed('promote'),
      'passes StepInconclusive: the evidence does not decide',
    ],
    ['is held with less than the least', FEW, 300, maxed('promote'), 'waits BakeOverdue: the evidence does'],
    ['waits for data', metricState('noData'), 900, maxed('promote'), 'waits Analysing: '],
    ['waits for a source', metricState('providerError'), 900, maxed('abort'), 'waits Analysing: '],
    ['has a maxBake of its own', INCONCLUSIVE, 60, { step: { maxBake: '1m' } }, 'waits BakeOverdue: '],
    [
      'has its own maxBake before that of the policy',
      INCONCLUSIVE,
      60,
      { step: { maxBake: '10m' }, analysis: { maxBake: '1m' } },
      'waits Analysing until 600',
    ],
    [
      'that the evidence chooses waits for more',
      { ...metricState('pass'), canary: { events: 50, bad: 0 } },
      30,
      { autoSteps: { maxRisk: '0.1%', maxBake: '5m' } },
      'waits Analysing until 300: errors: said so; the evidence of 50 requests',
    ],
    [
      'that the evidence chooses is held at maxBake',
      { ...metricState('pass'), canary: { events: 50, bad: 0 } },
      300,
      { autoSteps: { maxRisk: '0.1%', maxBake: '5m' } },
      'waits BakeOverdue: the evidence does not decide within 5m (maxBake) and it stays at 10 %',
    ],
    [
      'that the evidence chooses bakes first',
      { ...metricState('pass'), canary: { events: 90_000, bad: 0 } },
      30,
      { autoSteps: { bake: '1m' } },
      'waits Baking until 60',
    ],
    [
      'that the evidence chooses says what follows',
      { ...metricState('pass'), canary: { events: 90_000, bad: 0 } },
      30,
      { autoSteps: {} },
      'passes StepPassed: the evidence of 90,000 requests of the canary (errors) excludes that it is beyond its bounds: next 30 %',
    ],
  ])('%s', (_what, state, seconds, policy, expected) => {
    expect(pace(state, seconds, policy)).toContain(expected);
  });

  it('tells a person what to do', () => {
    expect(pace(INCONCLUSIVE, 300, maxed('hold'))).toMatchInlineSnapshot(
      `"waits BakeOverdue: the evidence does not decide within 5m (maxBake) and it stays at 10 % (analysis.onInconclusive: hold): errors: beyond the bound, but that may be chance. Abort, or set spec.skipStep: 0"`,
    );
    expect(pace(FEW, 300, maxed('promote'))).toMatchInlineSnapshot(
      `"waits BakeOverdue: the evidence does not decide within 5m (maxBake), nor has every metric the least evidence, so it stays at 10 % though analysis.onInconclusive is promote: errors: beyond the bound, but that may be chance. Abort, or set spec.skipStep: 0"`,
    );
  });
});
