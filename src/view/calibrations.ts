import { calibrationText } from '../analysis/calibration/calibration-text.ts';
import type { Calibration } from '../api/analysis/calibration.ts';
import { calibrationsFor } from '../release/rollout/calibrations.ts';
import type { CalibrationView } from './analysis-view.ts';
import type { Known } from './view-input.ts';

function view(known: Calibration): CalibrationView {
  const { metric, days, ...figures } = known;
  return {
    metric,
    source: days === undefined ? 'policy' : 'learnt',
    ...figures,
    text: calibrationText(known),
  };
}

/** What is known of the metrics from the past: what the release began with, or what the next one will begin with. */
export function calibrationViews({ release, rollout }: Known): readonly CalibrationView[] {
  if (release !== null) return (release.spec.calibration ?? []).map(view);
  return rollout === null ? [] : knownOf(rollout).map(view);
}

/** Without the templates, metrics are known by name only. */
function knownOf(rollout: NonNullable<Known['rollout']>): Calibration[] {
  const { calibration = [] } = rollout.spec.analysis;
  const names = [...(rollout.status?.learnt?.metrics ?? []), ...calibration].map(({ metric }) => metric);
  return calibrationsFor(rollout, [...new Set(names)]);
}
