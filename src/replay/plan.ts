import { BLOCK } from '../analysis/evidence/block.ts';
import { halfWidth } from '../analysis/evidence/confidence-sequence.ts';
import { cadenceOf } from '../analysis/verdict/cadence.ts';
import { checkOf } from '../analysis/verdict/check.ts';
import { parseIncrease } from '../analysis/verdict/margin.ts';
import type { Metric } from '../api/analysis/analysis-template.ts';
import type { Calibration } from '../api/analysis/calibration.ts';
import type { Cadence } from '../api/rollout/cadence.ts';
import { connectMs } from '../api/rollout/connect.ts';
import { gatesOf } from '../api/rollout/gates.ts';
import type { Policy } from '../api/rollout/rollout.ts';
import { bakesOf, fixedSteps } from '../api/rollout/steps.ts';
import { durationMs } from '../api/values/duration.ts';
import { loadRemark } from '../release/canary/pod-load.ts';
import { canaryPodsAt, type Sized } from '../release/canary/size.ts';
import { isFreeStep, stepAt, stepLabel, stepLoad, stepShare } from '../release/strategy/steps.ts';
import { growthOf } from './growth.ts';
import type { PlanInput, Traffic } from './plan-input.ts';

/** One expected step; times in milliseconds. */
export interface StepPlan {
  /** For people: `25 %`, `match`, or `mirror 20 %`. */
  readonly name: string;
  /** Percent of all requests that the canary answers; 0 if unknown. */
  readonly weight: number;
  readonly pods: number;
  /** Time until canary pods are ready: 0 if no more are needed, null if unknown. */
  readonly loadMs: number | null;
  readonly settleMs: number;
  /** Warm-up and windows; null if the traffic is unknown or never enough. */
  readonly evidenceMs: number | null;
  readonly bakeMs: number;
  /** Everything except loading; null if `evidence` is. */
  readonly takesMs: number | null;
  /** What determines the length of the step. */
  readonly because: string;
  /** Requests of the canary by then, of the metric with the least. */
  readonly requests: number | null;
  readonly gate: string | null;
  readonly problem: string | null;
  /** That the pods of one version get more than twice the requests of the other's, with the fix; null where they compare. */
  readonly uneven: string | null;
}

/** The expected course of a release at this traffic. */
export interface Plan {
  /** Traffic before the first step; null where the policy has none. */
  readonly connect: { readonly weight: number; readonly takesMs: number } | null;
  readonly steps: readonly StepPlan[];
  readonly promotionMs: number | null;
  readonly gates: readonly string[];
  /** Sum of all known times; null if the evidence of a step is unknown. It excludes people's time. */
  readonly totalMs: number | null;
  readonly traffic: readonly Traffic[];
  /** What is known of the metrics from the past. */
  readonly calibrations: readonly Calibration[];
}

/** A window is read this long after its end. */
const READ_MS = 500;

/** Blocks after which a proof is not expected any more. */
const MOST_BLOCKS = 5_000;

interface Need {
  readonly windows: number;
  readonly because: string;
  /** Evidence of earlier steps counts, too. */
  readonly goesOn?: true;
}

/** Windows until the confidence sequence is within the margin, if the canary is as good as stable and requests fail independently. */
function provenWindows(input: PlanInput, metric: Metric, weight: number): number {
  const { policy, metrics, traffic } = input;
  const margin = metric.maxIncrease === undefined ? null : parseIncrease(metric.maxIncrease);
  const found = traffic.find((one) => one.metric === metric.name);
  if (margin === null || found === undefined || !found.perSecond || metric.drift !== undefined) return 0;
  const interval = durationMs(policy.analysis.interval);
  const share = weight / 100;
  const ours = (found.perSecond * share) / 1_000;
  const block = interval * Math.ceil(Math.max(BLOCK.seconds * 1_000, BLOCK.events / ours) / interval);
  const [canary, stable] = [ours * block, (found.perSecond / 1_000) * (1 - share) * block];
  const bad = found.badShare ?? 0;
  const relative = 1 + margin.relative;
  const variance = bad * (1 - bad) * (1 / canary + relative ** 2 / Math.max(1, stable));
  const counted = metrics.filter(({ dryRun }) => !dryRun).length;
  const alpha = Number.parseFloat(policy.analysis.falseAbortRate) / 100 / Math.max(1, counted);
  for (let blocks = 8; blocks <= MOST_BLOCKS; blocks++) {
    const width = halfWidth({ windows: blocks, mean: 0, squares: variance * (blocks - 1) }, alpha);
    if (width - margin.relative * bad <= margin.absolute) return Math.ceil((blocks * block) / interval);
  }
  return Number.POSITIVE_INFINITY;
}

