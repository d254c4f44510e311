import type { Stage } from '../../api/release/places.ts';
import type { ReleaseStatus } from '../../api/release/release.ts';

/** Names of stages in statuses of version 1 of the machine, and their current names. */
const RENAMED: Readonly<Record<string, Stage>> = {
  Rejoining: 'RestoringRoutes',
  Clearing: 'CleaningUp',
  Yielding: 'RestoringNewerTemplate',
  Opening: 'BypassingSubsets',
  Retreating: 'ReturningToStable',
};

const renamed = <T extends string>(stage: T): T | Stage => RENAMED[stage] ?? stage;

/** The status with the stage names of this version of the machine, so that a release under way continues where it was. */
export function withCurrentNames(status: ReleaseStatus): ReleaseStatus {
  if (status.machineVersion > 1) return status;
  const { stage, trail } = status;
  return {
    ...status,
    machineVersion: 2,
    ...(stage === undefined ? {} : { stage: renamed(stage) }),
    ...(trail === undefined
      ? {}
      : {
          trail: trail.map((passage) => ({
            ...passage,
            phase: passage.phase.split('.').map(renamed).join('.'),
          })),
        }),
  };
}
