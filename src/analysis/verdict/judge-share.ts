import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { MetricState } from '../../api/release/analysis-state.ts';
import { explain } from '../covariates/explain.ts';
import { workClauses } from '../covariates/work-text.ts';
import type { BucketCounts } from '../evidence/bucket-counts.ts';
import { addStable } from '../evidence/earlier.ts';
import type { WindowSamples } from '../evidence/sample.ts';
import { addWindow, NO_SERIES } from '../evidence/series.ts';
import { rateOf } from '../evidence/tally.ts';
import type { Missing } from '../evidence/window-counts.ts';
import { coldIn, onlyPods, podCount } from '../evidence/young-pods.ts';
import { added, type Counted, countWindow } from './count-window.ts';
import { coldAfter, grossFault } from './gross.ts';
import { judgeAlone, noteStable } from './judge-alone.ts';
import type { Rules } from './margin.ts';
import { countOf, percentText } from './number-text.ts';
import { type Judging, SHARES, significance } from './significance.ts';
import { missed, needed } from './state.ts';
import { verdictText } from './verdict-text.ts';

/** Bad requests of stable below which it is not called beyond the bound. */
const LEAST_SHARED = 3;

/** What stable counted in a window, kept for the time when it has no traffic. */
function remembered(
  { earlier }: MetricState,
  stable: BucketCounts | null,
  { start, end }: WindowSamples,
): Pick<MetricState, 'earlier'> {
  if (stable === null || stable.bad === null) return {};
  const { events, bad } = stable;
  return { earlier: addStable(earlier, { events, bad }, { seconds: (end - start) / 1_000, endMs: end }) };
}

/** Judges a rate of bad requests: failed or slow ones. Pods that are cold only show gross faults. */
export function judgeShare(
  metric: Metric,
  rules: Rules,
  before: MetricState,
  window: WindowSamples,
  judging: Judging,
): MetricState {
  const { holds: _holds, cold: _cold, ...state } = before;
  const seconds = judging.coldSeconds ?? judging.calibration?.coldStart ?? 0;
  const { pods = [] } = judging;
  const cold = coldIn(pods, seconds, window);
  if (cold.size === 0) return judgeWarm(metric, rules, state, window, judging);
  const young = judgeCold(
    metric,
    rules,
    before,
    onlyPods(window, (pod) => cold.has(pod)),
    judging,
  );
  if (young.verdict === 'fail' || pods.every(({ pod }) => cold.has(pod))) return young;
  const known = young.cold === undefined ? state : { ...state, cold: young.cold };
  return judgeWarm(
    metric,
    rules,
    known,
    onlyPods(window, (pod) => !cold.has(pod)),
    judging,
  );
}

/** Judges the cold pods of a window, which are no evidence: only failures beyond any cold start count. */
function judgeCold(
  metric: Metric,
  rules: Rules,
  state: MetricState,
  window: WindowSamples,
  { alpha }: Judging,
): MetricState {
  const held: MetricState = {
    ...state,
    misses: 0,
    holds: 'cold',
    verdict: 'inconclusive',
    message: 'the pods of the canary are cold: until they are themselves only gross faults count',
  };
  const counted = countWindow(metric, rules, state, window);
  if (metric.errors === undefined || 'message' in counted) return held;
  const { canary, stable } = counted;
  const cold = coldAfter(state.cold, canary, 'message' in stable ? null : stable);
  const fault = grossFault(cold, alpha * SHARES.gross);
  if (fault === null) return { ...held, cold };
  const size = `${percentText(rateOf(cold.canary))} of ${countOf(cold.canary.events, 'request')} of cold pods failed (stable ${percentText(rateOf(cold.stable))})`;
  return { ...held, cold, verdict: 'fail', message: `${size}: ${fault}` };
}

/** Whether both versions are beyond the bound in a window: one bad request alone says nothing of stable. */
function isShared({ share }: Rules, canary: BucketCounts, stable: BucketCounts | null): boolean {
  if (share === null || stable === null) return false;
  const [ours, theirs] = [canary.over ?? 0, stable.over ?? 0];
  return ours > share * canary.events && theirs > share * stable.events && theirs >= LEAST_SHARED;
}

function sharedText({ share }: Rules, canary: BucketCounts, stable: BucketCounts): string {
  const [ours, theirs] = [canary, stable].map(({ events, over }) => percentText((over ?? 0) / events));
  return `stable is beyond the bound as well (${theirs} bad, the canary ${ours}, ${percentText(share ?? 0)} bound), so going back would help nobody: it stays until that is over (analysis.onSharedFault: hold)`;
}

