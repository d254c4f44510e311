import { expect, it } from 'vitest';
import type { Calibration } from '../../api/analysis/calibration.ts';
import { calibrationText } from './calibration-text.ts';

it.each<[Omit<Calibration, 'metric'>, string]>([
  [{ days: 7 }, 'nothing is known yet (learnt from 7 days)'],
  [{ base: 0.01, days: 1 }, '1 % of the requests are bad (learnt from 1 day)'],
  [
    { base: 0.01, variation: 0.6, lasts: 300, pods: 0.3, coldStart: 90, days: 7 },
    '1 % of the requests are bad, one version varies by ±0.6 pp for 5m at a time, pods differ by ±0.3 pp, new pods are cold for 1m30s (learnt from 7 days)',
  ],
  [
    { base: 0.01, variation: 0.004, lasts: 0, pods: 0, coldStart: 0, days: 7 },
    '1 % of the requests are bad, one version does not vary beyond chance (learnt from 7 days)',
  ],
  [
    { variation: 0.5, lasts: 120 },
    'one version varies by ±50 % of its rate for 2m at a time (set in the policy)',
  ],
])('says %j', (known, text) => {
  expect(calibrationText({ metric: 'errors', ...known })).toBe(text);
});
