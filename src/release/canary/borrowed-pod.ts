import type { ReleaseStatus } from '../../api/release/release.ts';
import type { Observation } from '../observed.ts';
import { type Progress, wait } from '../stages/progress.ts';
import { stageOf } from '../stages/table.ts';

/** The size of a Deployment while a release has borrowed one of its pods. */
export function sizeWhileBorrowed(borrowed: number): number {
  return borrowed - 1;
}

/** Records that a pod will be borrowed before that happens, so that it is returned in any case. */
export function withBorrowedPod({ deployment, release }: Observation, status: ReleaseStatus): ReleaseStatus {
  const isTime = stageOf(status).workload === 'lending' && status.borrowed === undefined;
  if (!isTime || release.spec.policy.canary.mode !== 'borrow' || deployment === null) return status;
  return deployment.replicas < 2 ? status : { ...status, borrowed: deployment.replicas };
}

/** `then`, once a borrowed pod is returned. A size that somebody else has set in the meantime is kept. */
export function onceReturned(
  { deployment }: Observation,
  { borrowed }: ReleaseStatus,
  then: () => Progress,
): Progress {
  return borrowed !== undefined && deployment?.replicas === sizeWhileBorrowed(borrowed)
    ? wait('GivingBack', `the Deployment gets back its ${borrowed} pods`)
    : then();
}
