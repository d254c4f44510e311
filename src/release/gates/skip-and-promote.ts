import type { Release, ReleaseStatus } from '../../api/release.ts';
import type { Taken } from '../../api/release-actions.ts';
import { fixedSteps } from '../../api/steps.ts';
import type { Observation } from '../observed.ts';
import type { Notice } from '../status/notice.ts';
import { stepCount, stepTextOf } from '../strategy/steps.ts';
import { type Standing, whoOf } from './approval.ts';

type Spec = Pick<Release, 'spec'>;
type Deed = NonNullable<Release['spec']['promote']>;

/** How a person acts on a Release itself, be it with kubectl, the command line or anything else. */
const VIA = 'kubernetes';

/** How a step is told to people: `step 1/3 (10 %)`. */
export function stepName({ spec: { policy }, status = {} }: Standing, step: number): string {
  return `step ${stepTextOf(policy, status, step)}`;
}

/** Who did it, by what way and why, as the end of a sentence. */
function deedText(deed: Deed): string {
  return `by ${whoOf(deed)} through ${VIA}${deed.reason === undefined ? '' : `: ${deed.reason}`}`;
}

/** Who asked for a step to be left without its verdict, or null. A bare `skipStep` has no name to it. */
export function skipOf({ spec }: Spec, step: number): Deed | null {
  return spec.skips?.find((one) => one.step === step) ?? (spec.skipStep === step ? {} : null);
}

/** What is told of a step that was skipped. */
export function skipText(release: Standing, step: number, deed: Deed): string {
  return `${stepName(release, step)} skipped ${deedText(deed)}`;
}

/** What is told of a full promotion that was asked for. */
export function promoteText(deed: Deed): string {
  return `full promotion ${deedText(deed)}`;
}

/** The steps that a full promotion at this moment leaves out, such as `25 %, 50 %`. */
export function leftOut({ spec: { policy }, status = {} }: Standing, step: number): string {
  if (policy.autoSteps !== undefined)
    return stepCount(policy, status) === null ? 'the weights that are yet to be chosen' : '';
  return fixedSteps(policy)
    .slice(step + 1)
    .map(({ weight }) => `${weight} %`)
    .join(', ');
}

/** How a release came through its steps, as the beginning of a sentence. */
export function passageText({ spec }: Spec, { skips = [] }: Pick<ReleaseStatus, 'skips'>): string {
  if (spec.promote !== undefined) return `promoted in full by ${whoOf(spec.promote)}`;
  if (skips.length === 0) return 'every step passed';
  return `every step passed or was skipped (${skips.map(({ step, who }) => `${step + 1} by ${who}`).join(', ')})`;
}

function taken(deed: Deed, now: number): Taken {
  const at = new Date(now).toISOString();
  return {
    who: whoOf(deed),
    via: VIA,
    ...(deed.reason === undefined ? {} : { reason: deed.reason }),
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
  const added = fresh.map(({ step, ...deed }) => ({ step, ...taken(deed, now) }));
  const notices = fresh.map(({ step, ...deed }): Notice => {
    const note = skipText({ spec: release.spec, status }, step, deed).slice(0, 1_000);
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

/** The status with the skips and the full promotion that it does not have yet, and what is told of them. */
export function takeShortcuts(
  seen: Observation,
  status: ReleaseStatus,
): { readonly status: ReleaseStatus; readonly notices: readonly Notice[] } {
  const skipped = takeSkips(seen, status);
  const promoted = takePromote(seen, skipped.status);
  return { status: promoted.status, notices: [...skipped.notices, ...promoted.notices] };
}
