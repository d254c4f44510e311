import { boundedIn, comparedIn, NO_SERIES } from '../analysis/evidence/series.ts';
import type { Span, Tally } from '../analysis/evidence/tally.ts';
import { countOf, countText } from '../analysis/verdict/number-text.ts';
import type { MetricState } from '../api/release/analysis-state.ts';
import type { Release } from '../api/release/release.ts';
import type { ExposureView, MetricExposure } from './analysis-view.ts';

function sumOf(spans: readonly Span[], version: 'canary' | 'stable'): Tally {
  const add = (sum: Tally, span: Span): Tally => ({
    events: sum.events + span[version].events,
    bad: sum.bad + span[version].bad,
  });
  return spans.reduce(add, { events: 0, bad: 0 });
}

/** What is compared with stable, else what is held against the bound: whichever counts more requests. */
function exposureOf({ name, series = NO_SERIES }: MetricState): MetricExposure {
  const [compared, bounded] = [comparedIn(series), boundedIn(series)];
  const isCompared = sumOf(compared, 'canary').events >= sumOf(bounded, 'canary').events;
  const spans = isCompared ? compared : bounded;
  const [canary, stable] = [sumOf(spans, 'canary'), sumOf(spans, 'stable')];
  const expected = stable.events === 0 ? {} : { asStable: (canary.events * stable.bad) / stable.events };
  return { metric: name, requests: canary.events, bad: canary.bad, ...expected };
}

function textOf(requests: number, metrics: readonly MetricExposure[]): string {
  const parts = metrics.map(({ metric, bad, asStable }) => {
    const usual = asStable === undefined ? '' : `, about ${countText(asStable)} at the rate of stable`;
    return `${countText(bad)} bad by ${metric}${usual}`;
  });
  return `the canary has answered ${countOf(requests, 'request')}: ${parts.join('; ')}`;
}

/** What users have been exposed to in the whole release; null where no request of the canary was counted. */
export function exposureView(release: Release | null): ExposureView | null {
  const metrics = (release?.status?.analysis?.metrics ?? [])
    .map(exposureOf)
    .filter(({ requests }) => requests > 0);
  if (metrics.length === 0) return null;
  const requests = Math.max(...metrics.map((one) => one.requests));
  return { requests, metrics, text: textOf(requests, metrics) };
}