/** Windows until a metric with a cadence has been measured often enough. */
function measuredNeed({ policy }: PlanInput, { name }: Metric, cadence: Cadence): Need {
  const { interval, minWindows } = policy.analysis;
  const windowsIn = (span: string | undefined): number =>
    Math.max(1, Math.ceil(durationMs(span ?? interval) / durationMs(interval)));
  const { count } = cadence;
  const more = (count ?? minWindows) - 1;
  return {
    windows: windowsIn(cadence.initialDelay) + more * windowsIn(cadence.interval),
    because: `${count === undefined ? `minWindows ${minWindows}` : `count ${count}`} (${name})`,
  };
}

function needsOf(input: PlanInput, weight: number): Need[] {
  const { policy, metrics, traffic } = input;
  const { minWindows, minRequests, promoteOn, interval } = policy.analysis;
  const seconds = durationMs(interval) / 1_000;
  const needs: Need[] = [{ windows: minWindows, because: `minWindows ${minWindows}` }];
  for (const metric of metrics.filter(({ dryRun }) => !dryRun)) {
    const cadence = cadenceOf(metric);
    if (cadence !== null) {
      needs.push(measuredNeed(input, metric, cadence));
      continue;
    }
    // A check needs no traffic.
    if (checkOf(metric) !== null) continue;
    const rate = traffic.find((one) => one.metric === metric.name)?.perSecond ?? null;
    const windows =
      rate === null || weight === 0 ? Number.NaN : Math.ceil(minRequests / ((rate * weight * seconds) / 100));
    needs.push({ windows, because: `minRequests (${metric.name})` });
    if (promoteOn === 'proven' && weight > 0)
      needs.push({
        windows: provenWindows(input, metric, weight),
        because: `proof (${metric.name})`,
        goesOn: true,
      });
  }
  return needs;
}

function longest(needs: readonly Need[]): Need {
  const never = needs.find(({ windows }) => windows === Number.POSITIVE_INFINITY);
  const unknown = needs.find(({ windows }) => Number.isNaN(windows));
  return never ?? unknown ?? needs.reduce((a, b) => (b.windows > a.windows ? b : a));
}

function gateOf({ policy }: PlanInput, gate: string): string | null {
  return policy.approval?.at.includes(gate) === true ? gate : null;
}

/** How long a step is analysed, and what determines that; null if it is unknown or never ends. */
interface Look {
  readonly windows: number;
  readonly evidenceMs: number | null;
  readonly because: string;
  readonly problem: string | null;
  /** The weight after it; null after the last step, or if unknown. */
  readonly next: number | null;
}

/** What ends a step that has data but not enough of it, and when. */
function endOf({ policy }: PlanInput, index: number): { readonly afterMs: number; readonly text: string } {
  const { analysis, deadlines } = policy;
  const { maxBake } = bakesOf(policy, index);
  return maxBake === undefined
    ? {
        afterMs: durationMs(deadlines.step),
        text: `after deadlines.step ${deadlines.step}: ${analysis.onTimeout}`,
      }
    : { afterMs: durationMs(maxBake), text: `after maxBake ${maxBake}: ${analysis.onInconclusive}` };
}

/** Windows of earlier steps count for a proof: the tests continue over the whole release. */
function lookOf(input: PlanInput, index: number, weight: number, before: number): Look {
  const { policy } = input;
  const { analysis, settle } = policy;
  const needs = needsOf(input, weight).map((need) =>
    need.goesOn === true ? { ...need, windows: Math.max(0, need.windows - before) } : need,
  );
  const least = longest(needs);
  const end = endOf(input, index);
  const unknown = { windows: 0, evidenceMs: null, next: stepShare(policy, {}, index + 1) ?? null };
  const problem = `never enough evidence at this traffic; ${end.text}`;
  if (least.windows === Number.POSITIVE_INFINITY) return { ...unknown, because: least.because, problem };
  if (Number.isNaN(least.windows)) return { ...unknown, because: least.because, problem: null };
  const grown = growthOf(input, index, weight, least.windows);
  if (grown === 'never') return { ...unknown, because: 'maxRisk', problem };
  const { windows } = grown;
  const because = windows > least.windows ? 'maxRisk' : least.because;
  const evidenceMs = durationMs(analysis.warmup) + windows * durationMs(analysis.interval) + READ_MS;
  const isLate = durationMs(settle) + evidenceMs > end.afterMs;
  const late = isLate ? `enough evidence only ${end.text}` : null;
  return { windows, evidenceMs, because, problem: late, next: grown.next };
}

