import { isPlace, type Place, placeOf } from '../../api/release/places.ts';
import type { ReleaseStatus } from '../../api/release/release.ts';
import type { StageColumns } from './columns.ts';

type Common = Omit<StageColumns, 'label'>;

const NOTHING: Common = {
  route: 'none',
  canary: 'left',
  size: 'kept',
  workload: 'left',
  ownsTemplate: false,
  weight: 'zero',
  judged: false,
  analysis: 'none',
  podsWatched: 'no',
  warmsUp: false,
  grows: false,
  recovers: false,
  claimsBudget: false,
  abandonable: false,
  updateAhead: false,
  step: 'kept',
  deadline: null,
};

const TRIED: Common = { ...NOTHING, podsWatched: 'yes', abandonable: true, updateAhead: true };
const STARTING: Common = { ...TRIED, size: 'first', step: 'start', deadline: 'start' };
const STEPPING: Common = {
  ...TRIED,
  route: 'split',
  canary: 'detached',
  size: 'step',
  weight: 'kept',
  judged: true,
  step: 'weight',
  deadline: 'step',
};
const PROMOTING: Common = {
  ...TRIED,
  route: 'prepared',
  weight: 'kept',
  judged: true,
  step: 'promotion',
  deadline: 'promotion',
};
const PROMOTED: Common = {
  ...NOTHING,
  route: 'untouched',
  weight: 'kept',
  step: 'promotion',
  deadline: 'promotion',
};

/** The properties of all places. A new place without a row here does not compile. */
const TABLE: Readonly<Record<Place, StageColumns>> = {
  Pending: { ...NOTHING, label: 'preflight checks', step: 'start', claimsBudget: true, abandonable: true },

  'Starting.Preparing': { ...STARTING, label: 'adding the subsets', route: 'prepared' },
  'Starting.Routing': {
    ...STARTING,
    label: 'sending all traffic to stable by name',
    route: 'closed',
    claimsBudget: true,
  },
  'Starting.Loading': {
    ...STARTING,
    label: 'loading the canary',
    route: 'closed',
    canary: 'detached',
    workload: 'lending',
    analysis: 'start',
    judged: true,
    podsWatched: 'awaited',
    warmsUp: true,
  },

  'Stepping.Scaling': {
    ...STEPPING,
    label: 'adding canary pods',
    analysis: 'ahead',
    podsWatched: 'awaited',
    warmsUp: true,
    grows: true,
  },
  'Stepping.Connecting': {
    ...STEPPING,
    label: 'opening connections',
    weight: 'connect',
    judged: false,
    analysis: 'ahead',
  },
  'Stepping.Shifting': {
    ...STEPPING,
    label: 'raising the weight',
    weight: 'step',
    judged: false,
    analysis: 'ahead',
  },
  'Stepping.Analysing': { ...STEPPING, label: 'judging the canary', analysis: 'step' },
  'Stepping.Recovering': {
    ...STEPPING,
    label: 'waiting for a ready canary pod',
    weight: 'zero',
    judged: false,
    grows: true,
    recovers: true,
  },

  'Promoting.Sizing': {
    ...PROMOTING,
    label: 'sizing the canary for the handover',
    route: 'split',
    canary: 'detached',
    size: 'handover',
    podsWatched: 'awaited',
    warmsUp: true,
    grows: true,
  },
  'Promoting.RestoringRoutes': {
    ...PROMOTING,
    label: 'restoring the routes',
    canary: 'detached',
    size: 'handover',
    warmsUp: true,
  },
  'Promoting.HandingOver': {
    ...PROMOTING,
    label: 'handing the canary pods over',
    route: 'keptWhole',
    canary: 'handedOver',
  },
  'Promoting.Updating': {
    ...PROMOTING,
    label: 'updating the other pods',
    route: 'keptWhole',
    workload: 'canary',
    ownsTemplate: true,
    podsWatched: 'awaited',
  },
  'Promoting.Unsplitting': {
    ...PROMOTED,
    label: 'restoring the routes',
    route: 'prepared',
    ownsTemplate: true,
  },
  'Promoting.CleaningUp': { ...PROMOTED, label: 'cleaning up', workload: 'repaid', ownsTemplate: true },
  'Promoting.RestoringNewerTemplate': {
    ...PROMOTED,
    label: 'restoring the newer template',
    workload: 'newer',
  },

  'Aborting.Draining': { ...NOTHING, label: 'draining the canary', route: 'withdrawn' },
  'Aborting.BypassingSubsets': { ...NOTHING, label: 'bypassing the subsets', route: 'prepared' },
  'Aborting.Removing': {
    ...NOTHING,
    label: 'removing the canary pods',
    route: 'withdrawn',
    canary: 'absent',
  },
  'Aborting.ReturningToStable': {
    ...NOTHING,
    label: 'updating back to stable',
    route: 'returning',
    canary: 'absent',
    workload: 'stable',
    ownsTemplate: true,
    weight: 'all',
  },
  'Aborting.RestoringRoutes': {
    ...NOTHING,
    label: 'restoring the routes',
    route: 'prepared',
    canary: 'absent',
    workload: 'repaid',
  },
  'Aborting.CleaningUp': {
    ...NOTHING,
    label: 'cleaning up',
    route: 'untouched',
    canary: 'absent',
    workload: 'final',
  },

  Promoted: { ...NOTHING, label: 'the new version serves', step: 'promotion', weight: 'all' },
  Aborted: { ...NOTHING, label: 'rolled back, stable serves' },
  Superseded: { ...NOTHING, label: 'ended by a newer template' },
  Cancelled: { ...NOTHING, label: 'ended without a verdict' },
};

/** The row of a place. A place of another version of the controller has nothing of ours. */
export function stageOf({ phase, stage }: Pick<ReleaseStatus, 'phase' | 'stage'>): StageColumns {
  const place = placeOf(phase, stage);
  return isPlace(phase, stage) ? TABLE[place] : { ...NOTHING, label: place };
}
