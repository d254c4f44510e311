import type { Release } from '../../src/api/release/release.ts';
import { durationMs } from '../../src/api/values/duration.ts';
import { workloadCondition } from '../../src/reconcile/workload/condition.ts';
import { isFinal } from '../../src/release/machine.ts';
import { parseRelease } from '../../src/release/parse.ts';
import type { Reason } from '../../src/release/reasons/catalogue.ts';
import { revisionOf } from '../../src/workload/revision.ts';
import type { Template } from '../../src/workload/workload.ts';
import { fencepostsOf } from './deployments.ts';
import { NAMESPACE } from './fixtures.ts';
import { leftBehind, routing, titleOf } from './left-behind.ts';
import { LoadWitness } from './load-witness.ts';
import { handsOf } from './other-hands.ts';
import { StableWitness } from './stable-witness.ts';
import { ViewWitness } from './view-witness.ts';
import type { World } from './world.ts';

/** Time in which requests to a canary that has lost all its ready pods may be lost, in milliseconds. */
const GRACE_MS = 2_500;

/** Reasons of events about writes that the API server did not take. */
const REFUSED: readonly string[] = [
  'RoutesRefused',
  'ReplicaSetRefused',
  'DeploymentRefused',
  'WriteRefused',
] satisfies Reason[];

const isOutcome = (reason: string): boolean =>
  ['Promoted', 'Aborted', 'Superseded', 'Cancelled'].includes(reason);

/** Whether the Release says that nothing splits the rules of that route. */
const isNamed = ({ status }: Release, kinds: readonly string[], name: string): boolean =>
  status?.conditions?.some(
    ({ type, message }) =>
      type === 'UnsplitTraffic' && kinds.some((kind) => message.includes(`${kind} ${name} `)),
  ) === true;

/** Whether it may have traffic yet: with weights from the first of them, and else from the first ready pod. */
function isExposable({ spec, status }: Release): boolean {
  if (spec.shares !== 'pods') return status?.exposedAt !== undefined;
  return !['Pending', undefined].includes(status?.phase);
}

/** Checks from the outside that what must never happen does not; it knows nothing of how the controller works. */
export class Witness {
  readonly violations: string[] = [];
  readonly #world: World;
  /** By uid: the name of a Release that was deleted may come again. */
  readonly #ends = new Map<string, string>();
  readonly #endedAt = new Map<string, number>();
  /** Releases whose canary was to answer anybody, by uid. */
  readonly #given = new Set<string>();
  /** When a version last had its own traffic. Requests to all pods of the Service end like any pod's. */
  readonly #sharedAt = new Map<string, number>();
  readonly #losingSince = new Map<string, number>();
  readonly #sizes: { at: number; least: number }[] = [];
  /** Until when pods are missing because of a test, or the Deployment is its owner's responsibility. */
  excusedUntil = 0;
  readonly #stable: StableWitness;
  readonly #load: LoadWitness;
  /** What people see of each status. */
  readonly view: ViewWitness;

  constructor(world: World) {
    this.#world = world;
    this.#stable = new StableWitness(world);
    this.#load = new LoadWitness(world);
    this.view = new ViewWitness(world);
    this.noteSize();
  }

  /** Somebody has paused the Deployment by hand. */
  ownerPaused = false;

  /** Until when the controller receives no watch events. */
  blindUntil = 0;
  /** When the controller and the proxies know the newest paths to the pods. */
  noticedAt = 0;
  /** Until when all pods of the Service may share what a subset cannot serve. */
  openUntil = 0;
  /** Until when somebody changes the routes again and again. */
  contestedUntil = 0;
  /** Until when no weight can be written. */
  routesHeldUntil = 0;
  /** Until when no canary pod can be taken away. */
  setsHeldUntil = 0;
  /** Until when requests may go to the wrong place because somebody else changed the routes. */
  #meddledUntil = 0;
  #isMeddled = false;

  /** Somebody else changes the routes: requests lost by that are not ours, until there was time to correct it. */
  noteMeddling(): void {
    this.#isMeddled = true;
    this.#meddledUntil = this.#world.now + 2_500 + this.#lagMs();
  }

  /** While the controller is down, receives no events, or may not write, it corrects nothing. */
  #meddled(): boolean {
    const { now, deployment } = this.#world;
    if (now < this.contestedUntil) this.#isMeddled = true;
    // Routes to a deleted workload belong to nobody, and nothing answers behind them.
    const heldUntil = Math.max(this.routesHeldUntil, this.setsHeldUntil);
    const until = Math.max(this.#meddledUntil, this.contestedUntil, this.blindUntil, heldUntil);
    const isOver = deployment !== null && now >= until;
    if (isOver) this.#isMeddled = false;
    return this.#isMeddled;
  }

