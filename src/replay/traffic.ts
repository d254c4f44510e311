import { edgeAtTail, slowerThan } from '../analysis/evidence/histogram.ts';
import type { WindowSamples } from '../analysis/evidence/sample.ts';
import { readArms, readClasses } from '../analysis/evidence/window-counts.ts';
import { rulesOf } from '../analysis/verdict/bound.ts';
import type { Metric } from '../api/analysis/analysis-template.ts';
import type { Traffic } from './plan-input.ts';

function stableShare(metric: Metric, window: WindowSamples): number | undefined {
  const { stable } = readArms(metric, window);
  if ('message' in stable) return undefined;
  if (stable.kind === 'errors') return stable.bad / stable.events;
  const rules = rulesOf(metric);
  const edge = 'field' in rules ? null : edgeAtTail(stable.histogram, rules.rules.tail);
  return edge === null ? undefined : (slowerThan(stable.histogram, edge) ?? 0) / stable.histogram.total;
}

function eventsIn(metric: Metric, window: WindowSamples): number | null {
  const { canary, stable } =
    metric.drift === undefined ? readArms(metric, window) : readClasses(metric, window);
  const counts = [canary, stable].map((arm) => ('events' in arm ? arm.events : null));
  if (counts.every((count) => count === null)) return 'idle' in stable ? 0 : null;
  return counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
}

/** The requests in a window by each metric that counts them, over both versions. */
export function trafficOf(metrics: readonly Metric[], window: WindowSamples): Traffic[] {
  const seconds = (window.end - window.start) / 1_000;
  return metrics
    .filter(({ errors, latency, drift }) => errors ?? latency ?? drift)
    .map((metric) => {
      const events = eventsIn(metric, window);
      const badShare = metric.drift === undefined ? stableShare(metric, window) : undefined;
      const perSecond = events === null ? null : events / seconds;
      return { metric: metric.name, perSecond, ...(badShare === undefined ? {} : { badShare }) };
    });
}
