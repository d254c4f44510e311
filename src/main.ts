import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as after } from 'node:timers/promises';
import { connect } from './adapters/kubernetes/connection.ts';
import { identityProblem } from './adapters/kubernetes/identity.ts';
import { createJobs } from './adapters/kubernetes/jobs.ts';
import { createKubernetes, type Kubernetes } from './adapters/kubernetes/kubernetes.ts';
import { createPodList, createPodsOf } from './adapters/kubernetes/pods.ts';
import { sleep } from './adapters/kubernetes/sleep.ts';
import { createSecrets, createTexts, readWarmUpBody } from './adapters/kubernetes/values.ts';
import { createAskWebhook } from './adapters/metric-webhook/ask-webhook.ts';
import { createAskPod } from './adapters/pod-http/ask-pod.ts';
import { createWarmUpSender } from './adapters/pod-http/send-warm-up.ts';
import { createMemoryQueue } from './adapters/queue/memory.ts';
import { createHealth, type Health } from './adapters/telemetry/health.ts';
import { createLog, describeError, withoutCredentials } from './adapters/telemetry/log.ts';
import { measureQueries } from './adapters/telemetry/measured.ts';
import { createMetrics, type Metrics } from './adapters/telemetry/metrics.ts';
import { createPeopleMetrics } from './adapters/telemetry/people-metrics.ts';
import { serveTelemetry } from './adapters/telemetry/server.ts';
import type { Release } from './api/release.ts';
import { openWebhook, type Webhook } from './app/admission-webhook.ts';
import { createMetricSources } from './app/metric-sources.ts';
import { createPeople, type People } from './app/notifications.ts';
import { systemClock } from './clock.ts';
import { type Config, readConfig } from './config/config.ts';
import { helpText } from './config/help.ts';
import { SluiceError, wordsOf } from './errors.ts';
import type { Listening } from './http/listen.ts';
import { createTargets } from './http/outgoing/targets.ts';
import { createPost } from './http/post.ts';
import { createRoom } from './measure/answer-room.ts';
import { createChecks } from './measure/checks.ts';
import { createGoldenCheck } from './measure/golden-check.ts';
import { createJobCheck } from './measure/job-check.ts';
import { createPendingAnswers } from './measure/pending-answers.ts';
import { createPodLists } from './measure/pod-lists.ts';
import { createShadowCheck } from './measure/shadow-check.ts';
import { createWarmUps } from './measure/warm-ups.ts';
import { createWebhookCheck } from './measure/webhook-check.ts';
import type { ReconcileQueue } from './ports/queue.ts';
import type { Log } from './ports/telemetry.ts';
import { createContests } from './reconcile/contests.ts';
import { createEnqueuer } from './reconcile/enqueue.ts';
import { badShares } from './reconcile/gauges/bad-shares.ts';
import { canaryWeights } from './reconcile/gauges/canary-weights.ts';
import { supersededRuns } from './reconcile/gauges/superseded.ts';
import { reconcile } from './reconcile/reconciler.ts';
import { type Answer, createDrafts } from './reconcile/release-pass.ts';
import { everyKey, resync } from './reconcile/resync.ts';
import { createSingletons } from './reconcile/singletons.ts';
import { createTries } from './reconcile/tries.ts';
import { createWorker, type Worker } from './reconcile/worker.ts';
import { istioRouter } from './traffic/istio/istio.ts';
import { readVersion } from './version.ts';

const clock = systemClock;
const { random } = Math;

/** A pass takes seconds at most, since every request has a time limit. One older than this will not end. */
const STUCK_MS = 5 * 60_000;
/** For what follows the grace of the passes: events, watches, lease, connections. */
const TIDY_MS = 8_000;

/** The name of this process where none is set; a restarted container keeps its host name. */
const uniqueName = (): string => `${hostname()}_${randomUUID().slice(0, 8)}`;

/** BullMQ is loaded only where it is used. */
async function openQueue(
  config: Config,
  log: Log,
  metrics: Metrics,
  keys: () => Iterable<string>,
): Promise<ReconcileQueue> {
  if (config.queue === 'memory' || config.redisUrl === undefined) return createMemoryQueue({ clock, random });
  const { createRedisQueue } = await import('./adapters/queue/redis.ts');
  const installation = `${config.leaseNamespace}/${config.leaseName}`;
  const shared = { installation, clock, random, log, telemetry: metrics.queue(), everyKey: keys };
  return createRedisQueue({ url: config.redisUrl, ...shared });
}

/** The queue of what people are told, apart from the passes. What it loses of Redis the other one tells. */
async function openNotices(config: Config, log: Log): Promise<ReconcileQueue> {
  if (config.queue === 'memory' || config.redisUrl === undefined) return createMemoryQueue({ clock, random });
  const { createRedisQueue } = await import('./adapters/queue/redis.ts');
  const installation = `${config.leaseNamespace}/${config.leaseName}/notices`;
  const telemetry = { fallback: () => {}, connected: () => {} };
  return createRedisQueue({ url: config.redisUrl, installation, clock, random, log, telemetry });
}

