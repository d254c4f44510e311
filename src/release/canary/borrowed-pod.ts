import type { ReleaseStatus } from '../../api/release.ts';
import type { Observation } from '../observed.ts';
import { type Progress, wait } from '../stages/progress.ts';
import { stageOf } from '../stages/table.ts';

/** The size that a Deployment has while a release has borrowed one of its pods. */
export function sizeWhileBorrowed(borrowed: number): number {
  return borrowed - 1;
}

/** Notes that a pod is to be borrowed, before it is: so that it is given back whatever happens. */
export function withBorrowedPod({ deployment, release }: Observation, status: ReleaseStatus): ReleaseStatus {
  const isTime = stageOf(status).workload === 'lending' && status.borrowed === undefined;
  if (!isTime || release.spec.policy.canary.mode !== 'borrow' || deployment === null) return status;
  return deployment.replicas < 2 ? status : { ...status, borrowed: deployment.replicas };
}

/** `then`, once a borrowed pod is given back. A size that somebody else has set meanwhile stands. */
export function onceReturned(
  { deployment }: Observation,
  { borrowed }: ReleaseStatus,
  then: () => Progress,
): Progress {
  return borrowed !== undefined && deployment?.replicas === sizeWhileBorrowed(borrowed)
    ? wait('GivingBack', `the Deployment gets back its ${borrowed} pods`)
    : then();
}
