import { type Place, placeOf } from '../../api/release/places.ts';
import type { ReleaseStatus } from '../../api/release/release.ts';
import type { DecisionContext } from '../observed.ts';
import { storedReason } from '../reasons/catalogue.ts';
import { aborting } from './aborting.ts';
import { pending } from './pending.ts';
import { type Progress, type StageProgress, wait } from './progress.ts';
import { promoting } from './promoting.ts';
import { starting } from './starting.ts';
import { stepping } from './stepping.ts';

/** Nothing more happens: the reason of its end stays. */
const ended: StageProgress = (_observation, { phase, reason, message }) =>
  wait(storedReason(reason ?? phase), message ?? '');

/** The stages of a phase by their places. */
function within<P extends string, S extends string>(
  phase: P,
  stages: Readonly<Record<S, StageProgress>>,
): Record<`${P}.${S}`, StageProgress> {
  const entries = Object.entries(stages).map(([stage, progress]) => [`${phase}.${stage}`, progress]);
  return Object.fromEntries(entries) as Record<`${P}.${S}`, StageProgress>;
}

const PROGRESS: Readonly<Record<Place, StageProgress>> = {
  Pending: pending,
  ...within('Starting', starting),
  ...within('Stepping', stepping),
  ...within('Promoting', promoting),
  ...within('Aborting', aborting),
  Promoted: ended,
  Aborted: ended,
  Superseded: ended,
  Cancelled: ended,
};

/** The progress of the current stage. Total over every place. */
export function progressOf(observation: DecisionContext, status: ReleaseStatus): Progress {
  return PROGRESS[placeOf(status.phase, status.stage)](observation, status);
}