/** An address that cannot be had is a wrong setting. */
async function serve(config: Config, ...rest: [Health, Parameters<typeof serveTelemetry>[2]]) {
  return serveTelemetry(config.httpAddress, ...rest).catch((error: unknown): never => {
    const why = wordsOf(error);
    throw new SluiceError('CONFIG_INVALID', `--http-address: ${why}`, { retry: 'terminal' });
  });
}

function watchHealth(health: Health, kubernetes: Kubernetes, worker: Worker, stopping: AbortSignal): void {
  health.ready('process', () => (stopping.aborted ? 'is stopping' : null));
  health.ready('store', () => {
    const waited = kubernetes.status().find(({ synced, missing }) => !synced && !missing);
    return waited === undefined ? null : `${waited.resource}: ${waited.error ?? 'the first list is running'}`;
  });
  health.live('passes', () => {
    const oldest = worker.oldest();
    return oldest !== null && oldest.ms > STUCK_MS ? `${oldest.key} is stuck` : null;
  });
}

/** Says once what would make the admission policies undo all that this process does. */
async function checkIdentity({ client }: Kubernetes, log: Log): Promise<void> {
  try {
    const problem = await identityProblem(client);
    if (problem !== null)
      log.error({ problem }, 'the API server does not take this process for the controller');
  } catch (err) {
    log.warn({ err }, 'who this process is for the API server could not be checked');
  }
}

/** Ends the process for a fault of its own; the next one finds everything in the objects. */
function watchFaults(log: Log): void {
  const die = (message: string) => (err: unknown) => {
    log.error({ err }, message);
    process.exit(1);
  };
  process.on('uncaughtException', die('fault: uncaught exception'));
  process.on('unhandledRejection', die('fault: unhandled rejection'));
}

/** Resolves to the name of the first signal to stop; a second one ends the process at once. */
function stopSignal(log: Log): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let asked = false;
  for (const name of ['SIGTERM', 'SIGINT'] as const)
    process.on(name, () => {
      if (asked) {
        log.warn({ signal: name }, 'stopping at once');
        process.exit(1);
      }
      asked = true;
      resolve(name);
    });
  return promise;
}

interface Parts {
  readonly config: Config;
  readonly log: Log;
  readonly queue: ReconcileQueue;
  readonly kubernetes: Kubernetes;
  readonly server: Listening;
  readonly people: People;
  readonly webhook: Webhook;
}

/** In order: no further key, the passes under way, the events and the lease, then the rest. */
async function stop({ config, log, queue, kubernetes, server, people, webhook }: Parts): Promise<void> {
  const late = setTimeout(() => {
    log.error({}, 'could not stop in time');
    process.exit(1);
  }, config.shutdownGrace + TIDY_MS);
  const [drained] = await Promise.all([queue.stop(config.shutdownGrace), people.stop(config.shutdownGrace)]);
  if (!drained) log.warn({ grace: config.shutdownGrace }, 'passes did not end within the grace');
  await webhook.close();
  await kubernetes.stop();
  await server.close();
  clearTimeout(late);
}

