import type { Release, ReleaseStatus } from '../api/release/release.ts';
import { fixedSteps, type Step } from '../api/rollout/steps.ts';
import { stepCount, stepLabel } from '../release/strategy/steps.ts';
import type { StepView } from './release-view.ts';

function stateOf(at: number, step: number, status: ReleaseStatus | undefined): StepView['state'] {
  const { phase = 'Pending', outcome, exposedAt } = status ?? {};
  if (phase === 'Promoted') return 'done';
  const failed =
    outcome !== undefined || phase === 'Aborted' || phase === 'Superseded' || phase === 'Cancelled';
  if (failed && exposedAt === undefined) return 'ahead';
  if (at < step) return 'done';
  if (at > step) return 'ahead';
  if (failed) return 'failed';
  return phase === 'Pending' || phase === 'Starting' ? 'ahead' : 'current';
}

/** The known steps of a release, and whether more will be chosen. */
export function stepsOf({
  spec: { policy },
  status = {},
}: Pick<Release, 'spec'> & { status?: Pick<ReleaseStatus, 'weights'> | undefined }): {
  readonly known: readonly Step[];
  readonly more: boolean;
} {
  if (policy.autoSteps === undefined) return { known: fixedSteps(policy), more: false };
  const weights = status.weights ?? [policy.autoSteps.min];
  return { known: weights.map((weight) => ({ weight })), more: stepCount(policy, status) === null };
}

/** The steps of a release in order, and the promotion. */
export function stepViews({ spec, status }: Release): readonly StepView[] {
  const { known, more } = stepsOf({ spec, status });
  const steps: Omit<StepView, 'state'>[] = [
    ...known.map((step) => ({
      name: stepLabel(step),
      ...(step.weight === undefined ? {} : { weight: step.weight }),
    })),
    ...(more ? [{ name: '…' }] : []),
    { name: 'promotion' },
  ];
  const last = steps.length - 1;
  const promoting = status?.phase === 'Promoting' || status?.handedOver === true;
  const step = promoting ? last : (status?.step ?? 0);
  return steps.map((one, at) => {
    const state = stateOf(at, step, status);
    const skipped = state === 'done' && at < last && wasSkipped(at, spec, status);
    return { ...one, state: skipped ? 'skipped' : state };
  });
}

/** Whether a past step ended without its verdict, or was left out. */
function wasSkipped(at: number, { promote }: Release['spec'], status: Release['status']): boolean {
  const leftOut = promote !== undefined && at > (status?.step ?? 0);
  return leftOut || status?.skips?.some(({ step }) => step === at) === true;
}
