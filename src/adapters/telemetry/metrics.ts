import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { QueueDepth, QueueTelemetry } from '../../ports/queue.ts';
import type { BadShare, CanaryWeight, SupersededRun, Telemetry } from '../../ports/telemetry.ts';

/** Bounds in seconds: of a pass or a request, and of a phase, which lasts from seconds to a day. */
const SHORT = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const LONG = [1, 5, 15, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 21_600, 86_400];

/** Values that are read at each scrape. */
export interface Sources {
  readonly depth: () => QueueDepth;
  readonly staleWatches: () => number;
  readonly weights: () => readonly CanaryWeight[];
  readonly shares: () => readonly BadShare[];
  readonly superseded: () => readonly SupersededRun[];
}

/** All metrics of the controller, for Prometheus. */
export interface Metrics {
  readonly registry: Registry;
  readonly reconcile: Telemetry;
  /** Creates the metrics of a shared queue; without one they would say that it is lost. */
  queue(): QueueTelemetry;
  passEnded(kind: string, result: string, seconds: number): void;
  kubernetesRequest(verb: string, resource: string, code: number, seconds: number): void;
  prometheusQuery(result: string, seconds: number): void;
  eventDropped(): void;
  leading(leading: boolean): void;
  /** Reads these at each scrape. */
  follow(sources: Sources): void;
}

function createReconcileTelemetry(registers: Registry[]): Telemetry {
  const phases = new Histogram({
    name: 'sluice_phase_seconds',
    help: 'Time that releases spent in a phase.',
    labelNames: ['phase'],
    buckets: LONG,
    registers,
  });
  const releases = new Counter({
    name: 'sluice_releases_total',
    help: 'Releases that ended, by outcome and reason.',
    labelNames: ['outcome', 'reason'],
    registers,
  });
  const verdicts = new Counter({
    name: 'sluice_verdicts_total',
    help: 'Verdicts on a metric, one for each window.',
    labelNames: ['namespace', 'rollout', 'metric', 'verdict'],
    registers,
  });
  const told = new Map<string, Map<string, [metric: string, verdict: string]>>();
  return {
    phaseLeft: (phase, seconds) => phases.observe({ phase }, seconds),
    ended: (outcome, reason) => releases.inc({ outcome, reason }),
    verdict: (namespace, rollout, metric, verdict) => {
      const owner = `${namespace}/${rollout}`;
      const series = told.get(owner) ?? new Map<string, [string, string]>();
      told.set(owner, series.set(`${metric}/${verdict}`, [metric, verdict]));
      verdicts.inc({ namespace, rollout, metric, verdict });
    },
    forget: (namespace, rollout) => {
      for (const [metric, verdict] of told.get(`${namespace}/${rollout}`)?.values() ?? [])
        verdicts.remove({ namespace, rollout, metric, verdict });
      told.delete(`${namespace}/${rollout}`);
    },
  };
}

function createQueueTelemetry(registers: Registry[]): QueueTelemetry {
  const fallbacks = new Counter({
    name: 'sluice_queue_fallbacks_total',
    help: 'Keys that ran from the queue in the process because Redis was lost or had not run them in time.',
    labelNames: ['cause'],
    registers,
  });
  const losses = new Counter({
    name: 'sluice_queue_losses_total',
    help: 'Times that Redis was lost.',
    registers,
  });
  const connected = new Gauge({
    name: 'sluice_queue_connected',
    help: 'Whether Redis takes keys.',
    registers,
  });
  let before = false;
  return {
    fallback: (cause) => fallbacks.inc({ cause }),
    connected: (now) => {
      if (before && !now) losses.inc();
      before = now;
      connected.set(now ? 1 : 0);
    },
  };
}

function createWork(registers: Registry[]): Pick<Metrics, 'passEnded' | 'leading'> {
  const passes = new Counter({
    name: 'sluice_reconciles_total',
    help: 'Passes, by kind of key and result.',
    labelNames: ['kind', 'result'],
    registers,
  });
  const seconds = new Histogram({
    name: 'sluice_reconcile_seconds',
    help: 'Duration of a pass.',
    labelNames: ['kind'],
    buckets: SHORT,
    registers,
  });
  const leader = new Gauge({
    name: 'sluice_leader',
    help: 'Whether this process holds the lease.',
    registers,
  });
  leader.set(0);
  return {
    passEnded: (kind, result, took) => {
      passes.inc({ kind, result });
      seconds.observe({ kind }, took);
    },
    leading: (is) => leader.set(is ? 1 : 0),
  };
}

