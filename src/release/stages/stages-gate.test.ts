import { expect, it } from 'vitest';
import { metricState, release, seen, statusOf } from '../../../test/fixtures/release.ts';
import { progressOf } from './stages.ts';

it('names the gate that a person must open', () => {
  const asked = release(undefined, {}, { approval: { at: ['25'] } });
  const analysis = { windows: 3, metrics: [metricState('pass')] };
  const found = progressOf(
    seen({ release: asked }),
    statusOf({ phase: 'Stepping', stage: 'Analysing', analysis }),
  );
  expect(found).toMatchObject({ gate: '25', message: expect.stringContaining('spec.approvals') });
});
