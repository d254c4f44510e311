import { setTimeout as after } from 'node:timers/promises';
import type { Kubernetes } from '../adapters/kubernetes/kubernetes.ts';
import { createPendingAnswers } from '../measure/pending-answers.ts';
import type { ReconcileQueue } from '../ports/queue.ts';
import { createEnqueuer } from '../reconcile/enqueue.ts';
import type { KnownNamespaces } from '../reconcile/known-namespaces.ts';
import type { Answer } from '../reconcile/pass-deps.ts';
import { type ReconcilerDeps, reconcile } from '../reconcile/reconciler.ts';
import { createContests } from '../reconcile/release/contests.ts';
import { createDepartures } from '../reconcile/release/departures.ts';
import { createDrafts } from '../reconcile/release/drafts.ts';
import { createTries } from '../reconcile/release/tries.ts';
import { createWorker, type Worker } from '../reconcile/worker.ts';
import { recordPass } from '../release/pass-record.ts';
import { ROUTERS } from '../traffic/registry.ts';
import type { Measuring } from './measuring.ts';
import type { People } from './people.ts';
import type { Runtime } from './runtime.ts';

interface PassParts {
  readonly kubernetes: Kubernetes;
  readonly namespaces: KnownNamespaces;
  readonly measuring: Measuring;
  readonly people: People;
  readonly queue: ReconcileQueue;
}

/** At log level debug, all that a pass over a Release was decided from is one line, which can be replayed. */
function passLog({ config, version, log }: Runtime): ReconcilerDeps['record'] {
  if (config.logLevel !== 'debug') return () => {};
  return (observation, decision) =>
    log.debug({ pass: recordPass(version, observation, decision) }, 'release decided');
}

function depsOf(runtime: Runtime, parts: PassParts): ReconcilerDeps {
  const { config, clock, log, metrics } = runtime;
  const { kubernetes, measuring, people } = parts;
  const { store, reader, writer, events } = kubernetes;
  return {
    store,
    reader,
    writer,
    events,
    routers: ROUTERS,
    settings: config,
    telemetry: metrics.reconcile,
    tracing: runtime.tracing,
    defaultAnalysis: config.defaultAnalysis,
    answers: createPendingAnswers<Answer>(after),
    drafts: createDrafts(),
    tries: createTries(),
    contests: createContests(),
    departures: createDepartures(),
    ...measuring,
    record: passLog(runtime),
    hasNobody: (release) => people.hasNobody(release),
    clock,
    log,
  };
}

/** Runs passes from the queue once it starts, and enqueues the keys that changes in the cluster concern. */
export function createPasses(runtime: Runtime, parts: PassParts): Worker {
  const { clock, log, metrics, config } = runtime;
  const { kubernetes, namespaces, queue } = parts;
  const deps = depsOf(runtime, parts);
  const worker = createWorker({
    reconcile: (key) => reconcile(deps, key),
    clock,
    log,
    passEnded: (...pass) => metrics.passEnded(...pass),
  });
  queue.process(worker.handle, { concurrency: config.concurrency });
  kubernetes.store.subscribe(createEnqueuer(deps, queue, namespaces));
  return worker;
}
