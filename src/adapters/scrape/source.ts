import type { Sample } from '../../analysis/evidence/sample.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { Clock } from '../../clock.ts';
import { createFairLimit } from '../../http/fair-limit.ts';
import type { Targets } from '../../http/outgoing/targets.ts';
import type { MetricSource } from '../../ports/metric-source.ts';
import { createLabelMemory } from './labels.ts';
import { createPageReader, type ReadPage } from './page.ts';
import { type RoundDeps, scrapeRound } from './round.ts';
import { createWatchList, type Watched } from './watched.ts';

/** Dependencies of scraping. */
export interface ScrapeOptions {
  /** The running pods of a namespace, from the API server. */
  readonly pods: (namespace: string) => Promise<readonly KubeObject[]>;
  readonly clock: Clock;
  /** How often the pods are scraped while queries come. */
  readonly everyMs: number;
  /** Timeout of one pod's page, and its maximum size. */
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  readonly readPage?: ReadPage;
  readonly targets: Targets;
}

/** A source that scrapes the pods itself. */
export interface PodScraper extends MetricSource {
  /** Ends the scraping in the background. */
  stop(): void;
}

/** Maximum number of pages at a time; a namespace is one owner. */
const SHARES = { most: 32, perNamespace: 16, perOwner: 16 };
/** How long pods are scraped after the last query. */
const INTEREST_MS = 3 * 60_000;
/** A query for a time this long ago can still be answered by a scrape now. */
const LATE_MS = 5_000;

const providerError = (message: string): Sample => ({ kind: 'providerError', message });

/** Scrapes now for these queries, each with the time of its sample. */
type Scrape = (stamps: ReadonlyMap<Watched, number>) => Promise<void>;

function createScrape(deps: RoundDeps, clock: Clock): Scrape {
  return (stamps) => {
    const queries = [...stamps.keys()];
    const began = clock.now();
    const done = scrapeRound(deps, queries)
      // A failed round has no samples; the next one starts over.
      .catch((): Awaited<ReturnType<typeof scrapeRound>> => new Map())
      .then((answers) => {
        for (const [query, at] of stamps) {
          const sample = answers.get(query);
          query.round = null;
          if (sample !== undefined) query.history.add(at, sample);
        }
      });
    for (const query of queries) query.round = { at: began, done };
    return done;
  };
}

/** Concurrent queries, answered from the same pages. */
interface Gathering {
  readonly stamps: Map<Watched, number>;
  readonly done: Promise<void>;
}

/** Answers concurrent queries about a namespace from the same pages. Each namespace waits only for its own pods. */
function createTogether(scrape: Scrape): (query: Watched, at: number) => Promise<void> {
  const gathering = new Map<string, Gathering>();
  const gather = (namespace: string): Gathering => {
    const stamps = new Map<Watched, number>();
    const done = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      gathering.delete(namespace);
      return scrape(stamps);
    });
    const made = { stamps, done };
    gathering.set(namespace, made);
    return made;
  };
  return (query, at) => {
    const { stamps, done } = gathering.get(query.namespace) ?? gather(query.namespace);
    stamps.set(query, at);
    return done;
  };
}

/**
 * Scrapes the pods' own pages of metrics, for clusters without Prometheus. It starts with the first query, continues
 * every `everyMs` as long as queries come, and answers for past times from memory. So the first window after a start of
 * this process has no data. Queries may only select series (`name{label="value"}`) of one namespace; anything else is a
 * providerError with the reason. At most 100 pods and 20,000 series a query.
 */
export function createPodScraper(options: ScrapeOptions): PodScraper {
  const { pods, clock, everyMs, timeoutMs = Math.min(4_000, everyMs), maxBytes = 8 * 1024 * 1024 } = options;
  const readPage = options.readPage ?? createPageReader({ timeoutMs, maxBytes, targets: options.targets });
  const scrape = createScrape(
    { pods, readPage, labelsOf: createLabelMemory(), limit: createFairLimit(SHARES) },
    clock,
  );
  const together = createTogether(scrape);
  const list = createWatchList(clock);
  const maxAgeMs = 2 * everyMs + timeoutMs;
  let timer: NodeJS.Timeout | null = null;

  const stop = (): void => {
    if (timer !== null) clearInterval(timer);
    timer = null;
  };
  const tick = (): void => {
    const asked = list.askedWithin(INTEREST_MS);
    const now = clock.now();
    const free = asked.filter(({ round }) => round === null);
    for (const queries of Map.groupBy(free, ({ namespace }) => namespace).values())
      void scrape(new Map(queries.map((query) => [query, now])));
    if (asked.length === 0) stop();
  };
  const sampleAt = async (query: Watched, atMs: number): Promise<Sample> => {
    if (query.round !== null && query.round.at <= atMs) await query.round.done;
    const known = query.history.find(atMs, maxAgeMs);
    if (known !== null) return known;
    if (Math.abs(clock.now() - atMs) > LATE_MS) {
      const message = 'the pods were not scraped at that time: counting begins with the next window';
      return { kind: 'noData', message };
    }
    await together(query, atMs);
    return query.history.find(atMs, maxAgeMs) ?? providerError('the pods could not be scraped');
  };

  return {
    sample: async (promql, atMs) => {
      const query = list.ask(promql);
      if ('problem' in query) return providerError(query.problem);
      timer ??= setInterval(tick, everyMs).unref();
      return sampleAt(query, atMs);
    },
    stop,
  };
}
