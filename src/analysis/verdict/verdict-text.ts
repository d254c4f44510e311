import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { ArmCounts, MetricState } from '../../api/release/analysis-state.ts';
import type { Rules } from './margin.ts';
import { countOf, latencyText, percentText } from './number-text.ts';

function shareOf({ events }: ArmCounts, bad: number): string {
  return percentText(events === 0 ? 0 : bad / events);
}

function errorText(rules: Rules, { canary, stable }: MetricState): string {
  const bound = rules.share === null ? [] : [`${percentText(rules.share)} bound`];
  const others = stable.events === 0 ? [] : [`${shareOf(stable, stable.bad)} stable`];
  return joined(`error rate ${shareOf(canary, canary.bad)}`, [...bound, ...others]);
}

function latencyOf(metric: Metric, rules: Rules, state: MetricState): string {
  const { canary, stable, edge, stableEdge } = state;
  const name = `p${(metric.latency?.quantile ?? '95%').replace('%', '')}`;
  const ours = canary.quantile === undefined ? name : `${name} ${latencyText(canary.quantile)}`;
  const bound = rules.seconds === null ? [] : [`${latencyText(rules.seconds)} bound`];
  const others = stable.quantile === undefined ? [] : [`${latencyText(stable.quantile)} stable`];
  const over =
    edge === undefined
      ? []
      : [
          `${shareOf(canary, canary.over ?? 0)} over ${latencyText(edge)} (${percentText(rules.tail)} allowed)`,
        ];
  const worse =
    stableEdge === undefined || stable.events === 0
      ? []
      : [
          `${shareOf(canary, canary.bad)} over ${latencyText(stableEdge)} (stable ${shareOf(stable, stable.bad)})`,
        ];
  return [joined(ours, [...bound, ...others]), ...over, ...worse].join(', ');
}

function joined(what: string, against: readonly string[]): string {
  return against.length === 0 ? what : `${what} against ${against.join(' and ')}`;
}

/** A verdict in one sentence with its numbers; `why` is the clause that explains it. */
export function verdictText(metric: Metric, rules: Rules, state: MetricState, why: string | null): string {
  const what = metric.latency === undefined ? errorText(rules, state) : latencyOf(metric, rules, state);
  const size = `${countOf(state.canary.events, 'request')}, ${countOf(state.windows, 'window')}`;
  return `${what}, ${size}${why === null ? '' : `: ${why}`}`.slice(0, 1_024);
}
