import type { PodAnswer } from '../../src/analysis/verdict/golden.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import type { Release, ReleaseStatus } from '../../src/api/release/release.ts';
import { SluiceError } from '../../src/errors.ts';
import { createRoom } from '../../src/measure/answer-room.ts';
import { createChecks } from '../../src/measure/checks.ts';
import { createGoldenCheck } from '../../src/measure/golden-check.ts';
import { createPendingAnswers } from '../../src/measure/pending-answers.ts';
import { createPodLists } from '../../src/measure/pod-lists.ts';
import { createShadowCheck } from '../../src/measure/shadow-check.ts';
import { createWarmUps } from '../../src/measure/warm-ups.ts';
import type { PodQuestion, PodsOf } from '../../src/ports/pods.ts';
import { keysOfChange } from '../../src/reconcile/key-mapping.ts';
import type { Answer } from '../../src/reconcile/pass-deps.ts';
import { type ReconcilerDeps, reconcile } from '../../src/reconcile/reconciler.ts';
import { createContests } from '../../src/reconcile/release/contests.ts';
import { createDepartures } from '../../src/reconcile/release/departures.ts';
import { createDrafts } from '../../src/reconcile/release/drafts.ts';
import { createTries } from '../../src/reconcile/release/tries.ts';
import { everyKey } from '../../src/reconcile/resync.ts';
import {
  type Behind,
  type ClusterFault,
  createMemoryCluster,
  type MemoryCluster,
} from '../fakes/memory-cluster.ts';
import type { ClusterWrite } from '../fakes/memory-server.ts';
import { Deployments } from './deployments.ts';
import { Crash, faultOf, type WriteOutcome } from './fates.ts';
import {
  createAll,
  holdPolicy,
  NAME,
  NAMESPACE,
  OPTIONS,
  rolloutOf,
  templateOf,
  type WorldOptions,
} from './fixtures.ts';
import { type Flow, Mesh } from './mesh.ts';
import { Metrics } from './metrics.ts';
import { Outside } from './outside.ts';
import { type Past, restore } from './past.ts';
import { Pods } from './pods.ts';
import { quietLog, quietTelemetry } from './quiet.ts';
import { Refusers } from './refusals.ts';
import { Texts } from './texts.ts';
import { takeTraces } from './traces.ts';

const TICK_MS = 500;
/** Time that the proxies take; less than the policy's `settle`. */
const PROXY_MS = 700;
/** Passes in one moment after which the controller counts as looping. */
const MOST_PASSES = 60;

/**
 * A cluster with everything around the controller, in virtual time: the Deployment and ReplicaSet controllers, pods
 * that load, proxies, counters. Nothing of the controller itself is simulated.
 */
