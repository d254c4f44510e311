import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { Covariate } from '../../api/analysis/covariate.ts';
import type { Ratio, RatioPair } from '../../api/release/analysis-state.ts';
import { type Growth, growth, originOf, originsOf } from '../evidence/counter.ts';
import { edgeOf } from '../evidence/histogram.ts';
import type { ArmSamples, WindowSamples } from '../evidence/sample.ts';

type Arm = ArmSamples['arm'];

/** The work of both versions in one window, as far as it is known. */
export interface Work {
  /** Requests and seconds of pods; no seconds where the series do not tell the pods of the versions apart. */
  readonly load: RatioPair;
  readonly figures: readonly (RatioPair & { readonly name: string })[];
}

const sumOf = (series: readonly Growth[]): number => series.reduce((sum, { value }) => sum + value, 0);

/** The increase of counters in a window; null if it is not known. */
function grown(sample: ArmSamples | undefined): readonly Growth[] | null {
  if (sample === undefined) return null;
  const found = growth(sample.start, sample.end, { known: originsOf(sample.start) });
  return found.kind === 'growth' && found.series.length > 0 ? found.series : null;
}

/** What one version has done, by the histogram itself. */
interface Done {
  readonly requests: number;
  readonly origins: ReadonlySet<string>;
}

function doneBy(samples: readonly ArmSamples[], unit: 's' | 'ms' | 'us'): Done | null {
  const series = grown(samples.find(({ part }) => part === 'buckets'));
  if (series === null) return null;
  const whole = series.filter(({ labels }) => {
    const edge = labels['__upper__'] === undefined ? edgeOf(labels['le'], unit) : null;
    return edge === Number.POSITIVE_INFINITY;
  });
  return { requests: sumOf(whole), origins: new Set(whole.map(({ labels }) => originOf(labels))) };
}

function inFlight(sample: ArmSamples | undefined): Ratio | null {
  if (sample?.end.kind !== 'vector' || sample.end.series.length === 0) return null;
  const { series } = sample.end;
  if (series.some(({ value }) => !(value >= 0) || value === Number.POSITIVE_INFINITY)) return null;
  return { sum: sumOf(series), per: new Set(series.map(({ labels }) => originOf(labels))).size };
}

function ratioOf(covariate: Covariate, samples: readonly ArmSamples[], { requests }: Done): Ratio | null {
  const of = (wanted: ArmSamples['part']): ArmSamples | undefined =>
    samples.find((one) => one.covariate === covariate.name && one.part === wanted);
  if (covariate.gauge !== undefined) return inFlight(of('gauge'));
  const [sum, per] = [grown(of('sum')), covariate.per === undefined ? requests : grown(of('per'))];
  if (sum === null || per === null) return null;
  const divisor = typeof per === 'number' ? per : sumOf(per);
  return divisor > 0 ? { sum: sumOf(sum), per: divisor } : null;
}

/** The work of both versions in a window; null if the metric has no covariates, or one version no requests. */
export function workIn({ name, latency }: Metric, window: WindowSamples): Work | null {
  if (latency?.explainedBy === undefined) return null;
  const read = (arm: Arm) => window.samples.filter((one) => one.metric === name && one.arm === arm);
  const [ours, theirs] = [read('canary'), read('stable')];
  const [canary, stable] = [doneBy(ours, latency.unit), doneBy(theirs, latency.unit)];
  if (canary === null || stable === null || canary.requests === 0 || stable.requests === 0) return null;
  const seconds = (window.end - window.start) / 1_000;
  // Where one process counts for both versions, such as a router, their pods are not known.
  const isOfPods = [...canary.origins].every((origin) => !stable.origins.has(origin));
  const loadOf = ({ requests, origins }: Done): Ratio => ({
    sum: requests,
    per: isOfPods ? origins.size * seconds : 0,
  });
  const figures = latency.explainedBy.flatMap((covariate) => {
    const [one, other] = [ratioOf(covariate, ours, canary), ratioOf(covariate, theirs, stable)];
    return one === null || other === null ? [] : [{ name: covariate.name, canary: one, stable: other }];
  });
  return { load: { canary: loadOf(canary), stable: loadOf(stable) }, figures };
}
