import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { MetricState } from '../../api/release/analysis-state.ts';
import { explain } from '../covariates/explain.ts';
import { addBeside, betterOf, NO_CONTEST } from '../evidence/contest.ts';
import type { WindowSamples } from '../evidence/sample.ts';
import { rulesOf } from './bound.ts';
import { checkOf } from './check.ts';
import { countWindow } from './count-window.ts';
import { countOf, percentText } from './number-text.ts';

/** The result of a test of two versions. */
export interface Winner {
  readonly winner: 'canary' | 'stable' | null;
  /** Why, in one sentence with numbers. */
  readonly message: string;
}

/** Whether a metric can name a winner: a rate of failed or slow requests that counts. */
export function canDecide(metric: Metric): boolean {
  const isRate = metric.errors !== undefined || metric.latency !== undefined;
  return isRate && !metric.dryRun && checkOf(metric) === null;
}

/** The state of a metric with one more window of its contest; `before` has the edges from before the window. */
export function withContest(
  metric: Metric,
  before: MetricState | undefined,
  next: MetricState,
  window: WindowSamples,
): MetricState {
  const read = rulesOf(metric);
  if (!canDecide(metric) || 'field' in read || before === undefined) return next;
  const counted = countWindow(metric, read.rules, before, window);
  if ('message' in counted || 'message' in counted.stable) return next;
  const { canary, stable, edges, histograms } = counted;
  // The window from which the edge was chosen says nothing of the rates at that edge.
  const isChosen = edges.stableEdge !== before.stableEdge;
  if (canary.bad === null || stable.bad === null || isChosen) return next;
  const left = explain(metric, { ...before, ...edges }, window, {
    canary: { histogram: histograms.canary, bad: canary.bad },
    stable: { histogram: histograms.stable, bad: stable.bad },
  });
  const counts = {
    canary: { events: canary.events, bad: left.canary ?? canary.bad },
    stable: { events: stable.events, bad: left.stable ?? stable.bad },
  };
  const seconds = (window.end - window.start) / 1_000;
  return { ...next, contest: addBeside(before.contest ?? NO_CONTEST, counts, seconds) };
}

const rate = ({ events, bad }: { readonly events: number; readonly bad: number }): string =>
  percentText(events === 0 ? 0 : bad / events);

function standing({ name, canary, stable }: MetricState): string {
  return `${name} ${rate(canary)} against ${rate(stable)} of stable (${countOf(canary.events, 'request')})`;
}

/**
 * The version that has won by the named metrics: better in at least one, and in none the other. `alpha` is the chance that
 * any is named though both are alike, shared among the metrics.
 */
export function winnerOf(states: readonly MetricState[], metrics: readonly string[], alpha: number): Winner {
  const known = states.filter(({ name }) => metrics.includes(name));
  const each = alpha / Math.max(1, metrics.length);
  const found = known.map((state) => ({ state, better: betterOf(state.contest ?? NO_CONTEST, each) }));
  const all = known.map(standing).join('; ') || 'nothing is measured';
  const of = (version: 'canary' | 'stable'): string[] =>
    found.filter(({ better }) => better === version).map(({ state }) => state.name);
  const [ours, theirs] = [of('canary'), of('stable')];
  if (ours.length > 0 && theirs.length > 0)
    return {
      winner: null,
      message: `each version is better in something (canary: ${ours.join(', ')}; stable: ${theirs.join(', ')}): ${all}`,
    };
  if (ours.length > 0) return { winner: 'canary', message: `the new version is better: ${all}` };
  if (theirs.length > 0) return { winner: 'stable', message: `stable is better: ${all}` };
  return { winner: null, message: `no version is proven to be better: ${all}` };
}
