import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { Earlier, MetricState } from '../../api/release/analysis-state.ts';
import type { Analysis } from '../../api/rollout/rollout.ts';
import { bucketCountsOf, edgesFor } from '../evidence/bucket-counts.ts';
import { addStable, mostShare, totalOf, variationOf } from '../evidence/earlier.ts';
import { addCounts, evidenceOf, NO_TEST } from '../evidence/limit-test.ts';
import type { WindowSamples } from '../evidence/sample.ts';
import { addWindow, NO_SERIES } from '../evidence/series.ts';
import { readArms } from '../evidence/window-counts.ts';
import { rulesOf } from './bound.ts';
import { checkOf } from './check.ts';
import { added, type Counted } from './count-window.ts';
import type { Margin, Rules } from './margin.ts';
import { countOf, percentText } from './number-text.ts';
import { type Judging, oddsText, significance } from './significance.ts';
import { freshState, needed } from './state.ts';
import { verdictText } from './verdict-text.ts';

/** The parts of a metric's false-abort rate for how much is known of stable, and for the test against it. */
const SHARES = { stable: 0.25, test: 0.25 } as const;

/** Whether a metric compares rates of requests, so that it needs what stable counted before. */
export function isCompared(metric: Metric): boolean {
  const read = rulesOf(metric);
  const isRate = metric.errors !== undefined || metric.latency !== undefined;
  return isRate && checkOf(metric) === null && 'rules' in read && read.rules.margin !== null;
}

/** The state of a metric with what stable counted in a window in which the canary has no traffic. */
export function noteStable(
  metric: Metric,
  before: MetricState | undefined,
  window: WindowSamples,
): MetricState {
  const state = before ?? freshState(metric.name);
  const read = rulesOf(metric);
  const { stable } = readArms(metric, window);
  if (!isCompared(metric) || 'field' in read || 'message' in stable) return state;
  const { rules } = read;
  const edges = stable.kind === 'latency' ? edgesFor(rules, stable.histogram, stable.histogram, state) : {};
  if ('message' in edges) return state;
  const counts = bucketCountsOf(stable, rules, edges);
  // The window from which the edge was chosen says nothing of the rate at that edge.
  const isChosen = edges.stableEdge !== state.stableEdge;
  if (counts === null || counts.bad === null || isChosen) return { ...state, ...edges };
  const { events, bad } = counts;
  const seconds = (window.end - window.start) / 1_000;
  return {
    ...state,
    ...edges,
    earlier: addStable(state.earlier, { events, bad }, { seconds, endMs: window.end }),
  };
}

/** What is still to be counted of stable before the canary may get all traffic, or null. */
export function stableNeeds(
  analysis: Analysis,
  metric: Metric,
  state: MetricState | undefined,
): string | null {
  if (!isCompared(metric) || metric.dryRun) return null;
  const { windows = 0 } = state?.earlier ?? {};
  const events = state?.earlier === undefined ? 0 : totalOf(state.earlier).events;
  const { minRequests, minWindows } = analysis;
  if (events < minRequests)
    return `${metric.name} needs ${countOf(Math.ceil(minRequests - events), 'more request')} (minRequests ${minRequests})`;
  return windows < minWindows
    ? `${metric.name} needs ${countOf(minWindows - windows, 'more window')} (minWindows ${minWindows})`
    : null;
}

const allowed = ({ relative, absolute }: Margin, share: number): number =>
  Math.min(1, share * (1 + relative) + absolute);

/** Tests the canary, which has all traffic, against the greatest rate that stable may have had before. */
function tested(
  margin: Margin,
  earlier: Earlier,
  { canary }: Counted,
  seconds: number,
  alpha: number,
): { readonly earlier: Earlier; readonly fault: string | null } {
  const limit = allowed(margin, mostShare(earlier, alpha * SHARES.stable));
  const rule = { share: limit, cv2: variationOf(earlier) };
  const { events, bad } = canary;
  const known = earlier.alone ?? NO_TEST;
  const alone = bad === null ? known : addCounts(known, { events, bad }, seconds, rule);
  const log = evidenceOf(alone, rule);
  const fault =
    log >= -Math.log(alpha * SHARES.test)
      ? `worse than stable was before (${percentText(limit)} would be allowed), by chance less often than ${oddsText(log)}`
      : null;
  return { earlier: { ...earlier, alone }, fault };
}

function doubtOf(margin: Margin, earlier: Earlier, { canary }: MetricState): string | null {
  const { events, bad } = totalOf(earlier);
  if (events === 0 || canary.events === 0) return null;
  return canary.bad / canary.events > allowed(margin, bad / events)
    ? 'worse than stable was before, but that may be chance'
    : null;
}

function sinceText({ earlier }: MetricState): string {
  return earlier === undefined
    ? ''
    : `; stable, which has no traffic now, as counted until ${earlier.until.slice(11, 19)}Z (${countOf(totalOf(earlier).events, 'request')})`;
}

/**
 * Judges a window in which the canary has all traffic, so that nothing is beside it: by the absolute bound, and against
 * what stable counted while it had traffic. A change of the service itself at that time counts as the canary's.
 */
export function judgeAlone(
  metric: Metric,
  rules: Rules,
  before: MetricState,
  counted: Counted,
  window: Pick<WindowSamples, 'start' | 'end'>,
  judging: Judging,
): MetricState {
  const { alpha } = judging;
  const { margin } = rules;
  const seconds = (window.end - window.start) / 1_000;
  const { canary, edges } = counted;
  const known = before.earlier;
  const test = margin === null || known === undefined ? null : tested(margin, known, counted, seconds, alpha);
  const next: MetricState = {
    ...before,
    ...edges,
    windows: before.windows + 1,
    misses: 0,
    canary: added(before.canary, canary),
    ...(known === undefined ? {} : { stable: totalOf(known) }),
    ...(test === null ? {} : { earlier: test.earlier }),
    series: addWindow(before.series ?? NO_SERIES, { ...canary, bad: null }, null, seconds),
  };
  return { ...next, ...verdictOf(metric, rules, next, judging, test?.fault ?? null) };
}

function verdictOf(
  metric: Metric,
  rules: Rules,
  state: MetricState,
  judging: Judging,
  worse: string | null,
): Pick<MetricState, 'verdict' | 'message'> {
  const { margin } = rules;
  const { earlier } = state;
  const said = (why: string | null): string =>
    `${verdictText(metric, rules, state, why)}${sinceText(state)}`.slice(0, 1_024);
  const bound = significance({ ...rules, margin: null }, state, judging);
  const fault = bound.fault ?? worse;
  if (fault !== null) return { verdict: 'fail', message: said(fault) };
  if (margin !== null && earlier === undefined)
    return {
      verdict: 'noData',
      message: said('nothing was counted of stable before the canary had all traffic'),
    };
  const doubt = margin === null || earlier === undefined ? null : doubtOf(margin, earlier, state);
  const open = needed(judging.analysis, state) ?? bound.doubt ?? doubt;
  return { verdict: open === null ? 'pass' : 'inconclusive', message: said(open) };
}

/** The state of a drift metric while the canary has all traffic: the comparison of the weights before holds. */
export function driftAlone(before: MetricState): MetricState {
  const { drift } = before;
  if (drift === undefined || drift.blocks === 0)
    return {
      ...before,
      verdict: 'noData',
      message: 'its answers were not compared with those of stable before the canary had all traffic',
    };
  return {
    ...before,
    verdict: 'pass',
    message: 'its answers were compared at the weights before; nothing is beside the canary now',
  };
}
