import { describe, expect, it } from 'vitest';
import { ago, metricState, NOW, release, seen, statusOf } from '../../../test/fixtures/release.ts';
import type { ReleaseStatus } from '../../api/release/release.ts';
import type { Observation } from '../observed.ts';
import { progressOf } from './stages.ts';

const confirmed = (seconds: number): Partial<ReleaseStatus> => ({ routeConfirmedAt: ago(seconds) });
const passed = { analysis: { windows: 3, metrics: [metricState('pass')] } };
const doubt = { analysis: { windows: 3, metrics: [metricState('inconclusive')] } };
const maxed = (onInconclusive = 'hold', spec: object = {}): Partial<Observation> => ({
  release: release(undefined, spec, {
    analysis: { templates: [{ name: 'e' }], maxBake: '60s', onInconclusive },
  }),
});

const rows: [string, Partial<ReleaseStatus>, Partial<Observation>, string][] = [
  ['doubt, and time left', { ...doubt, ...confirmed(10) }, maxed(), 'wait Analysing +52'],
  ['doubt, and no time left', { ...doubt, ...confirmed(62) }, maxed(), 'wait BakeOverdue'],
  ['doubt that continues', { ...doubt, ...confirmed(62) }, maxed('promote'), 'proceed StepInconclusive'],
  [
    'doubt while a person is asked',
    { ...doubt, ...confirmed(62), waitingSince: ago(30) },
    maxed('abort'),
    'wait Analysing',
  ],
  ['doubt while paused', { ...doubt, ...confirmed(62) }, maxed('abort', { paused: true }), 'wait Analysing'],
  [
    'evidence that chooses, but paused',
    { ...passed, weight: 10 },
    { release: release(undefined, { paused: true }, { autoSteps: { maxRisk: '90%' } }) },
    'wait Paused',
  ],
  [
    'evidence that chooses, with a gate at the end alone',
    { ...passed, weight: 10 },
    { release: release(undefined, {}, { autoSteps: { maxRisk: '90%' }, approval: { at: ['promotion'] } }) },
    'proceed StepPassed',
  ],
  [
    'evidence at the greatest weight, but a gate',
    { ...passed, weight: 50, weights: [10, 50], step: 1 },
    { release: release(undefined, {}, { autoSteps: {}, approval: { at: ['promotion'] } }) },
    'wait WaitingForApproval',
  ],
];

function progress(over: Partial<ReleaseStatus>, seenOver: Partial<Observation>): string {
  const found = progressOf(seen(seenOver), statusOf({ phase: 'Stepping', stage: 'Analysing', ...over }));
  if (found.kind === 'event') return `${found.event.type} ${found.reason}`;
  return `wait ${found.reason}${found.until === undefined ? '' : ` +${(found.until - NOW) / 1_000}`}`;
}

describe('a step with bake times, or weights that the evidence chooses', () => {
  it.each(rows)('%s', (_what, status, over, expected) => {
    expect(progress(status, over)).toBe(expected);
  });
});
