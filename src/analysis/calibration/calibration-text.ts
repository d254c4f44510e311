import type { Calibration } from '../../api/analysis/calibration.ts';
import { formatDuration } from '../../api/values/duration.ts';
import { countOf, percentText } from '../verdict/number-text.ts';

/** A difference of rates: `±0.6 pp`. */
const points = (share: number): string => `±${percentText(share).replace('%', 'pp')}`;
const secondsText = (seconds: number): string => formatDuration(Math.round(seconds) * 1_000);

/** A variation of a rate: in percentage points where the rate is known. */
function sizeOf(cv: number, base: number | undefined): string {
  return base === undefined ? `±${percentText(cv)} of its rate` : points(cv * base);
}

function variationText({ variation, lasts, base }: Calibration): string[] {
  if (variation === undefined) return [];
  if (variation * (base ?? 1) < 0.000_05) return ['one version does not vary beyond chance'];
  const time = lasts === undefined || lasts === 0 ? '' : ` for ${secondsText(lasts)} at a time`;
  return [`one version varies by ${sizeOf(variation, base)}${time}`];
}

/** What is known of a metric before a release, in one sentence without its name. */
export function calibrationText(known: Calibration): string {
  const { base, pods, coldStart, days } = known;
  const parts = [
    ...(base === undefined ? [] : [`${percentText(base)} of the requests are bad`]),
    ...variationText(known),
    ...(pods === undefined || pods * (base ?? 1) < 0.000_05 ? [] : [`pods differ by ${sizeOf(pods, base)}`]),
    ...(coldStart === undefined || coldStart === 0
      ? []
      : [`new pods are cold for ${secondsText(coldStart)}`]),
  ];
  const source = days === undefined ? 'set in the policy' : `learnt from ${countOf(days, 'day')}`;
  return `${parts.length === 0 ? 'nothing is known yet' : parts.join(', ')} (${source})`;
}
