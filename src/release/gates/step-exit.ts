import { heldBy, judgeStep, type StepVerdict } from '../../analysis/verdict/judge.ts';
import { hasLeastEvidence } from '../../analysis/verdict/state.ts';
import { canDecide, winnerOf } from '../../analysis/verdict/winner.ts';
import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { MetricState } from '../../api/release/analysis-state.ts';
import type { AbTest } from '../../api/rollout/ab-test.ts';
import type { Policy } from '../../api/rollout/rollout.ts';
import { bakesOf } from '../../api/rollout/steps.ts';
import { durationMs } from '../../api/values/duration.ts';
import { nextWeight } from '../strategy/next-weight.ts';
import { isFreeStep, staysAt } from '../strategy/steps.ts';

/** The input for deciding whether a step may end. */
export interface StepExitInput {
  readonly policy: Policy;
  readonly metrics: readonly Metric[];
  readonly states: readonly MetricState[];
  readonly step: number;
  /** Weight of the step, in percent. */
  readonly weight: number;
  /** Since the weight is in force, in milliseconds. */
  readonly elapsedMs: number;
}

/** How a step continues by its evidence; `untilMs` has the same origin as `elapsedMs`. */
export type StepExit =
  | {
      readonly kind: 'waits';
      readonly reason:
        | 'Analysing'
        | 'Baking'
        | 'BakeOverdue'
        | 'Previewing'
        | 'Testing'
        | 'StableWon'
        | 'SharedFault'
        | 'ColdStart';
      readonly message: string;
      readonly untilMs?: number;
    }
  | {
      readonly kind: 'passes';
      readonly reason: 'StepPassed' | 'StepInconclusive' | 'Previewed' | 'TestOver' | 'CanaryWon';
      readonly message: string;
    };

/** Bake times of a step in milliseconds. */
function bakesMs(policy: Policy, step: number): { readonly least: number; readonly most: number } {
  const { bake, maxBake } = bakesOf(policy, step);
  return {
    least: bake === undefined ? 0 : durationMs(bake),
    most: maxBake === undefined ? Number.POSITIVE_INFINITY : durationMs(maxBake),
  };
}

/** What to do with undecided evidence. */
function undecided(seen: StepExitInput, why: string): StepExit {
  const { policy, metrics, states, step, elapsedMs } = seen;
  const at = staysAt(policy, seen);
  const { onInconclusive } = policy.analysis;
  const { most } = bakesMs(policy, step);
  if (elapsedMs < most) {
    const end = Number.isFinite(most) ? { untilMs: most } : {};
    return { kind: 'waits', reason: 'Analysing', message: why, ...end };
  }
  const { maxBake } = bakesOf(policy, step);
  const late =
    policy.abTest === undefined
      ? `the evidence does not decide within ${maxBake} (maxBake)`
      : `the test does not decide within ${policy.abTest.for} (abTest.for)`;
  if (onInconclusive !== 'promote') {
    const then = onInconclusive === 'hold' ? ` and it stays at ${at}` : '';
    const help = onInconclusive === 'hold' ? `. Abort, or set spec.skipStep: ${step}` : '';
    const message = `${late}${then} (analysis.onInconclusive: ${onInconclusive}): ${why}${help}`;
    return { kind: 'waits', reason: 'BakeOverdue', message };
  }
  if (hasLeastEvidence(policy.analysis, states, metrics)) {
    const message = `${late}, so the release continues (analysis.onInconclusive: promote): ${why}`;
    return { kind: 'passes', reason: 'StepInconclusive', message };
  }
  const message = `${late}, nor has every metric the least evidence, so it stays at ${at} though analysis.onInconclusive is promote: ${why}. Abort, or set spec.skipStep: ${step}`;
  return { kind: 'waits', reason: 'BakeOverdue', message };
}

/** A step that needs no evidence ends by time: what is judged in it can only roll back. */
function freely({ policy, step, elapsedMs }: StepExitInput): StepExit {
  const { least } = bakesMs(policy, step);
  return elapsedMs < least
    ? {
        kind: 'waits',
        reason: 'Previewing',
        message: 'the new version can be tried by its preview',
        untilMs: least,
      }
    : { kind: 'passes', reason: 'Previewed', message: 'the new version could be tried by its preview' };
}

/** The end of a test of two versions: never before its time, and by who is to name the winner. */
function tested(seen: StepExitInput, { metrics, decide }: AbTest, judged: StepVerdict): StepExit {
  const { policy, states, step, elapsedMs } = seen;
  const { least } = bakesMs(policy, step);
  const names = metrics ?? seen.metrics.filter(canDecide).map(({ name }) => name);
  const { winner, message } = winnerOf(
    states,
    names,
    Number.parseFloat(policy.analysis.falseAbortRate) / 100,
  );
  if (elapsedMs < least) return { kind: 'waits', reason: 'Testing', message, untilMs: least };
  if (judged.verdict === 'noData' || judged.verdict === 'providerError')
    return { kind: 'waits', reason: 'Analysing', message: judged.message };
  if (decide === 'person') return { kind: 'passes', reason: 'TestOver', message };
  if (winner === 'canary') return { kind: 'passes', reason: 'CanaryWon', message };
  if (winner === 'stable') return { kind: 'waits', reason: 'StableWon', message };
  return undecided({ ...seen, elapsedMs: Number.POSITIVE_INFINITY }, message);
}

/**
 * Whether a step may end. It passes as soon as there is enough evidence and its `bake` is over; with undecided data it
 * bakes until `maxBake`, and then `onInconclusive` decides. Missing data is no evidence: it waits, and `deadlines.step`
 * ends it.
 */
export function stepExitOf(seen: StepExitInput): StepExit {
  const { policy, metrics, states, step, weight, elapsedMs } = seen;
  const judged = judgeStep(policy.analysis, states, metrics);
  if (isFreeStep(policy, step)) return freely(seen);
  const held = heldBy(metrics, states);
  if (judged.verdict === 'inconclusive' && held !== null)
    return { kind: 'waits', reason: held === 'cold' ? 'ColdStart' : 'SharedFault', message: judged.message };
  if (policy.abTest !== undefined) return tested(seen, policy.abTest, judged);
  if (judged.verdict === 'inconclusive') return undecided(seen, judged.message);
  if (!judged.ready) return { kind: 'waits', reason: 'Analysing', message: judged.message };
  const { least } = bakesMs(policy, step);
  if (elapsedMs < least) return { kind: 'waits', reason: 'Baking', message: judged.message, untilMs: least };
  const next = nextWeight(policy, metrics, states, weight);
  if (next === null) return { kind: 'passes', reason: 'StepPassed', message: judged.message };
  if (next.kind === 'stays') return undecided(seen, `${judged.message}; ${next.message}`);
  return { kind: 'passes', reason: 'StepPassed', message: `${next.message}; ${judged.message}` };
}
