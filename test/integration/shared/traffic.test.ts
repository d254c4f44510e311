import { describe, expect, inject, it } from 'vitest';
import { actOn } from '../../../hack/testbed/remote.ts';
import { type Ground, playCase } from '../../traffic/case.ts';
import { CASES, nameOf } from '../../traffic/matrix.ts';

const components = inject('components');
const ground: Ground = {
  access: inject('access'),
  act: (component, action) => actOn(components, component, action),
  // Half of what `npm run test:traffic` sends: other files run beside this one.
  rate: 100,
  ownControllers: false,
};

/** One of all that `npm run test:traffic` plays. */
const SAMPLE = 'istio/canary/release';

describe('a release under an open loop of requests', () => {
  it(`${SAMPLE} loses nothing, and every step has its share`, async () => {
    const [one] = CASES.filter((known) => nameOf(known) === SAMPLE);
    if (one === undefined) throw new Error(`there is no ${SAMPLE}`);
    const { problems, rows } = await playCase(ground, one);
    expect(problems).toEqual([]);
    expect(rows.map(({ transition }) => transition)).toEqual(['start', 'step 25', 'step 50', 'promotion']);
    for (const row of rows) expect(row).toMatchObject({ failed: 0, wrongVersion: 0, shareError: 0 });
    const steps = rows.filter(({ transition }) => transition.startsWith('step'));
    for (const { windows } of steps) expect(windows).toBeGreaterThan(1);
    for (const { requests } of rows) expect(requests).toBeGreaterThan(100);
  });
});
