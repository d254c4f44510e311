import type { Release, ReleaseStatus } from '../api/release.ts';
import { fixedSteps } from '../api/steps.ts';
import { stepCount } from '../release/strategy/steps.ts';

/** A step of a release, or the promotion after the last, and whether it is behind, under way, ahead, or where it ended. */
export interface StepMark {
  readonly name: string;
  readonly state: 'done' | 'skipped' | 'current' | 'ahead' | 'failed';
}

function markOf(at: number, step: number, status: ReleaseStatus | undefined): StepMark['state'] {
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

/** The weights of a release, as far as they are known, and whether more are to be chosen. */
export function weightsOf({
  spec: { policy },
  status = {},
}: Pick<Release, 'spec'> & { status?: Pick<ReleaseStatus, 'weights'> | undefined }): {
  readonly known: readonly number[];
  readonly more: boolean;
} {
  if (policy.autoSteps === undefined)
    return { known: fixedSteps(policy).map(({ weight }) => weight), more: false };
  return { known: status.weights ?? [policy.autoSteps.min], more: stepCount(policy, status) === null };
}

/** The way of a release: its steps and the promotion. */
export function stepMarks({ spec, status }: Release): readonly StepMark[] {
  const { known, more } = weightsOf({ spec, status });
  const names = [...known.map((weight) => `${weight} %`), ...(more ? ['…'] : []), 'promotion'];
  const promoting = status?.phase === 'Promoting' || status?.handedOver === true;
  const step = promoting ? names.length - 1 : (status?.step ?? 0);
  return names.map((name, at) => {
    const state = markOf(at, step, status);
    const skipped = state === 'done' && at < names.length - 1 && wasSkipped(at, spec, status);
    return { name, state: skipped ? 'skipped' : state };
  });
}

/** Whether a step that lies behind was left without its verdict, or left out wholly. */
function wasSkipped(at: number, { promote }: Release['spec'], status: Release['status']): boolean {
  const leftOut = promote !== undefined && at > (status?.step ?? 0);
  return leftOut || status?.skips?.some(({ step }) => step === at) === true;
}