function createRequests(
  registers: Registry[],
): Pick<Metrics, 'kubernetesRequest' | 'prometheusQuery' | 'eventDropped'> {
  const events = new Counter({
    name: 'sluice_events_dropped_total',
    help: 'Events that were not recorded: too many waited, or the API server did not take them.',
    registers,
  });
  const requests = new Counter({
    name: 'sluice_kubernetes_requests_total',
    help: 'Requests to the API server; code 0 is none that was answered.',
    labelNames: ['verb', 'resource', 'code'],
    registers,
  });
  const seconds = new Histogram({
    name: 'sluice_kubernetes_request_seconds',
    help: 'Duration of requests to the API server, watches aside.',
    labelNames: ['verb', 'resource'],
    buckets: SHORT,
    registers,
  });
  const queries = new Counter({
    name: 'sluice_prometheus_queries_total',
    help: 'Queries to Prometheus, by the kind of what came of them.',
    labelNames: ['result'],
    registers,
  });
  const querySeconds = new Histogram({
    name: 'sluice_prometheus_query_seconds',
    help: 'Duration of queries to Prometheus.',
    buckets: SHORT,
    registers,
  });
  return {
    eventDropped: () => events.inc(),
    kubernetesRequest: (verb, resource, code, took) => {
      requests.inc({ verb, resource, code: String(code) });
      if (verb !== 'watch') seconds.observe({ verb, resource }, took);
    },
    prometheusQuery: (result, took) => {
      queries.inc({ result });
      querySeconds.observe(took);
    },
  };
}

/** A gauge that is read at each scrape. */
function asked(
  settings: { readonly name: string; readonly help: string; readonly labelNames?: readonly string[] },
  registers: Registry[],
  collect: (gauge: Gauge) => void,
): void {
  const gauge: Gauge = new Gauge({ ...settings, registers, collect: () => collect(gauge) });
}

function createSources(registers: Registry[]): Pick<Metrics, 'follow'> {
  const keys = {
    name: 'sluice_queue_keys',
    help: 'Keys of this process: waiting, active, or to be woken at a time.',
    labelNames: ['state'],
  };
  const watches = { name: 'sluice_stale_watches', help: 'Watches that are broken at the moment.' };
  const bad = {
    name: 'sluice_bad_share',
    help: 'Share of bad requests in a release since its step began: of the canary, the band (low, high) in which its true share is, of stable, and what is allowed.',
    labelNames: ['namespace', 'rollout', 'metric', 'against', 'of'],
  };
  const runs = {
    name: 'sluice_superseded_releases',
    help: 'Releases in a row, of the last ten, that were ended by a newer pod template: nothing gets promoted.',
    labelNames: ['namespace', 'rollout'],
  };
  const canaries = {
    name: 'sluice_canary_weight',
    help: 'Share of the traffic that the canary is to get, in percent.',
    labelNames: ['namespace', 'rollout'],
  };
  return {
    follow: ({ depth, staleWatches, weights, shares, superseded }) => {
      asked(keys, registers, (gauge) => {
        for (const [state, count] of Object.entries(depth())) gauge.set({ state }, count);
      });
      asked(watches, registers, (gauge) => gauge.set(staleWatches()));
      asked(canaries, registers, (gauge) => {
        gauge.reset();
        for (const { namespace, rollout, weight } of weights()) gauge.set({ namespace, rollout }, weight);
      });
      asked(runs, registers, (gauge) => {
        gauge.reset();
        for (const { namespace, rollout, count } of superseded()) gauge.set({ namespace, rollout }, count);
      });
      asked(bad, registers, (gauge) => {
        gauge.reset();
        for (const { shares: all, ...labels } of shares())
          for (const [of, share] of Object.entries(all)) gauge.set({ ...labels, of }, share);
      });
    },
  };
}

/** Creates the metrics in their own registry. */
export function createMetrics(version: string): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'sluice_build_info',
    help: 'Always 1; the version is in the label.',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1);
  return {
    registry,
    reconcile: createReconcileTelemetry(registers),
    queue: () => createQueueTelemetry(registers),
    ...createWork(registers),
    ...createRequests(registers),
    ...createSources(registers),
  };
}
