import { setTimeout as delay } from 'node:timers/promises';
import { hashText, streamOf } from '../../hack/model-server/random.ts';
import type { Access } from '../../hack/testbed/access.ts';
import { everybody, type Joined, join } from '../../hack/testbed/callers.ts';
import { type Controller, createController, onlyFor } from '../../hack/testbed/controller.ts';
import { refusalsOf } from '../../hack/testbed/evidence/gateway-log.ts';
import type { Change } from '../../hack/testbed/evidence/history.ts';
import { leftovers, lostOf, problemsOf } from '../../hack/testbed/evidence/invariants.ts';
import { type Observer, startObserver } from '../../hack/testbed/evidence/observer.ts';
import { deliveredIn, isReported, outcomeProblems } from '../../hack/testbed/evidence/outcomes.ts';
import { removalSeconds } from '../../hack/testbed/evidence/removal.ts';
import type { Allowance, SentBy } from '../../hack/testbed/evidence/trial.ts';
import { QUICK, quickRollout } from '../../hack/testbed/model.ts';
import { type ApiProxy, type Asked, startApiProxy } from '../../hack/testbed/proxies/api-proxy.ts';
import { type MetricsProxy, startMetricsProxy } from '../../hack/testbed/proxies/metrics-proxy.ts';
import type { Action } from '../../hack/testbed/remote.ts';
import { openSite, type Pushed, type Site } from '../../hack/testbed/site.ts';
import { until } from '../../hack/testbed/until.ts';
import { NOTIFICATIONS } from '../../src/api/notification.ts';
import type { ReleaseStatus } from '../../src/api/release/release.ts';
import { isFinal } from '../../src/release/machine.ts';
import { type HttpReceiver, startHttpReceiver } from '../fakes/http-server.ts';
import { CONNECTING, type Fault, type Scenario, type Scene } from './fault.ts';
import { JUMP_MS } from './process-faults.ts';
import { BY_WEIGHTS, type CasePolicy, POLICIES, type Strategy } from './strategies.ts';

/** One release with one fault at one point. */
export interface Case {
  readonly fault: Fault;
  readonly scenario: Scenario;
  /** `write-3` for the third write of the controller, `Stepping.Analysing` for a place of the release, or `always`. */
  readonly point: string;
  /** Default: weights of routes. */
  readonly strategy?: Strategy;
}

/** What came of a case. */
export interface CaseResult {
  readonly id: string;
  readonly fault: string;
  readonly phase: string;
  /** Whether the fault was injected: a release may never get to a point. */
  readonly reached: boolean;
  /** What did not hold, in words. */
  readonly problems: readonly string[];
  readonly seconds: number;
  /** From the rejection of the version until none of its pods served; null if it was not rejected, or had none. */
  readonly removalSeconds: number | null;
  /** The controller's writes, in their order. */
  readonly writes: readonly string[];
}

/** Where cases are played. */
export interface Ground {
  readonly access: Access;
  readonly seed: number;
  readonly act: (component: string, action: Action) => Promise<void>;
}

export const idOf = ({ fault, point, scenario, strategy }: Case): string =>
  [fault.name, point, scenario, strategy].filter((part) => part !== undefined).join('/');

const CONNECT = { weight: 5, for: '2s' };

const RESTART_MS = 1_000;
const MOST_TEXT = 1_000;
const REPLICAS = 2;
const RATE = 40;
const LONGEST_MS = 90_000;
/** A release takes half of this. */
const HOLD_MS = 45_000;
const CLEAR_MS = 15_000;
/** A replica that was killed while it told something keeps its claim for 90 s. */
const TELL_MS = 120_000;
/** Long enough for a burst that comes after the end to be seen. */
const AFTER_MS = 1_500;
const BAD = { ERROR_SHARE: '0.9' };
const CLOCK_JUMP = new URL('../../hack/testbed/clock-jump.ts', import.meta.url).href;

let nextPort = 18_200;

function allowanceOf({ fault, point, scenario }: Case): Allowance {
  return {
    ends: scenario === 'good' ? ['Promoted'] : ['Aborted'],
    podsFailMs: 0,
    losses: false,
    fewerPods: false,
    exposureMs: 25_000,
    spreadMs: 3_000,
    returns: false,
    ...(typeof fault.allowance === 'function' ? fault.allowance(point) : fault.allowance),
  };
}

interface Equipment {
  readonly site: Site;
  readonly api: ApiProxy;
  readonly metrics: MetricsProxy;
  readonly receiver: HttpReceiver;
  readonly controllers: readonly Controller[];
  /** Callers beside everybody. */
  readonly testers: Joined | null;
}