export class World {
  now = Date.parse('2026-11-01T00:00:00Z');
  readonly cluster: MemoryCluster;
  readonly pods: Pods;
  readonly metrics = new Metrics(200, () => this.#after(10_000));
  readonly options: WorldOptions;
  /** Share of failed requests by image. */
  readonly failures = new Map<string, number>([['v1', 0.001]]);
  readonly loadMs = new Map<string, number>();
  flow: Flow = { shares: new Map(), named: new Set(), lost: [], sum: 100 };
  /** Fraction of lost requests, times seconds. */
  lostSeconds = 0;
  /** The other controllers act between any two writes of ours, and not only when a pass is over. */
  eager = false;
  /** There are no receivers of messages. */
  nobody = false;
  /** The admission policy is in force. */
  holds = true;
  /** No controller runs until then. */
  downUntil = 0;
  /** Warm-up requests that were sent, by address of the pod; the world decides which fail. */
  readonly warmUps = new Map<string, number>();
  warmUpFault: string | null = null;
  /** Requests of checks to pods, and the answers of each image; a string says why there is no answer. */
  readonly questions: { readonly image: string; readonly pod: string; readonly question: PodQuestion }[] = [];
  answer: (image: string, question: PodQuestion) => PodAnswer | string = () => ({
    status: 200,
    body: '{"class":"cat","score":0.5}',
    ms: 10,
  });
  /** Takes what each pass over a Release was decided from. */
  passDecided: ReconcilerDeps['record'] = () => {};
  readonly outside = new Outside();
  /** Until when a GitOps tool puts back the routes as they are in Git, as soon as it sees others. */
  fightUntil = 0;
  /** Policies, quotas and webhooks between the controller and its objects. */
  readonly refusers = new Refusers();
  readonly texts = new Texts();
  /** Bodies of warm-up requests. */
  readonly warmUpSent = new Set<unknown>();
  readonly tracing = takeTraces();
  /** Decides about each write of the controller. */
  fate: (write: ClusterWrite, index: number) => WriteOutcome = () => undefined;
  readonly #deployments: Deployments;
  readonly mesh: Mesh;
  #deps: ReconcilerDeps;
  #dirty = new Set<string>();
  #timers = new Map<string, number>();
  #waits: { at: number; resolve: () => void }[] = [];
  #ours = false;
  #writes = 0;

  /** With a past, everything begins as it was there, and the controller starts. */
  constructor(options: Partial<WorldOptions> = {}, past?: Past) {
    this.options = { ...OPTIONS, ...options };
    this.cluster = createMemoryCluster({
      now: () => this.now,
      watches: this.options.routing.routers.watches,
    });
    this.pods = new Pods(this.cluster, (image) => this.loadMs.get(image) ?? this.options.loadMs);
    this.#deployments = new Deployments(this.cluster);
    this.mesh = new Mesh(this.cluster, this.pods, PROXY_MS, this.options.routing);
    const hold = holdPolicy(() => this.#ours);
    this.cluster.admit((object, old) => {
      if (this.holds) hold(object, old);
    });
    this.cluster.subscribe((change) => {
      const { store } = this.cluster;
      const deps = { store, routers: this.options.routing.routers, namespaces: () => [NAMESPACE] };
      for (const key of keysOfChange(deps, change)) this.#dirty.add(key);
    });
    this.cluster.failWrites((write) => this.#fault(write));
    this.#deps = this.#controller();
    if (past === undefined) createAll(this);
    else restore(this, past);
  }

  /** State in the memory of the process: lost when it restarts. */
  #controller(): ReconcilerDeps {
    const after = (ms: number): Promise<void> => this.#after(ms);
    const podsOf: PodsOf = (_namespace, hash) => Promise.resolve(this.pods.raw(hash, this.now));
    return {
      store: this.cluster.store,
      reader: this.cluster.reader,
      writer: this.cluster.writer,
      events: this.cluster.events,
      routers: this.options.routing.routers,
      settings: { rootNamespace: 'istio-system', istiodDebounceMax: 1_000 },
      metrics: this.metrics,
      answers: createPendingAnswers<Answer>(after),
      drafts: createDrafts(),
      tries: createTries(),
      contests: createContests(),
      departures: createDepartures(),
      podLists: createPodLists(podsOf, createPendingAnswers(after)),
      warmUps: createWarmUps(
        podsOf,
        this.texts.readBody,
        (request) => this.#warm(request.url, request.body),
        () => this.now,
      ),
      checks: this.#checks(podsOf),
      learner: this.outside.learner(
        () => this.now,
        (key) => this.#dirty.add(key),
      ),
      record: (observation, decision) => this.passDecided(observation, decision),
      hasNobody: () => this.nobody,
      telemetry: quietTelemetry,
      tracing: this.tracing,
      log: quietLog,
      defaultAnalysis: 'errors',
      clock: { now: () => this.now, monotonic: () => this.now },
    };
  }

  #checks(podsOf: PodsOf) {
    const deps = {
      podsOf,
      /** Anything shorter than a tick takes no time. */
      after: (ms: number): Promise<void> =>
        ms < TICK_MS
          ? Promise.resolve()
          : new Promise((resolve) => this.#waits.push({ at: this.now + ms, resolve })),
      ask: (question: PodQuestion) => this.#ask(question),
      readText: this.texts.readText,
      room: createRoom(),
    };
    const kinds = {
      golden: createGoldenCheck(deps),
      shadow: createShadowCheck(deps),
      ...this.outside.kinds(this.cluster.store, () => this.now, deps.after),
    };
    return createChecks(kinds, () => this.now);
  }

  #ask(question: PodQuestion): Promise<PodAnswer> {
    const pod = new URL(question.url).hostname;
    const image = this.pods.all.find(({ name }) => name === pod)?.image ?? '';
    this.questions.push({ image, pod, question });
    const answer = this.answer(image, question);
    return typeof answer === 'string' ? Promise.reject(new Error(answer)) : Promise.resolve(answer);
  }

  #warm(url: string, body: unknown): Promise<void> {
    if (this.warmUpFault !== null) return Promise.reject(new Error(this.warmUpFault));
    this.warmUpSent.add(body);
    this.warmUps.set(url, (this.warmUps.get(url) ?? 0) + 1);
    return Promise.resolve();
  }