  excuse(ms: number): void {
    this.excusedUntil = Math.max(this.excusedUntil, this.#world.now + ms);
  }

  /** To be called after each tick. */
  look(): void {
    this.#traffic();
    this.#releases();
    this.#otherWays();
    this.#draining();
    this.#blame();
    const wrong = this.#stable.look(new Set(this.#ends.keys()));
    if (wrong !== null && this.#world.now >= this.blindUntil) this.#fail(wrong);
    this.#refusals();
    this.#capacity();
    const unclear = this.view.look();
    if (unclear !== null) this.#fail(unclear);
  }

  /** No write is refused through our own fault, and every refusal is reported. */
  #refusals(): void {
    const { cluster, now, refusers } = this.#world;
    // Answers that are lost twice in a row are reported, too.
    const told = cluster.recorded.find(
      ({ reason, note }) => REFUSED.includes(reason) && !note.includes('the answer was lost'),
    );
    if (told !== undefined && refusers.refused.length === 0) this.#fail(`a write was refused: ${told.note}`);
    if (!refusers.isThere('istiod', now)) return;
    const lately = refusers.refused.filter(({ at, by }) => by === 'istiod' && now - at < 2_500);
    const held = this.#world.releases.find(({ status }) => status?.stage === 'Draining');
    if (lately.length < 2 || held === undefined || !this.#isRouted(held)) return;
    const said = held.status?.conditions?.find(({ type }) => type === 'Progressing');
    if (said?.status !== 'False' || said.reason !== 'RoutesRefused')
      this.#fail('weight 0 is refused, and nothing says so');
  }

  /** Whether the routes that are written give the canary anything. */
  #isRouted({ spec }: Release): boolean {
    const beside = JSON.stringify(routing(this.#world, 'beside'));
    const routes = JSON.stringify(routing(this.#world, 'routes'));
    return beside.includes(spec.canary.podTemplateHash) && routes.includes('sluice-canary');
  }

  /** How long the data plane takes before its proxies begin to learn of a change. */
  #lagMs(): number {
    return this.#world.options.routing.lagMs ?? 0;
  }

  #fail(text: string): void {
    if (this.violations.length < 5) this.violations.push(`${text} ${this.#world.describe()}`);
  }

  /** The gate's own pause is never mistaken for the owner's. */
  #blame(): void {
    const { cluster, releases } = this.#world;
    const about = [...cluster.all('Rollout', NAMESPACE), ...releases];
    const blamed = about.find(({ status }) => JSON.stringify(status ?? {}).includes('PausedByOwner'));
    if (blamed !== undefined && !this.ownerPaused)
      this.#fail(`${titleOf(blamed)} says that the owner paused the Deployment, who did not`);
  }

  #traffic(): void {
    const { flow, now } = this.#world;
    if (flow.sum !== 100) this.#fail(`weights sum to ${flow.sum}`);
    const causes = new Set<string>();
    for (const { cause, hash } of flow.lost) {
      const key = `${cause} ${hash}`;
      causes.add(key);
      const since = this.#losingSince.get(key) ?? now;
      this.#losingSince.set(key, since);
      const excused = now < this.blindUntil || this.#mayLose(hash, now - since);
      if ((cause.startsWith('no subset') || !excused) && !this.#meddled())
        this.#fail(`requests are lost: ${key}`);
    }
    for (const key of this.#losingSince.keys()) if (!causes.has(key)) this.#losingSince.delete(key);
  }

  /** A canary may lose requests until that has been noticed, and a Deployment may be scaled to 0. */
  #mayLose(hash: string | null, forMs: number): boolean {
    const { releases, replicas, now } = this.#world;
    const canary = releases.find(
      ({ metadata, spec }) =>
        spec.canary.podTemplateHash === hash && this.#ends.get(metadata.uid ?? '') !== 'Promoted',
    );
    if (now < this.excusedUntil && canary?.status?.stage === 'ReturningToStable') return true;
    if (now < this.routesHeldUntil && (canary !== undefined || this.#isLetThrough())) return true;
    // What a native update removes while it is reverted is known in advance.
    if (canary !== undefined)
      return forMs < GRACE_MS + this.#lagMs() && canary.status?.stage !== 'ReturningToStable';
    if (now < this.excusedUntil || replicas === 0) return true;
    // A strategy that removes all pods may have been corrected since.
    const frugal = this.#leastNeeded() <= 0;
    return frugal && (hash === null || this.#isLetThrough());
  }

  #releases(): void {
    for (const release of this.#world.releases) {
      const parsed = parseRelease(release);
      if ('problem' in parsed)
        this.#fail(`Release ${release.metadata.name} is not valid: ${parsed.problem.message}`);
      this.#note(release);
      this.#story(release);
      this.#exposure(release);
      this.#drainEnds(release);
    }
    const exposed = this.#world.releases.filter(
      (one) => !this.#ends.has(one.metadata.uid ?? '') && this.#share(one) > 0,
    );
    if (exposed.length > 1) this.#fail('two canaries have traffic');
  }

  /** Requests through other routes are as safe as those through the policy's. */
  #otherWays(): void {
    const { mesh, now, releases } = this.#world;
    for (const [name, { lost, shares }] of mesh.ways(now)) {
      const torn = lost.find(({ cause }) => cause.startsWith('no subset'));
      if (torn !== undefined && !this.#meddled()) this.#fail(`requests by ${name} are lost: ${torn.cause}`);
      if (now < Math.max(this.noticedAt, this.blindUntil)) continue;
      for (const release of releases)
        if (this.#isTooMuch(release, shares.get(release.spec.canary.podTemplateHash) ?? 0))
          if (!isNamed(release, handsOf(this.#world).routes, name))
            this.#fail(`${name} sends requests to the canary of ${release.metadata.name}`);
    }
  }

  #share({ spec }: Release): number {
    return this.#world.flow.shares.get(spec.canary.podTemplateHash) ?? 0;
  }

  /** An end is for ever. */
  #note({ metadata: { name, uid = '' }, status }: Release): void {
    const phase = status?.phase ?? 'Pending';
    const ended = this.#ends.get(uid);
    if (ended !== undefined && ended !== phase) this.#fail(`Release ${name} went from ${ended} to ${phase}`);
    if (ended !== undefined || !isFinal(phase)) return;
    this.#ends.set(uid, phase);
    this.#endedAt.set(uid, this.#world.now);
  }

  /** Messages are numbered without a gap, report the outcome once, and nothing follows it. */
  #story({ metadata: { name }, status }: Release): void {
    const messages = status?.messages ?? [];
    const first = messages[0]?.seq ?? 1;
    if (messages.some(({ seq }, index) => seq !== first + index))
      this.#fail(`messages of ${name} are not numbered on: ${messages.map(({ seq }) => seq).join(' ')}`);
    const outcomes = messages.filter(({ reason }) => isOutcome(reason));
    const expected = isFinal(status?.phase ?? 'Pending') ? 1 : 0;
    if (outcomes.length !== expected) this.#fail(`${name} tells ${outcomes.length} outcomes`);
    if (expected === 1 && messages.at(-1)?.reason !== status?.phase)
      this.#fail(`${name} does not end with its outcome, but with ${messages.at(-1)?.reason}`);
  }

  /** Whatever others do to the routes, and whatever requests still come: a drain ends, once weight 0 can be written. */
  #drainEnds({ metadata, spec, status }: Release): void {
    const { now } = this.#world;
    if (status?.stage !== 'Draining' || now < Math.max(this.blindUntil, this.routesHeldUntil)) return;
    const { deadlines, drain, settle } = spec.policy;
    const most = durationMs(deadlines.drain) + Math.max(durationMs(drain), durationMs(settle)) + 2_000;
    const since = now - Date.parse(status.stageStartedAt ?? '');
    if (since > most) this.#fail(`${metadata.name} has drained for ${since} ms`);
  }

  /** No traffic before its start, none by copies of requests, and none after an end without promotion. */
  #exposure(release: Release): void {
    const { phase, step = 0, handedOver } = release.status ?? {};
    const answers = release.spec.policy.steps?.slice(0, step + 1).some(({ mirror }) => mirror === undefined);
    if (answers !== false || phase === 'Promoting' || handedOver === true)
      this.#given.add(release.metadata.uid ?? '');
    const share = this.#share(release);
    if (this.#isTooMuch(release, share)) {
      const { name, uid = '' } = release.metadata;
      const where = this.#ends.get(uid) ?? 'not exposed yet';
      this.#fail(`Release ${name} (${where}) has ${share} of the traffic`);
    }
  }

  #isTooMuch(release: Release, share: number): boolean {
    const { deployment, now } = this.#world;
    const { uid = '' } = release.metadata;
    // The garbage collector removes the rest of a deleted Deployment.
    if (share === 0 || deployment === null || now < this.openUntil || this.#meddled()) return false;
    if (this.#isRolledOutByHand(release)) return false;
    const endedAt = this.#endedAt.get(uid);
    const over = endedAt !== undefined && this.#ends.get(uid) !== 'Promoted' && now - endedAt > 1_000;
    return over || this.#isBack(release) || !isExposable(release) || !this.#given.has(uid);
  }

  /** A version that is being removed after a roll-back was kept from all requests, and stays so. */
  #isBack({ status, spec }: Release): boolean {
    const isRestoring = status?.phase === 'Aborting' && status.stage === 'RestoringRoutes';
    return isRestoring && spec.shares !== 'pods';
  }

  /** The owner released that very template unchecked: its pods serve then, and some may still be a canary's. */
  #isRolledOutByHand({ spec }: Release): boolean {
    const { template } = (this.#world.deployment?.['spec'] ?? {}) as { template?: Template };
    return this.#isLetThrough() && template !== undefined && revisionOf(template) === spec.revision;
  }

  /** Call it whenever the desired number of pods may have changed. */
  noteSize(): void {
    const { deployment, now, replicas, options } = this.#world;
    if (deployment === null) return;
    this.#sizes.push({ at: now, least: replicas - fencepostsOf(deployment).unavailable });
    while ((this.#sizes[0]?.at ?? now) < now - 3 * options.loadMs - 4_000) this.#sizes.shift();
  }

  /** Canary pods of an ending release are stopped only once they have had no traffic for a while. */
  #draining(): void {
    const { now, flow, pods, releases } = this.#world;
    for (const hash of flow.named) this.#sharedAt.set(hash, now);
    for (const { spec, status } of releases) {
      if (status?.phase !== 'Aborting' || status.handedOver === true || this.#isLetThrough()) continue;
      const hash = spec.canary.podTemplateHash;
      const idle = now - (this.#sharedAt.get(hash) ?? 0);
      // It followed its Deployment's scale-down right before it was rolled back, as any serving ReplicaSet does.
      const shrank = this.#hasShrunk() && pods.readyOfHash(hash, now).length > 0;
      const stopped = pods.all.some(
        (pod) => pod.hash === hash && pod.stoppedAt === now && !pod.evicted && !pod.drained,
      );
      // A data plane that takes its time has no say in when the pods of a deleted ReplicaSet go.
      const excused = this.#lagMs() > 0 && now < this.excusedUntil;
      if (stopped && !shrank && idle < 1_000 && !excused && !this.#meddled())
        this.#fail(`canary pods were stopped ${idle} ms after their last request`);
    }
  }

  /** The fewest pods that the Deployment's own strategy has asked for in the last while. */
  #leastNeeded(): number {
    return Math.min(...this.#sizes.map(({ least }) => least));
  }

  #hasShrunk(): boolean {
    const current = this.#sizes.at(-1)?.least ?? 0;
    return this.#sizes.some(({ least }) => least > current);
  }

  #isLetThrough(): boolean {
    const { deployment } = this.#world;
    return (deployment?.['spec'] as { paused?: boolean } | undefined)?.paused !== true;
  }

  /** Ready pods never fall below N − U, whatever N was in the last while. */
  #capacity(): void {
    const { deployment, now, pods, releases } = this.#world;
    if (deployment === null) return;
    this.noteSize();
    if (now < this.excusedUntil) return;
    const needed = this.#leastNeeded();
    const ready = pods.all.filter((pod) => pods.ready(pod, now));
    if (ready.length < needed) this.#fail(`${ready.length} pods are ready, ${needed} must be`);
    const current = releases.find(({ metadata }) => !this.#ends.has(metadata.uid ?? ''));
    const uneven = this.#load.look(
      current,
      Math.max(this.blindUntil, this.routesHeldUntil, this.setsHeldUntil),
    );
    if (uneven !== null) this.#fail(uneven);
    const split = current?.status?.phase === 'Starting' || current?.status?.phase === 'Stepping';
    if (!split || now < this.blindUntil || this.#isLetThrough()) return;
    const stable = ready.filter(({ hash }) => hash === current.spec.stable.podTemplateHash);
    if (stable.length < needed) this.#fail(`${stable.length} stable pods are ready, ${needed} must be`);
  }

  /** What must hold when everything has come to rest. */
  end(): void {
    const open = this.#world.releases.filter(({ metadata }) => !this.#ends.has(metadata.uid ?? ''));
    const stuck = open.find(({ status }) => status?.phase !== 'Pending');
    if (stuck !== undefined) this.#fail(`Release ${stuck.metadata.name} has not ended`);
    if (open.length > 0) return;
    this.#silence();
    for (const left of leftBehind(this.#world)) this.#fail(`left behind: ${left}`);
  }

  /** A Deployment that stays paused says why, and what to do. */
  #silence(): void {
    const { deployment } = this.#world;
    if (deployment === null || this.#isLetThrough()) return;
    if (workloadCondition(deployment)?.status !== 'False')
      this.#fail('the Deployment stays paused in silence');
  }
}
