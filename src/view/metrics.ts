import { comparedIn, NO_SERIES } from '../analysis/evidence/series.ts';
import { rateOf } from '../analysis/evidence/tally.ts';
import { ruleText } from '../analysis/templates/rule-text.ts';
import { isUneven, loadText } from '../analysis/verdict/load.ts';
import type { MetricState, Verdict } from '../api/release/analysis-state.ts';
import type { Release } from '../api/release/release.ts';
import { matchesText } from '../api/rollout/match.ts';
import { stageOf } from '../release/stages/table.ts';
import type { AnalysisView, CountsView, MetricView } from './analysis-view.ts';
import { isOver } from './place.ts';

function judgedStep(release: Release): AnalysisView['of'] {
  const { status } = release;
  if (status?.phase !== 'Stepping' || isOver(release)) return 'the last step';
  // Until the first window of a step is complete, the verdict in the status is that of the previous step.
  return stageOf(status).analysis === 'ahead' ? 'the step before' : 'this step';
}

/** Windows in which no regularly measured metric had data. */
function emptyWindows(windows: number, metrics: readonly MetricState[]): number {
  const regular = metrics.filter(({ measured, check }) => measured === undefined && check === undefined);
  const counted = regular.length === 0 ? windows : Math.max(...regular.map((one) => one.windows));
  return Math.max(0, windows - counted);
}

const NONE: AnalysisView = {
  verdict: null,
  of: 'this step',
  isJudging: false,
  windows: 0,
  withoutData: 0,
};

/** What the routes of a step do to a comparison of the versions. */
function basisOf({ status }: Release): Pick<AnalysisView, 'basis'> {
  if (status === undefined || stageOf(status).analysis !== 'step') return {};
  const { weight, match, mirror } = status;
  if (mirror !== undefined)
    return {
      basis: 'the canary answers copies of requests that stable answers, too; nobody gets its answers',
    };
  if (match === undefined) return {};
  const chosen = `the requests chosen by ${matchesText(match)}`;
  const other = 'who may differ from others in more than the version';
  return {
    basis: `the canary answers ${chosen}${weight > 0 ? ', beside its weight' : ''}, and stable the others: they come from different users, ${other}`,
  };
}

/** Metrics whose source does not answer: their counts are as old as its last answer. */
function silentIn(metrics: readonly MetricState[]): Pick<AnalysisView, 'silent'> {
  const silent = metrics.filter(({ verdict }) => verdict === 'providerError');
  if (silent.length === 0) return {};
  const answered = silent.flatMap(
    ({ history = [] }) => history.findLast(({ verdict }) => verdict !== 'providerError')?.at ?? [],
  );
  const until = answered.toSorted().at(-1);
  return {
    silent: { metrics: silent.map(({ name }) => name), ...(until === undefined ? {} : { until }) },
  };
}

/** The verdict over all metrics, and its subject. */
export function analysisView(release: Release | null): AnalysisView {
  if (release === null) return NONE;
  const { status } = release;
  const { verdict = null, analysis } = status ?? {};
  const { windows = 0, metrics = [], load } = analysis ?? {};
  const isJudging = status !== undefined && stageOf(status).analysis === 'step' && windows > 0;
  return {
    verdict: windows === 0 ? null : verdict,
    of: judgedStep(release),
    isJudging,
    windows,
    withoutData: emptyWindows(windows, metrics),
    ...(isJudging ? silentIn(metrics) : {}),
    ...basisOf(release),
    ...(load === undefined ? {} : { load: { isUneven: isUneven(load), text: loadText(load) } }),
  };
}

/** The verdict of the current step; undefined before its first window, and if nothing is being judged. */
export function verdictNow({ verdict, isJudging }: AnalysisView): Verdict | undefined {
  return isJudging ? (verdict ?? undefined) : undefined;
}

function countsOf({ events, bad }: MetricState['canary']): CountsView {
  return { events, bad };
}

function metricView({ spec }: Release, state: MetricState): MetricView {
  const { name, verdict, message, windows, canary, stable, series } = state;
  const metric = spec.metrics.find((one) => one.name === name);
  const course = comparedIn(series ?? NO_SERIES).map((span) => rateOf(span.canary));
  return {
    name,
    verdict,
    message,
    rule: metric === undefined ? '' : ruleText(metric),
    isDryRun: metric?.dryRun === true,
    windows,
    canary: countsOf(canary),
    stable: countsOf(stable),
    course,
  };
}

/** The state of each metric. */
export function metricViews(release: Release | null): readonly MetricView[] {
  return (release?.status?.analysis?.metrics ?? []).map((state) => metricView(release as Release, state));
}