function controllersOf(
  ground: Ground,
  { fault }: Case,
  equipment: Pick<Equipment, 'site' | 'api' | 'metrics'>,
): Controller[] {
  const { controllers: count = 1, queue = 'memory', elect = true } = fault;
  const { site, api, metrics } = equipment;
  return Array.from({ length: count }, (_, index) =>
    createController(ground.access, {
      name: `${site.namespace}-${index}`,
      port: nextPort++,
      queue,
      kubeconfig: api.kubeconfig,
      env: { CLOCK_JUMP_MS: String(JUMP_MS), NODE_OPTIONS: `--import=${CLOCK_JUMP}` },
      flags: [`--prometheus-url=${metrics.url}`, ...onlyFor(site.namespace), `--leader-elect=${elect}`],
    }),
  );
}

/** Lets a receiver know of all that the releases of the site tell. */
async function subscribe({ api }: Site, url: string): Promise<void> {
  const list = [{ name: 'harness', webhook: { url, secret: { key: 'harness' } } }];
  const metadata = { name: NOTIFICATIONS };
  await api.create({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: { harness: 'a secret' } });
  const data = { notifications: JSON.stringify(list) };
  await api.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
}

function policyOf({ point, strategy }: Case): CasePolicy {
  if (strategy !== undefined) return POLICIES[strategy];
  if (point !== CONNECTING) return BY_WEIGHTS;
  const { weight, for: time } = CONNECT;
  const asked = { 'sluice.dev/connect-weight': String(weight), 'sluice.dev/connect-for': time };
  return {
    annotations: { ...QUICK, ...asked },
    spec: { canary: { connect: CONNECT } },
    weights: [weight, ...BY_WEIGHTS.weights],
  };
}

async function equip(ground: Ground, one: Case): Promise<Equipment> {
  const { access, seed } = ground;
  const { annotations, spec, joined } = policyOf(one);
  const byRollout = one.fault.policy === 'rollout' || annotations === null;
  const site = await openSite(access, {
    replicas: REPLICAS,
    rate: RATE,
    annotations: byRollout ? {} : annotations,
  });
  const api = await startApiProxy(access.controllerKubeconfig, site.namespace);
  const metrics = await startMetricsProxy(access.prometheusUrl, streamOf(seed, hashText(idOf(one))));
  const receiver = await startHttpReceiver();
  await subscribe(site, receiver.url);
  const controllers = controllersOf(ground, one, { site, api, metrics });
  for (const controller of controllers) await controller.start();
  if (byRollout) await site.api.create(quickRollout('policy', spec));
  await site.untilGated(byRollout ? 'policy' : undefined);
  const testers = joined === undefined ? null : await join(site, joined, RATE);
  return { site, api, metrics, receiver, controllers, testers };
}

/** Starts again what has ended by itself, as a kubelet does: a controller ends when it has lost its lease. */
function keepRunning(controllers: readonly Controller[]): () => void {
  const timer = setInterval(() => {
    for (const controller of controllers) if (!controller.running) controller.start().catch(() => undefined);
  }, RESTART_MS);
  return () => clearInterval(timer);
}

async function putAway({ site, api, metrics, receiver, controllers, testers }: Equipment): Promise<void> {
  const letEnd = keepRunning(controllers);
  await testers?.stop();
  await site.close().finally(letEnd);
  await Promise.all(controllers.map((controller) => controller.stop()));
  await Promise.all([api.close(), metrics.close(), receiver.close()]);
}

const placeOf = ({ object }: Change): string => {
  const { phase = 'Pending', stage } = (object['status'] ?? {}) as Partial<ReleaseStatus>;
  return stage === undefined ? phase : `${phase}.${stage}`;
};

const isEnd = ({ kind, object }: Change): boolean =>
  kind === 'Release' && isFinal(((object['status'] ?? {}) as Partial<ReleaseStatus>).phase ?? 'Pending');

const labelOf = ({ method, resource, name, body }: Asked): string => {
  const phase = /"phase":"(?<phase>[A-Za-z]+)"(?:,"stage":"(?<stage>[A-Za-z]+)")?/.exec(body)?.groups;
  const place = resource === 'releases/status' && phase !== undefined ? ` ${phase['phase']}` : '';
  return `${method} ${resource} ${name}${place}`;
};

/** Arms the fault; the promise that it answers is of what the fault does, once it has begun. */
function arm(one: Case, scene: Scene, witness: Observer, writes: string[]): () => Promise<boolean> {
  const { fault, point } = one;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  let struck = false;
  const count = (asked: Asked): boolean => {
    if (asked.isWrite) writes.push(labelOf(asked));
    return asked.isWrite && !struck && point === `write-${writes.length}`;
  };
  scene.api.treat((asked) => {
    if (!count(asked) || fault.at !== 'write') return { kind: 'pass' };
    struck = true;
    resolve(true);
    return fault.strike(scene, asked);
  });
  let injected: Promise<void> | null = null;
  witness.subscribe((change) => {
    if (struck || fault.at !== 'phase' || change.kind !== 'Release' || placeOf(change) !== point) return;
    struck = true;
    injected = fault.inject(scene);
    injected.catch(() => undefined);
  });
  if (fault.at === 'always') struck = true;
  return async () => {
    if (fault.at === 'write' && struck) await promise;
    await injected;
    return struck;
  };
}

