import type { Sample, Series } from '../../analysis/evidence/sample.ts';
import type { KubeObject } from '../../api/meta.ts';
import { wordsOf } from '../../errors.ts';
import type { FairLimit } from '../../http/fair-limit.ts';
import { parseLine } from './exposition.ts';
import type { LabelsOf } from './labels.ts';
import { PageError, type ReadPage } from './page.ts';
import { exactly, mayHave, type Selector, selects } from './selector.ts';
import { type Target, targetOf, type Untargeted } from './target.ts';

/** A query of one namespace, ready to be answered from the pages of its pods. */
export interface Wanted {
  readonly namespace: string;
  readonly selectors: readonly Selector[];
}

/** Maximum number of pods scraped for one query, and of series in its result. */
const [MOST_PODS, MOST_SERIES] = [100, 20_000];

type Page = { readonly series: ReadonlyMap<Wanted, readonly Series[]> } | { readonly problem: string };

/** Reads the page of one pod once, for all queries that need it. */
async function readTarget(
  { readPage, labelsOf }: RoundDeps,
  target: Target,
  wanted: readonly Wanted[],
): Promise<Page> {
  const series = new Map<Wanted, Series[]>(wanted.map((one) => [one, []]));
  const byName = new Map<string, readonly Wanted[]>();
  const asking = (name: string): readonly Wanted[] => {
    const known = byName.get(name);
    if (known !== undefined) return known;
    const found = wanted.filter(({ selectors }) => selectors.some((one) => mayHave(one, '__name__', name)));
    byName.set(name, found);
    return found;
  };
  const seen = new Set<Series['labels']>();
  let lines = 0;
  const onLine = (text: string): void => {
    lines++;
    const line = parseLine(text);
    if (line === null) return;
    if (line === 'notALine')
      throw new PageError(`has a line ${lines} that is not in the text format of Prometheus`);
    const askers = asking(line.name);
    if (askers.length === 0) return;
    const labels = labelsOf(line.name, line.body, target);
    // A duplicate line counts once, as with Prometheus.
    if (seen.has(labels)) return;
    seen.add(labels);
    for (const one of askers) {
      if (!one.selectors.some((selector) => selects(selector, labels))) continue;
      const list = series.get(one);
      list?.push({ labels, value: line.value });
      if ((list?.length ?? 0) > MOST_SERIES) throw new PageError(`gives more than ${MOST_SERIES} series`);
    }
  };
  try {
    await readPage(target.url, onLine);
    return { series };
  } catch (error) {
    return { problem: `pod ${target.pod}: ${wordsOf(error)}` };
  }
}

function wants({ selectors }: Wanted, pod: string): boolean {
  return selectors.some((selector) => mayHave(selector, 'pod', pod));
}

function sampleOf(series: readonly Series[]): Sample {
  if (series.length > MOST_SERIES) {
    const message = `the query gives ${series.length} series, at most ${MOST_SERIES} are read`;
    return { kind: 'providerError', message };
  }
  const odd = series.find(({ value }) => !Number.isFinite(value));
  if (odd !== undefined) {
    const { __name__: name = '', pod = '' } = odd.labels;
    return { kind: 'notANumber', message: `${name} of pod ${pod} has the value ${odd.value}` };
  }
  return series.length === 0
    ? { kind: 'noData', message: 'no pod has such a series' }
    : { kind: 'vector', series };
}

function answerOf(
  wanted: Wanted,
  targets: readonly Target[],
  untargeted: readonly Untargeted[],
  pages: ReadonlyMap<Target, Page>,
): Sample {
  const ours = targets.filter(({ pod }) => wants(wanted, pod)).slice(0, MOST_PODS);
  const lost = untargeted.filter(({ pod }) => wants(wanted, pod)).map(({ problem }) => problem);
  const series: Series[] = [];
  for (const target of ours) {
    const page = pages.get(target);
    if (page === undefined) continue;
    if ('problem' in page) lost.push(page.problem);
    else series.push(...(page.series.get(wanted) ?? []));
  }
  const problem = lost[0];
  if (series.length === 0 && problem !== undefined) {
    const others = lost.length === 1 ? '' : ` (and ${lost.length - 1} more)`;
    return { kind: 'providerError', message: `${problem}${others}` };
  }
  if (ours.length === 0) return { kind: 'noData', message: 'no pod that runs fits the query' };
  return sampleOf(series);
}

/** The namespace that a query is about, or why it cannot be scraped. */
export function namespaceOf(
  selectors: readonly Selector[],
): { readonly namespace: string } | { readonly problem: string } {
  const names = new Set(selectors.map((selector) => exactly(selector, 'namespace')));
  const [namespace] = names;
  return names.size === 1 && namespace !== undefined && namespace !== ''
    ? { namespace }
    : {
        problem:
          'pods are scraped without Prometheus, so a query must select one namespace: write namespace="{{namespace}}"',
      };
}

/** Dependencies of a round. */
export interface RoundDeps {
  /** Pods of a namespace. */
  readonly pods: (namespace: string) => Promise<readonly KubeObject[]>;
  readonly readPage: ReadPage;
  readonly labelsOf: LabelsOf;
  /** Limits the pages read at a time. */
  readonly limit: FairLimit;
}

async function answerNamespace(
  deps: RoundDeps,
  namespace: string,
  wanted: readonly Wanted[],
): Promise<Sample[]> {
  let found: readonly KubeObject[];
  try {
    found = await deps.pods(namespace);
  } catch (error) {
    const why = wordsOf(error);
    return wanted.map(() => ({
      kind: 'providerError',
      message: `the pods of ${namespace} are not known: ${why}`,
    }));
  }
  const places = found.map(targetOf).filter((place) => place !== null);
  const targets = places.filter((place) => 'url' in place).toSorted((a, b) => (a.pod < b.pod ? -1 : 1));
  const untargeted = places.filter((place) => 'problem' in place);
  const chosen = new Set(
    wanted.flatMap((one) => targets.filter(({ pod }) => wants(one, pod)).slice(0, MOST_PODS)),
  );
  const pages = new Map<Target, Page>();
  const read = async (target: Target): Promise<void> => {
    const askers = wanted.filter((one) => wants(one, target.pod));
    pages.set(target, await deps.limit({ namespace, name: '' }, () => readTarget(deps, target, askers)));
  };
  await Promise.all([...chosen].map(read));
  return wanted.map((one) => answerOf(one, targets, untargeted, pages));
}

/** Answers all queries from one scrape of the pods: each page is read once, so that its counters are of one moment. */
export async function scrapeRound(
  deps: RoundDeps,
  wanted: readonly Wanted[],
): Promise<ReadonlyMap<Wanted, Sample>> {
  const answers = new Map<Wanted, Sample>();
  const namespaces = new Set(wanted.map(({ namespace }) => namespace));
  await Promise.all(
    [...namespaces].map(async (namespace) => {
      const ours = wanted.filter((one) => one.namespace === namespace);
      const samples = await answerNamespace(deps, namespace, ours);
      for (const [index, one] of ours.entries()) {
        const sample = samples[index];
        if (sample !== undefined) answers.set(one, sample);
      }
    }),
  );
  return answers;
}
