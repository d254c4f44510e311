import type { ReleaseStatus } from '../../api/release/release.ts';
import { sharedConfigNote } from '../../workload/shared-config.ts';
import type { Observation } from '../observed.ts';
import { gated, type Progress, proceed, roomy, wait } from './progress.ts';

/** How often preflight is repeated while there is a problem, in addition to wakes. */
const PREFLIGHT_MS = 10_000;

/** The progress towards a start. */
export function pending(observation: Observation, status: ReleaseStatus): Progress {
  const { preflight, now } = observation;
  if (preflight === null) return wait('Preflight', 'routes and metrics are being checked', now + 1_000);
  if ('problem' in preflight)
    return wait(preflight.problem.reason, preflight.problem.message, now + PREFLIGHT_MS);
  return gated(observation, status, 'start', () =>
    roomy(observation, () => proceed('PreflightPassed', `preflight checks passed${remarkOn(observation)}`)),
  );
}

/** Notes about a starting release that are no reason to wait. */
function remarkOn({ deployment, release }: Observation): string {
  return deployment === null ? '' : sharedConfigNote(release.spec.stable.template, deployment.template);
}