/** Whether no chance has the canary beyond the bound in this step; whether it lasts is not asked. */
function isCertainlyOver({ share }: Rules, { canary }: MetricState, { alpha }: Judging): boolean {
  const [over, allowed] = [canary.over ?? canary.bad, (share ?? 1) * canary.events];
  return over > allowed && over * Math.log(over / allowed) - over + allowed >= -Math.log(alpha);
}

function sharedAbort(
  metric: Metric,
  rules: Rules,
  state: MetricState,
): Pick<MetricState, 'verdict' | 'message'> {
  const why = 'beyond the bound, and so is stable (analysis.onSharedFault: abort)';
  return { verdict: 'fail', message: verdictText(metric, rules, state, why) };
}

/** What of a window its work may explain. */
function slowIn({ canary, histograms }: Counted, stable: BucketCounts | null): Parameters<typeof explain>[3] {
  return {
    canary: { histogram: histograms.canary, bad: canary.bad },
    stable: { histogram: histograms.stable, bad: stable?.bad ?? null },
  };
}

/** What of the canary is compared with stable, and what its work explains. */
function comparedIn(
  metric: Metric,
  state: MetricState,
  window: WindowSamples,
  counted: Counted,
  others: BucketCounts | null,
): { readonly explained: Pick<MetricState, 'explained'>; readonly tested: BucketCounts } {
  const { canary, edges } = counted;
  // The window from which the edge was chosen is no evidence at that edge: the edge was chosen by stable's rate in it.
  const chosen = edges.stableEdge !== state.stableEdge;
  const found = explain(metric, { ...state, ...edges }, window, slowIn(counted, others));
  const tested = { ...canary, bad: chosen ? null : found.canary };
  return { explained: found.explained === undefined ? {} : { explained: found.explained }, tested };
}

/** Judges the pods that are themselves. */
function judgeWarm(
  metric: Metric,
  rules: Rules,
  state: MetricState,
  window: WindowSamples,
  judging: Judging,
): MetricState {
  const counted = countWindow(metric, rules, state, window);
  if ('message' in counted) {
    const known = judging.stable === 'remembered' ? noteStable(metric, state, window) : state;
    return missed(judging.isFree === true ? { ...metric, onNoData: 'wait' } : metric, known, counted);
  }
  if (judging.stable === 'gone') return judgeAlone(metric, rules, state, counted, window, judging);
  const { canary, stable, edges } = counted;
  const seconds = (window.end - window.start) / 1_000;
  const others = 'message' in stable ? null : stable;
  const { explained, tested } = comparedIn(metric, state, window, counted, others);
  const series = addWindow(state.series ?? NO_SERIES, tested, others, seconds);
  const next: MetricState = {
    ...state,
    ...edges,
    windows: state.windows + 1,
    misses: 0,
    canary: added(state.canary, canary),
    stable: others === null ? state.stable : added(state.stable, others),
    series,
    ...explained,
    ...(judging.stable === 'remembered' ? remembered(state, others, window) : {}),
  };
  const verdict = verdictOf(metric, rules, next, stable, { ...judging, canaryPods: podCount(window) });
  if (verdict.verdict === 'fail' || others === null || !isShared(rules, canary, others))
    return { ...next, ...verdict };
  if (judging.analysis.onSharedFault === 'abort')
    return {
      ...next,
      ...(isCertainlyOver(rules, next, judging) ? sharedAbort(metric, rules, next) : verdict),
    };
  // A window of a shared fault is no evidence for the step, and none against it.
  const message = sharedText(rules, canary, others);
  return { ...state, ...edges, misses: 0, series, holds: 'sharedFault', verdict: 'inconclusive', message };
}

function verdictOf(
  metric: Metric,
  rules: Rules,
  state: MetricState,
  stable: BucketCounts | Missing,
  judging: Judging,
): Pick<MetricState, 'verdict' | 'message'> {
  const found = significance(rules, state, judging);
  const said = (why: string | null): string => verdictText(metric, rules, state, why);
  const clauses = workClauses(metric, state.explained);
  if (found.fault !== null) {
    const beyond = found.against === 'stable' ? (clauses?.beyond ?? '') : '';
    return { verdict: 'fail', message: said(`${found.fault}${beyond}`) };
  }
  if ('message' in stable && rules.margin !== null)
    return { verdict: stable.kind, message: said(stable.message) };
  const needs = needed(judging.analysis, state);
  if (needs !== null) return { verdict: 'inconclusive', message: said(needs) };
  const doubt = found.isExplained ? (clauses?.held ?? found.doubt) : found.doubt;
  return doubt === null
    ? { verdict: 'pass', message: said(null) }
    : { verdict: 'inconclusive', message: said(doubt) };
}