/** Runs the controller until it is told to stop; answers the exit code. */
async function run(config: Config, version: string): Promise<number> {
  const log = createLog(config.logLevel);
  watchFaults(log);
  const signalled = stopSignal(log);
  const stopping = new AbortController();
  const metrics = createMetrics(version);
  const health = createHealth();

  // Without an election nobody else works; with Redis everybody does, and every write is guarded by what was read.
  const worksAlways = config.queue === 'redis' || !config.leaderElect;
  const connection = await connect(config, process.env, clock);
  const kubernetes = createKubernetes({
    connection,
    version,
    namespaces: config.namespaces,
    rootNamespace: config.rootNamespace,
    lease: { namespace: config.leaseNamespace, name: config.leaseName, identity: config.identity },
    elect: config.leaderElect,
    fence: worksAlways ? 'none' : 'leader',
    clock,
    random,
    log,
    observe: (...request) => metrics.kubernetesRequest(...request),
    eventDropped: () => metrics.eventDropped(),
  });
  const sources = createMetricSources(config, createPodList(kubernetes.client, clock), clock);
  const { store, election } = kubernetes;
  const known = { store, namespaces: () => changes.namespaces() };
  const queue = await openQueue(config, log, metrics, () => everyKey(known));

  const podsOf = createPodsOf(kubernetes.client);
  const targets = createTargets(config.allowTargets);
  const questions = {
    podsOf,
    ask: createAskPod(targets),
    readText: createTexts(kubernetes.client),
    room: createRoom(),
    after,
  };
  const kinds = {
    golden: createGoldenCheck(questions),
    shadow: createShadowCheck(questions),
    webhook: createWebhookCheck({
      ask: createAskWebhook(clock, after, createPost(targets)),
      secrets: createSecrets(kubernetes.client),
      store,
      now: () => clock.now(),
    }),
    job: createJobCheck({ jobs: createJobs(kubernetes.client), store, after }),
  };
  const deps = {
    store,
    writer: kubernetes.writer,
    events: kubernetes.events,
    router: istioRouter,
    metrics: measureQueries(sources, clock, (...query) => metrics.prometheusQuery(...query)),
    telemetry: metrics.reconcile,
    rootNamespace: config.rootNamespace,
    istiodDebounceMax: config.istiodDebounceMax,
    defaultAnalysis: config.defaultAnalysis,
    after,
    answers: createPendingAnswers<Answer>(after),
    drafts: createDrafts(),
    tries: createTries(),
    contests: createContests(),
    podLooks: createPodLists(podsOf, createPendingAnswers(after)),
    warmUps: createWarmUps(
      podsOf,
      (...at) => readWarmUpBody(kubernetes.client, ...at),
      createWarmUpSender(targets),
      () => clock.now(),
    ),
    checks: createChecks(kinds, () => clock.now()),
    hasNobody: (release: Release) => people.hasNobody(release),
    clock,
    log,
  };
  const worker = createWorker({
    reconcile: (key) => reconcile(deps, key),
    clock,
    log,
    passEnded: (...pass) => metrics.passEnded(...pass),
  });
  const changes = createEnqueuer(store, queue);
  const everything = { ...known, queue, random, sleep, log };
  const singletons = createSingletons(
    { resync: (signal) => resync({ ...everything, everyMs: config.resync }, signal) },
    log,
  );
  queue.process(worker.handle, { concurrency: config.concurrency });
  store.subscribe((change) => changes.note(change));
  const notices = await openNotices(config, log);
  const people = createPeople({
    config,
    kubernetes,
    queue: notices,
    namespaces: () => changes.namespaces(),
    telemetry: createPeopleMetrics(metrics.registry),
    clock,
    log,
  });
  metrics.follow({
    depth: () => queue.depth(),
    weights: () => canaryWeights(store, changes.namespaces()),
    superseded: () => supersededRuns(store, changes.namespaces()),
    shares: () => badShares(store, changes.namespaces()),
    staleWatches: () => kubernetes.status().filter(({ error, missing }) => error !== null && !missing).length,
  });
  watchHealth(health, kubernetes, worker, stopping.signal);
  const server = await serve(config, health, metrics.registry);
  const webhook = await openWebhook({ config, client: kubernetes.client, clock, log });
  health.ready('webhook', () => webhook.problem());
  await people.listen();

  const { promise: lost, resolve: lose } = Promise.withResolvers<'lost'>();
  const isLeading = (): boolean => !config.leaderElect || election.isLeader();
  let isWorking = false;
  const begin = (): void => {
    if (!kubernetes.isSynced() || isWorking || !(worksAlways || isLeading())) return;
    isWorking = true;
    log.info({ queue: config.queue, objects: store.sizes() }, 'working');
    queue.start();
    people.begin();
  };
  election.subscribe((leading) => {
    metrics.leading(leading);
    if (stopping.signal.aborted) return;
    singletons.lead(leading);
    begin();
    if (!leading && !worksAlways) lose('lost');
  });

  const { identity, queue: kind, namespaces } = config;
  log.info({ version, identity, server: connection.server, queue: kind, namespaces }, 'starting');
  void checkIdentity(kubernetes, log);
  void kubernetes.start(stopping.signal).then(begin);
  if (!config.leaderElect) singletons.lead(true);

  const why = await Promise.race([signalled, lost]);
  stopping.abort();
  singletons.lead(false);
  if (why === 'lost') {
    log.error({ identity }, 'the lease is lost: another may lead, so this process ends');
    return 1;
  }
  log.info({ signal: why }, 'stopping');
  await stop({ config, log, queue, kubernetes, server, people, webhook });
  log.info({}, 'stopped');
  return 0;
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const asked = readConfig(args, process.env, uniqueName);
    if ('run' in asked) return await run(asked.run, readVersion());
    process.stdout.write(asked.tell === 'help' ? helpText() : `${readVersion()}\n`);
    return 0;
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'CONFIG_INVALID') {
      for (const line of error.message.split('\n'))
        process.stderr.write(`sluice: ${withoutCredentials(line)}\n`);
      return 2;
    }
    process.stderr.write(`sluice: ${JSON.stringify(describeError(error))}\n`);
    return 1;
  }
}

process.exit(await main(process.argv.slice(2)));
