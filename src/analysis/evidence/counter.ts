import type { Sample, Series } from './sample.ts';

/** The increase of one counter, with its labels. */
export type Growth = Series;

/** The increase of counters between two samples, or why there is none. */
export type Growths =
  | { readonly kind: 'growth'; readonly series: readonly Growth[] }
  | { readonly kind: 'noData'; readonly message: string }
  | { readonly kind: 'providerError'; readonly message: string };

type Labels = Readonly<Record<string, string>>;

/** Labels of the origin of a series; Prometheus sets them when it scrapes. */
const ORIGIN: readonly string[] = ['namespace', 'pod', 'instance'];

/** The process that a series comes from. Series that were already summed up all have the same one. */
export function originOf(labels: Labels): string {
  return ORIGIN.map((name) => labels[name] ?? '').join('\u0000');
}

/** Two series are the same exactly if all their labels are. */
export function identityOf(labels: Labels, ...without: readonly string[]): string {
  return Object.entries(labels)
    .filter(([name]) => name !== '__name__' && !without.includes(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}\u0001${value}`)
    .join('\u0002');
}

/** The same within one sample, in which metrics of several names may have equal labels. */
function keyOf(labels: Labels): string {
  return `${labels['__name__'] ?? ''}\u0003${identityOf(labels)}`;
}

function seriesOf(sample: Sample): readonly Series[] {
  return sample.kind === 'vector' ? sample.series : [];
}

/** The processes in a sample. */
export function originsOf(sample: Sample): ReadonlySet<string> {
  return new Set(seriesOf(sample).map(({ labels }) => originOf(labels)));
}

/** Why a sample cannot be read as counters, if it cannot. */
export function counterProblem(sample: Sample): string | null {
  if (sample.kind === 'providerError' || sample.kind === 'notANumber') return sample.message;
  for (const { labels, value } of seriesOf(sample)) {
    const name = labels['__name__'] ?? 'a series';
    if (value < 0) return `${name} is negative (${value}), so it is not a counter`;
    if (!Number.isInteger(value))
      return `${name} is not a whole number (${value}): the query must give raw counters, without rate() or increase()`;
  }
  return null;
}

/** The processes that restarted between two samples: one of their counters fell, so all began at zero. */
export function restartedIn(start: Sample, end: Sample): ReadonlySet<string> {
  const before = valuesOf(start);
  const fallen = seriesOf(end).filter(({ labels, value }) => value < (before.get(keyOf(labels)) ?? 0));
  return new Set(fallen.map(({ labels }) => originOf(labels)));
}

function valuesOf(sample: Sample): ReadonlyMap<string, number> {
  return new Map(seriesOf(sample).map(({ labels, value }) => [keyOf(labels), value]));
}

/** Facts about the processes whose counters are read. */
export interface Processes {
  /** Processes that existed at the start. */
  readonly known: ReadonlySet<string>;
  /** Processes that restarted, as others of their counters show. */
  readonly restarted?: ReadonlySet<string>;
}

/**
 * The increase of each counter from `start` to `end`. All counters of a restarted process count from zero: some may
 * have overtaken their old value by then. A new counter of a known process counts from zero. A new process has no start
 * value and counts from the next window on; a vanished process counts up to the previous one.
 */
export function growth(start: Sample, end: Sample, { known, restarted = new Set() }: Processes): Growths {
  const problem = counterProblem(start) ?? counterProblem(end);
  if (problem !== null) return { kind: 'providerError', message: problem };
  if (end.kind === 'noData') return end;
  const before = valuesOf(start);
  const fromZero = new Set([...restarted, ...restartedIn(start, end)]);
  const series = seriesOf(end).flatMap(({ labels, value }): Growth[] => {
    const origin = originOf(labels);
    const from = before.get(keyOf(labels)) ?? (known.has(origin) ? 0 : undefined);
    if (from === undefined) return [];
    return [{ labels, value: fromZero.has(origin) ? value : value - from }];
  });
  return { kind: 'growth', series };
}
