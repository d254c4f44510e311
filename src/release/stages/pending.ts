import type { ReleaseStatus } from '../../api/release.ts';
import { sharedConfigNote } from '../../workload/shared-config.ts';
import type { Observation } from '../observed.ts';
import { gated, type Progress, proceed, roomy, wait } from './progress.ts';

/** How often preflight is tried again while a problem stands, beside being woken. */
const PREFLIGHT_MS = 10_000;

/** How the wait for a start stands. */
export function pending(observation: Observation, status: ReleaseStatus): Progress {
  const { preflight, now } = observation;
  if (preflight === null) return wait('Preflight', 'routes and metrics are being checked', now + 1_000);
  if ('problem' in preflight)
    return wait(preflight.problem.reason, preflight.problem.message, now + PREFLIGHT_MS);
  return gated(observation, status, 'start', () =>
    roomy(observation, () => proceed('PreflightPassed', `preflight checks passed${remarkOn(observation)}`)),
  );
}

/** What is no reason to wait, but should be known when a release begins. */
function remarkOn({ deployment, release }: Observation): string {
  return deployment === null ? '' : sharedConfigNote(release.spec.stable.template, deployment.template);
}