/** The field with the least time of a step. */
function bakeName(policy: Policy, index: number): string {
  if (policy.abTest !== undefined) return 'abTest.for';
  if (policy.blueGreen === undefined) return 'bake';
  return isFreeStep(policy, index) ? 'preview.for' : 'scaleDownDelay';
}

/** A step that needs no evidence. */
function freely({ policy }: PlanInput, index: number): Look {
  const next = stepShare(policy, {}, index + 1) ?? null;
  return { windows: 0, evidenceMs: 0, because: 'preview', problem: null, next };
}

function requestsOf({ traffic, policy }: PlanInput, weight: number, windows: number): number | null {
  const rates = traffic.flatMap(({ perSecond }) => perSecond ?? []);
  const seconds = (windows * durationMs(policy.analysis.interval)) / 1_000;
  return rates.length === 0 ? null : Math.floor((Math.min(...rates) * seconds * weight) / 100);
}

const sizedOf = ({ replicas, surge = 0, template = {} }: PlanInput): Sized => ({ replicas, surge, template });

/** Canary pods at a weight. */
function podsAt(input: PlanInput, weight: number): number {
  return canaryPodsAt(input, sizedOf(input), weight);
}

function loadOf(input: PlanInput, last: number | null, pods: number): number | null {
  return last === null || pods > podsAt(input, last) ? input.loadMs : 0;
}

interface Planned {
  readonly step: StepPlan;
  readonly windows: number;
  readonly next: number | null;
}

/** A step of `weight`, after a step of `last` and `before` windows. */
function stepOf(
  input: PlanInput,
  at: {
    readonly index: number;
    readonly weight: number;
    readonly last: number | null;
    readonly before: number;
  },
): Planned {
  const { policy } = input;
  const { index, weight } = at;
  const { bake } = bakesOf(policy, index);
  const settleMs = durationMs(policy.settle);
  const bakeMs = bake === undefined ? 0 : durationMs(bake);
  const pods = podsAt(input, Math.max(stepLoad(policy, {}, index) ?? weight, at.last ?? 0));
  const { windows, evidenceMs, because, problem, next } = isFreeStep(policy, index)
    ? freely(input, index)
    : lookOf(input, index, weight, at.before);
  const step = {
    name: stepLabel(stepAt(policy, {}, index) ?? { weight }),
    weight,
    pods,
    loadMs: loadOf(input, at.last, pods),
    settleMs,
    evidenceMs,
    bakeMs,
    takesMs: evidenceMs === null ? null : settleMs + Math.max(evidenceMs, bakeMs),
    because: evidenceMs !== null && bakeMs > evidenceMs ? `${bakeName(policy, index)} ${bake}` : because,
    requests: evidenceMs === null ? null : requestsOf(input, weight, windows),
    gate: policy.autoSteps === undefined ? gateOf(input, gatesOf(fixedSteps(policy))[index] ?? '') : null,
    problem,
    uneven: loadRemark(input, sizedOf(input), weight),
  };
  return { step, windows, next };
}

function plannedSteps(input: PlanInput): StepPlan[] {
  const steps: StepPlan[] = [];
  let [before, last] = [0, null as number | null];
  let weight = stepShare(input.policy, {}, 0) ?? null;
  for (let index = 0; weight !== null; index++) {
    const planned = stepOf(input, { index, weight, last, before });
    steps.push(planned.step);
    before += planned.windows;
    last = Math.max(weight, last ?? 0);
    weight = planned.next;
  }
  return steps;
}

/** The expected length of each step of a release if the canary is as good as stable. */
export function planOf(input: PlanInput): Plan {
  const steps = plannedSteps(input);
  const known = steps.every(({ takesMs }) => takesMs !== null);
  const { connect } = input.policy.canary;
  const connecting = connectMs(input.policy);
  const sum = steps.reduce((all, { takesMs, loadMs }) => all + (takesMs ?? 0) + (loadMs ?? 0), connecting);
  const gates = [gateOf(input, 'start'), ...steps.map(({ gate }) => gate), gateOf(input, 'promotion')];
  return {
    connect: connect === undefined ? null : { weight: connect.weight, takesMs: connecting },
    steps,
    promotionMs: input.promotionMs,
    gates: gates.filter((gate) => gate !== null),
    totalMs: known ? sum + (input.promotionMs ?? 0) : null,
    traffic: input.traffic,
    calibrations: input.calibrations ?? [],
  };
}
