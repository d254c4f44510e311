import type { Release, ReleaseStatus } from '../../api/release/release.ts';
import type { AcceptedAction } from '../../api/release/release-actions.ts';
import { fixedSteps } from '../../api/rollout/steps.ts';
import type { Observation } from '../observed.ts';
import type { Notice } from '../status/notice.ts';
import { stepCount, stepLabel, stepTextOf } from '../strategy/steps.ts';
import { type Standing, whoOf } from './approval.ts';

type Spec = Pick<Release, 'spec'>;
type Action = NonNullable<Release['spec']['promote']>;

/** The channel of actions on the Release itself, by kubectl, the command line or any other client. */
const VIA = 'kubernetes';

/** A step for people: `step 1/3 (10 %)`. */
export function stepName({ spec: { policy }, status = {} }: Standing, step: number): string {
  return `step ${stepTextOf(policy, status, step)}`;
}

/** Who did it, through which channel and why, as the end of a sentence. */
function actionText(action: Action): string {
  return `by ${whoOf(action)} through ${VIA}${action.reason === undefined ? '' : `: ${action.reason}`}`;
}

/** Who skipped a step, or null. A bare `skipStep` has no name. */
export function skipOf({ spec }: Spec, step: number): Action | null {
  return spec.skips?.find((one) => one.step === step) ?? (spec.skipStep === step ? {} : null);
}

/** The message about a skipped step. */
export function skipText(release: Standing, step: number, action: Action): string {
  return `${stepName(release, step)} skipped ${actionText(action)}`;
}

/** The message about a full promotion. */
export function promoteText(action: Action): string {
  return `full promotion ${actionText(action)}`;
}

/** The steps that a full promotion now would skip, such as `25 %, 50 %`. */
export function leftOut({ spec: { policy }, status = {} }: Standing, step: number): string {
  if (policy.autoSteps !== undefined)
    return stepCount(policy, status) === null ? 'the weights that are yet to be chosen' : '';
  return fixedSteps(policy)
    .slice(step + 1)
    .map(stepLabel)
    .join(', ');
}

/** How a release passed its steps, as the beginning of a sentence. */
export function passageText({ spec }: Spec, { skips = [] }: Pick<ReleaseStatus, 'skips'>): string {
  if (spec.promote !== undefined) return `promoted in full by ${whoOf(spec.promote)}`;
  if (skips.length === 0) return 'every step passed';
  return `every step passed or was skipped (${skips.map(({ step, who }) => `${step + 1} by ${who}`).join(', ')})`;
}

function taken(action: Action, now: number): AcceptedAction {
  const at = new Date(now).toISOString();
  return {
    who: whoOf(action),
    via: VIA,
    ...(action.reason === undefined ? {} : { reason: action.reason }),
    at,
  };
}

function takeSkips({ release, now }: Observation, status: ReleaseStatus): ReturnType<typeof takeShortcuts> {
  const known = status.skips ?? [];
  const { skips = [], skipStep } = release.spec;
  const bare = skipStep === undefined || skips.some(({ step }) => step === skipStep) ? [] : [skipStep];
  const asked = [...skips, ...bare.map((step) => ({ step }))];
  const fresh = asked.filter(({ step }) => !known.some((old) => old.step === step));
  if (fresh.length === 0) return { status, notices: [] };
  const added = fresh.map(({ step, ...action }) => ({ step, ...taken(action, now) }));
  const notices = fresh.map(({ step, ...action }): Notice => {
    const note = skipText({ spec: release.spec, status }, step, action).slice(0, 1_000);
    return { type: 'Normal', reason: 'StepSkipped', note };
  });
  return { status: { ...status, skips: [...known, ...added].slice(-21) }, notices };
}

function takePromote({ release, now }: Observation, status: ReleaseStatus): ReturnType<typeof takeShortcuts> {
  const { promote } = release.spec;
  if (promote === undefined || status.promote !== undefined) return { status, notices: [] };
  const note = `${promoteText(promote)} (steps and windows that remain are left out)`.slice(0, 1_000);
  return {
    status: { ...status, promote: taken(promote, now) },
    notices: [{ type: 'Normal', reason: 'FullPromotion', note }],
  };
}

/** The status with new skips and a new full promotion, and the messages about them. */
export function takeShortcuts(
  seen: Observation,
  status: ReleaseStatus,
): { readonly status: ReleaseStatus; readonly notices: readonly Notice[] } {
  const skipped = takeSkips(seen, status);
  const promoted = takePromote(seen, skipped.status);
  return { status: promoted.status, notices: [...skipped.notices, ...promoted.notices] };
}
