import type { JudgeContext } from '../analysis/verdict/judge.ts';
import { isCompared, stableNeeds } from '../analysis/verdict/judge-alone.ts';
import type { ReleaseSpec, ReleaseStatus } from '../api/release/release.ts';
import type { Policy } from '../api/rollout/rollout.ts';
import { durationMs } from '../api/values/duration.ts';
import type { Observation } from './observed.ts';
import { type Progress, wait } from './stages/progress.ts';
import { greatestWeight, stepWeight } from './strategy/steps.ts';

/** Whether the first traffic of the canary is all of it, and metrics compare it with stable: then stable is counted before. */
export function remembersStable({ policy, metrics, rollback, promote }: ReleaseSpec): boolean {
  const isWhole = stepWeight(policy, {}, 0) === 100;
  return isWhole && rollback === undefined && promote === undefined && metrics.some(isCompared);
}

/** What becomes of stable's counts at a weight in percent. */
export function stableAt(policy: Policy, weight: number): JudgeContext['stable'] {
  if (weight === 100) return 'gone';
  return greatestWeight(policy) === 100 ? 'remembered' : undefined;
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