async function follow(
  one: Case,
  ground: Ground,
  equipment: Equipment,
): Promise<Omit<CaseResult, 'id' | 'fault' | 'phase' | 'seconds'>> {
  const { site, testers } = equipment;
  const { fault, scenario } = one;
  const allowance = allowanceOf(one);
  const witness = await startObserver(site.api);
  const writes: string[] = [];
  let pushed: Pushed = { version: 'v2', at: 0, revision: '' };
  const scene: Scene = {
    ...equipment,
    get pushed() {
      return pushed;
    },
    act: ground.act,
    redisUrl: ground.access.redisUrl,
    directory: ground.access.dir,
    random: streamOf(ground.seed, hashText(idOf(one))),
  };
  const over = arm(one, scene, witness, writes);
  const pushedAt = Date.now();
  pushed = await site.push('v2', scenario === 'bad' ? BAD : {});
  const has = (fits: (change: Change) => boolean): boolean => witness.changes().some(fits);
  const patience = { within: LONGEST_MS + (fault.longer ?? 0), every: 200 };
  const problems: string[] = [];
  if (fault.mayHold === true) {
    const ended = until('the release has ended', () => has(isEnd), { within: HOLD_MS, every: 200 });
    // It is refused where the release has ended at that very moment; where it has not, that shows below.
    const abort = () => site.act(pushed, { abort: { reason: 'it goes nowhere' } });
    await ended.catch(() => abort().catch(() => undefined));
  }
  await until('the release has ended', () => has(isEnd), patience).catch((error: Error) =>
    problems.push(error.message),
  );
  let reached = false;
  try {
    reached = await over();
  } catch (error) {
    problems.push(`the fault could not be injected: ${String(error)}`);
  }
  const { weights } = policyOf(one);
  const isBad = scenario === 'bad';
  const about = { allowance, weights, version: 'v2', replicas: REPLICAS, pushedAt, isBad };
  const isClear = (): boolean => leftovers({ ...about, changes: witness.changes() }).length === 0;
  await until('nothing is left', isClear, { within: CLEAR_MS, every: 300 }).catch(() => undefined);
  const heard = () => equipment.receiver.received.map(deliveredIn);
  const told = until('the outcome is delivered', () => isReported(witness.changes(), heard()), {
    within: TELL_MS,
    every: 300,
  });
  await told.catch(() => undefined);
  await delay(AFTER_MS);
  const callers: SentBy[] = [];
  for (const sender of [everybody(site), ...(testers === null ? [] : [testers])])
    callers.push({ headers: sender.headers, records: await sender.recordsNow() });
  witness.stop();
  const isPromoted = has((change) => isEnd(change) && placeOf(change) === 'Promoted');
  const trial = { ...about, isBad: about.isBad && !isPromoted, changes: witness.changes(), callers };
  problems.push(...problemsOf(trial), ...outcomeProblems(trial.changes, heard()));
  if (lostOf(trial).length > 0)
    problems.push(...(await refusalsOf(ground.access.logs, { host: site.host, since: pushedAt })));
  const unsent = callers
    .flatMap(({ records }) => records)
    .filter(({ error }) => error === 'IN_FLIGHT_LIMIT').length;
  if (unsent > 0 && allowance.losses !== true)
    problems.push(`${unsent} requests were not sent, too many being under way`);
  const removal = removalSeconds(witness.changes(), pushed.version);
  return { reached, problems, writes: [...writes], removalSeconds: removal };
}

/** The longest part of a case; it continues while the next case begins. */
export interface Played {
  readonly result: CaseResult;
  readonly cleared: Promise<void>;
}

/** Plays a case. Never rejects: what goes wrong with the case itself is a problem of it. */
export async function playCase(ground: Ground, one: Case): Promise<Played> {
  const began = performance.now();
  const common = { id: idOf(one), fault: one.fault.name, phase: one.point.replace(/^write-.*/, 'write') };
  const seconds = (): number => Math.round((performance.now() - began) / 100) / 10;
  let equipment: Equipment | null = null;
  try {
    equipment = await equip(ground, one);
    const letEnd = keepRunning(equipment.controllers);
    const outcome = await follow(one, ground, equipment).finally(letEnd);
    const cleared = putAway(equipment).catch((error: unknown) =>
      console.error(`${common.id}: ${String(error)}`),
    );
    return { result: { ...common, ...outcome, seconds: seconds() }, cleared };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const problems = [`the case could not be played: ${why.slice(0, MOST_TEXT)}`];
    const cleared = equipment === null ? Promise.resolve() : putAway(equipment).catch(() => undefined);
    return {
      result: { ...common, reached: false, problems, seconds: seconds(), removalSeconds: null, writes: [] },
      cleared,
    };
  }
}
