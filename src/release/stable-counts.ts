import type { JudgeContext } from '../analysis/verdict/judge.ts';
import { isCompared, stableNeeds } from '../analysis/verdict/judge-alone.ts';
import type { ReleaseSpec, ReleaseStatus } from '../api/release/release.ts';
import type { Policy } from '../api/rollout/rollout.ts';
import { fixedSteps } from '../api/rollout/steps.ts';
import { durationMs } from '../api/values/duration.ts';
import type { Observation } from './observed.ts';
import { type Progress, wait } from './stages/progress.ts';
import { greatestLoad } from './strategy/steps.ts';

/** The weight of the first step that has one. */
function firstWeight(policy: Policy): number | undefined {
  const { autoSteps } = policy;
  return autoSteps?.min ?? fixedSteps(policy).find(({ weight }) => weight !== undefined)?.weight;
}

/**
 * Whether the canary's first share of the traffic is all of it, and metrics compare it with stable: then stable is counted
 * before.
 */
export function remembersStable({ policy, metrics, rollback, promote, shares }: ReleaseSpec): boolean {
  const isWhole = firstWeight(policy) === 100 && shares === undefined;
  return isWhole && rollback === undefined && promote === undefined && metrics.some(isCompared);
}

/** What becomes of stable's counts at a weight in percent. */
export function stableAt(policy: Policy, weight: number): JudgeContext['stable'] {
  if (weight === 100) return 'gone';
  return greatestLoad(policy) === 100 ? 'remembered' : undefined;
}

/** `then`, once stable's counts suffice to compare the canary with when that has all traffic. */
export function stableCounted(
  { release, now }: Observation,
  status: ReleaseStatus,
  then: () => Progress,
): Progress {
  const { spec } = release;
  if (!remembersStable(spec)) return then();
  const { analysis, deadlines } = spec.policy;
  const states = status.analysis?.metrics ?? [];
  const missing = spec.metrics
    .map((metric) =>
      stableNeeds(
        analysis,
        metric,
        states.find(({ name }) => name === metric.name),
      ),
    )
    .filter((one) => one !== null);
  if (missing.length === 0) return then();
  const what = `stable is counted, to compare the canary with when that has all traffic: ${missing.join('; ')}`;
  const lateAt = (Date.parse(status.availableAt ?? '') || now) + durationMs(deadlines.start);
  if (now < lateAt) return wait('StableCounting', what, lateAt);
  const help = `Promote without a comparison (sluice promote ${release.metadata.name}), or abort`;
  return wait(
    'StableUncounted',
    `${what}. That takes longer than ${deadlines.start} (deadlines.start): has stable any traffic? ${help}`,
  );
}