  /** Time limits within a pass expire at once, so that time need not pass within it. */
  #after(ms: number): Promise<void> {
    if (ms < 1_000) return new Promise((resolve) => setImmediate(resolve));
    return new Promise((resolve) => this.#waits.push({ at: this.now + ms, resolve }));
  }

  #fault(write: ClusterWrite): ClusterFault | undefined {
    if (this.eager) this.asSomebody(() => this.#others());
    const refusal = this.refusers.answer(write, this.now);
    if (refusal !== null) return { when: 'before', error: refusal };
    const fate = this.fate(write, (this.#writes += 1) - 1);
    if (fate === undefined) return undefined;
    if (typeof fate === 'function') {
      this.asSomebody(fate);
      return undefined;
    }
    return faultOf(fate);
  }

  /** Acts as a person, even in the middle of a pass. */
  asSomebody(act: () => void): void {
    const before = this.#ours;
    this.#ours = false;
    act();
    this.#ours = before;
  }

  /**
   * The process ends, and another starts with only what is in the cluster; or continues: a replica whose watch of one
   * kind lags behind.
   */
  restart(behind?: Behind): void {
    this.cluster.relist(behind);
    this.#deps = this.#controller();
    this.#timers.clear();
    this.#dirty = new Set(everyKey({ store: this.cluster.store, namespaces: () => [NAMESPACE] }));
  }

  async #pass(key: string): Promise<void> {
    this.#timers.delete(key);
    this.#ours = true;
    try {
      const { wakeAt } = await reconcile(this.#deps, key);
      if (wakeAt !== undefined) this.#timers.set(key, wakeAt);
    } catch (error) {
      if (error instanceof Crash) this.restart();
      else if (error instanceof SluiceError && error.retry === 'backoff')
        this.#timers.set(key, this.now + 100);
      else throw error;
    } finally {
      this.#ours = false;
    }
  }

  /** Passes until nothing is left to do in this moment. */
  async settle(): Promise<void> {
    if (this.now < this.downUntil) return;
    for (let passes = 0; ; passes++) {
      for (const [key, at] of this.#timers) if (at <= this.now) this.#dirty.add(key);
      const [key] = this.#dirty;
      if (key === undefined) return;
      if (passes > MOST_PASSES) throw new Error(`the controller runs in circles on ${key}`);
      this.#dirty.delete(key);
      // oxlint-disable-next-line no-await-in-loop -- one pass at a time
      await this.#pass(key);
    }
  }

  #others(): void {
    this.#deployments.tick();
    this.pods.tick(this.now);
  }

  /** One tick of everything. */
  async step(): Promise<void> {
    this.now += TICK_MS;
    if (this.now < this.fightUntil) this.asSomebody(() => this.options.routing.hands?.applyGit(this.cluster));
    for (const wait of this.#waits.filter(({ at }) => at <= this.now)) wait.resolve();
    this.#waits = this.#waits.filter(({ at }) => at > this.now);
    await this.settle();
    this.#deployments.tick();
    await this.settle();
    this.pods.tick(this.now);
    this.asSomebody(() => this.options.routing.tick?.(this.cluster, this.now));
    await this.settle();
    this.flow = this.mesh.tick(this.now);
    this.lostSeconds += (this.flow.lost.reduce((sum, { share }) => sum + share, 0) * TICK_MS) / 1_000;
    this.metrics.record(
      this.mesh.received(this.flow, this.now),
      (hash) => this.failures.get(this.imageOf(hash)) ?? 0.001,
      this.now,
      TICK_MS,
    );
  }

  imageOf(hash: string): string {
    return this.pods.all.find((pod) => pod.hash === hash)?.image ?? '';
  }

  /** Ticks until the condition holds; fails after the given seconds. */
  async until(what: string, holds: () => boolean, seconds = 120): Promise<void> {
    for (let ms = 0; !holds(); ms += TICK_MS) {
      if (ms > seconds * 1_000) throw new Error(`not within ${seconds} s: ${what}; ${this.describe()}`);
      // oxlint-disable-next-line no-await-in-loop -- one tick after the other
      await this.step();
    }
  }

  async run(seconds: number): Promise<void> {
    // oxlint-disable-next-line no-await-in-loop -- one tick after the other
    for (let ms = 0; ms < seconds * 1_000; ms += TICK_MS) await this.step();
  }

  /** Puts the Deployment under the gate and waits until v1 serves. */
  async begin(): Promise<void> {
    this.cluster.create(rolloutOf(this.options));
    await this.until(
      'v1 serves',
      () => this.pods.readyOfHash(this.stableHash(), this.now).length === this.replicas,
    );
    await this.run(4);
    this.lostSeconds = 0;
  }

  get deployment(): KubeObject | null {
    return this.cluster.get('Deployment', NAMESPACE, NAME);
  }

  get replicas(): number {
    return (this.deployment?.['spec'] as { replicas?: number } | undefined)?.replicas ?? 0;
  }

  get releases(): readonly Release[] {
    return this.cluster.all('Release') as readonly Release[];
  }

  release(image?: string): Release | undefined {
    if (image === undefined) return this.releases.at(-1);
    return this.releases.findLast(({ spec }) => this.imageOf(spec.canary.podTemplateHash) === image);
  }

  status(): Partial<ReleaseStatus> {
    return this.releases.at(-1)?.status ?? {};
  }

  place(): string {
    const { phase = '-', stage } = this.status();
    return stage === undefined ? phase : `${phase}.${stage}`;
  }

  stableHash(): string {
    const rollout = this.cluster.get('Rollout', NAMESPACE, NAME);
    const { stable } = (rollout?.['status'] ?? {}) as { stable?: { podTemplateHash: string } };
    return stable?.podTemplateHash ?? '-';
  }

  editDeployment(change: (spec: Record<string, unknown>, object: KubeObject) => void): void {
    if (this.deployment === null) return;
    this.cluster.update('Deployment', NAMESPACE, NAME, (draft) =>
      change(draft['spec'] as Record<string, unknown>, draft),
    );
  }

  push(image: string): void {
    this.editDeployment((spec) => {
      spec['template'] = templateOf(image);
    });
  }

  scale(replicas: number): void {
    this.editDeployment((spec) => {
      spec['replicas'] = replicas;
    });
  }

  editRelease(change: (spec: Record<string, unknown>) => void): void {
    const release = this.releases.at(-1);
    if (release === undefined) return;
    this.cluster.update('Release', NAMESPACE, release.metadata.name, (draft) =>
      change(draft['spec'] as Record<string, unknown>),
    );
  }

  describe(): string {
    const { phase, stage, reason, message, weight } = this.status();
    const pods = this.pods.all.filter(({ stoppedAt }) => stoppedAt === null).map(({ image }) => image);
    const { paused } = (this.deployment?.['spec'] ?? {}) as { paused?: boolean };
    return JSON.stringify({ phase, stage, reason, message, weight, pods, paused, replicas: this.replicas });
  }
}
