import type { ReleaseStatus } from '../../api/release/release.ts';
import { sharedConfigNote } from '../../workload/shared-config.ts';
import type { Observation } from '../observed.ts';
import { gateBefore } from '../strategy/steps.ts';
import { gated, isByPods, type Progress, proceed, roomy, wait } from './progress.ts';

/** How often preflight is repeated while there is a problem, in addition to wakes. */
const PREFLIGHT_MS = 10_000;

/** The progress towards a start. */
export function pending(observation: Observation, status: ReleaseStatus): Progress {
  const { preflight, now } = observation;
  if (preflight === null) return wait('Preflight', 'routes and metrics are being checked', now + 1_000);
  if ('problem' in preflight)
    return wait(preflight.problem.reason, preflight.problem.message, now + PREFLIGHT_MS);
  return gated(observation, status, 'start', () =>
    beforePods(observation, status, () =>
      roomy(observation, () => proceed('PreflightPassed', `preflight checks passed${remarkOn(observation)}`)),
    ),
  );
}

/** `then`, after the gate of the first step where its pods have traffic as soon as they are ready. */
function beforePods(observation: Observation, status: ReleaseStatus, then: () => Progress): Progress {
  if (!isByPods(observation)) return then();
  const first = gateBefore(observation.release.spec.policy, status, 0) ?? 'start';
  return gated(observation, status, first, then);
}

/** Notes about a starting release that are no reason to wait. */
function remarkOn({ deployment, release }: Observation): string {
  const { rounding, stable } = release.spec;
  const shared = deployment === null ? '' : sharedConfigNote(stable.template, deployment.template);
  return `${rounding === undefined ? '' : `; ${rounding}`}${shared}`;
}
