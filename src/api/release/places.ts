import { z } from 'zod';

/** Phases of a release and their stages; a phase without stages is a place by itself. */
export const STAGES = {
  Pending: [],
  Starting: ['Preparing', 'Routing', 'Loading'],
  Stepping: ['Scaling', 'Connecting', 'Shifting', 'Analysing', 'Recovering'],
  Promoting: [
    'Sizing',
    'RestoringRoutes',
    'HandingOver',
    'Updating',
    'Unsplitting',
    'CleaningUp',
    'RestoringNewerTemplate',
  ],
  Aborting: [
    'Draining',
    'BypassingSubsets',
    'Removing',
    'ReturningToStable',
    'RestoringRoutes',
    'CleaningUp',
  ],
  Promoted: [],
  Aborted: [],
  Superseded: [],
  Cancelled: [],
} as const;

type Stages = typeof STAGES;
/** Where a release is. */
export type Phase = keyof Stages;
export const PHASES = Object.keys(STAGES) as [Phase, ...Phase[]];
export const Phase = z.enum(PHASES);

/** The stages within a phase. */
export type StageOf<P extends Phase> = Stages[P][number];
/** A stage of any phase. */
export type Stage = StageOf<Phase>;
/** Phase and stage as one word, as in the trail of a Release: `Stepping.Analysing`, `Pending`. */
export type Place = {
  [P in Phase]: [StageOf<P>] extends [never] ? P : `${P}.${StageOf<P>}`;
}[Phase];

/** The place of a phase and a stage; undefined if only a newer controller knows it. */
export function placeOf(phase: Phase, stage?: Stage): Place {
  return (stage === undefined ? phase : `${phase}.${stage}`) as Place;
}

/** Every place, in the order in which a release comes through them. */
export const PLACES: readonly Place[] = PHASES.flatMap((phase) => {
  const stages: readonly Stage[] = STAGES[phase];
  return stages.length === 0 ? [placeOf(phase)] : stages.map((stage) => placeOf(phase, stage));
});

/** Whether there is such a place. */
export function isPlace(phase: string, stage: string | undefined): boolean {
  const stages: readonly string[] | undefined = Object.hasOwn(STAGES, phase)
    ? STAGES[phase as Phase]
    : undefined;
  if (stages === undefined) return false;
  return stage === undefined ? stages.length === 0 : stages.includes(stage);
}

/** Each phase that has stages, with their names, for the reference. */
export const STAGES_TEXT = Object.entries(STAGES)
  .filter(([, stages]) => stages.length > 0)
  .map(([phase, stages]) => `${phase}: ${stages.join(', ')}`)
  .join('; ');
