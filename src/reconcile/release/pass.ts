import type { KubeObject } from '../../api/meta.ts';
import type { Release, ReleaseStatus } from '../../api/release.ts';
import { ifUnchanged } from '../../api/values/json-patch.ts';
import { SluiceError } from '../../errors.ts';
import type { Checks } from '../../measure/checks.ts';
import type { PendingAnswers } from '../../measure/pending-answers.ts';
import type { PodLists } from '../../measure/pod-lists.ts';
import { probeMetrics, readRequests, readWindow, type SampleDeps } from '../../measure/samples.ts';
import type { WarmUps } from '../../measure/warm-ups.ts';
import type { Events } from '../../ports/cluster.ts';
import type { Log, Telemetry } from '../../ports/telemetry.ts';
import { baselineWindow } from '../../release/baseline.ts';
import { residualTrafficOf } from '../../release/canary/residual-traffic.ts';
import { type Decision, decide } from '../../release/decide.ts';
import { nextWindow } from '../../release/judge-window.ts';
import { isFinal } from '../../release/machine.ts';
import type { Observation } from '../../release/observed.ts';
import type { Problem } from '../../release/reasons/catalogue.ts';
import { FINALIZER } from '../../release/rollout/new-release.ts';
import { isStableDown, stableDown } from '../../release/rollout/stable-ready.ts';
import { drainWindow } from '../../release/stages/drain.ts';
import { initialStatus } from '../../release/status/apply-transition.ts';
import { isContested } from '../../release/status/contest.ts';
import { fitStatus, leanest } from '../../release/status/fit.ts';
import { patienceMs, urgency } from '../../release/status/status-write-urgency.ts';
import { type CommitDeps, commitDesired, commitStatus, type DesiredDeps } from './commit.ts';
import { type Observed, observe } from './observe.ts';

/** What was asked of the metrics, as it goes into what is seen. */
export type Answer = Partial<Pick<Observation, 'window' | 'preflight' | 'trickle'>>;

/** A status that has grown but is not worth a write yet. It lives as long as the version of the object it began from. */
interface Draft {
  readonly status: ReleaseStatus;
  /** Since when it has had something to write. */
  readonly since: number;
}
export type Drafts = WeakMap<Release, Draft>;

/** Makes an empty memory for them: one for each process. */
export function createDrafts(): Drafts {
  return new WeakMap();
}

/** What a pass needs beside reading and writing. */
export interface PassDeps extends DesiredDeps, SampleDeps {
  readonly events: Events;
  readonly telemetry: Telemetry;
  readonly log: Log;
  readonly answers: PendingAnswers<Answer>;
  readonly drafts: Drafts;
  readonly podLooks: PodLists;
  readonly warmUps: WarmUps;
  readonly checks: Checks;
  /** Takes what each pass over a Release was decided from, for whoever wants to decide it again. */
  readonly record: (observation: Observation, decision: Decision) => void;
  /** Whether it is known that nobody is to be told of a Release. */
  readonly hasNobody: (release: Release) => boolean;
}

/** How long a pass waits for metrics before it ends without them, and how soon the next one asks for them. */
const [BUDGET_MS, AGAIN_MS] = [200, 250];

/** Each fact is one event. What went wrong is told on everything that it concerns. */
function tell(
  { events, log }: PassDeps,
  on: {
    readonly release: Release;
    readonly rollout: KubeObject | null;
    readonly deployment: KubeObject | null;
  },
  decision: Decision,
): void {
  const { release, rollout, deployment } = on;
  const name = release.metadata.name;
  for (const { type, reason, note, quiet } of decision.notices) {
    const about = { release: `${release.metadata.namespace}/${name}`, revision: release.spec.revision };
    log.info({ ...about, phase: decision.status.phase, reason, note }, 'release moved');
    if (quiet === true) continue;
    // Those who push look at the Deployment.
    const isEnd = type === 'Normal' && isFinal(decision.status.phase) && deployment !== null;
    if (!isEnd) events.record(release, type, reason, note);
    const others = isEnd ? [deployment] : type === 'Warning' ? [rollout, deployment] : [];
    for (const other of others)
      if (other !== null) events.record(other, type, reason, `Release ${name}: ${note}`);
  }
}

function measurePhase({ telemetry }: PassDeps, release: Release, after: ReleaseStatus, now: number): void {
  const { status: before, metadata } = release;
  if (before === undefined || before.phase === after.phase) return;
  const { phase, trail } = before;
  const entered = trail?.findLast((one) => !one.phase.startsWith(phase))?.at ?? metadata.creationTimestamp;
  if (entered !== undefined) telemetry.phaseLeft(phase, Math.max(0, now - Date.parse(entered)) / 1_000);
}

/** Tells whether windows or checks have been taken in. */
function evidenceOf(status: ReleaseStatus | undefined): string {
  const runs = status?.analysis?.metrics.map(({ check }) => check?.runs ?? 0) ?? [];
  return [status?.analysis?.from, ...runs].join(' ');
}

function measure(deps: PassDeps, release: Release, after: ReleaseStatus, now: number): void {
  const { telemetry } = deps;
  const { status: before, spec, metadata } = release;
  const [namespace, done] = [metadata.namespace ?? '', isFinal(after.phase)];
  measurePhase(deps, release, after, now);
  if (done && !isFinal(before?.phase ?? 'Pending')) telemetry.ended(after.phase, after.reason ?? '');
  if (evidenceOf(after) === evidenceOf(before)) return;
  for (const { name, verdict } of after.analysis?.metrics ?? [])
    telemetry.verdict(namespace, spec.rollout, name, verdict);
}

/** Lets a Release go that has ended, and whose end its Rollout knows of. */
export async function releaseFinalizer({ writer }: CommitDeps, release: Release): Promise<void> {
  const index = release.metadata.finalizers?.indexOf(FINALIZER) ?? -1;
  if (index < 0) return;
  await writer.patch(release, [
    ifUnchanged(release),
    { op: 'remove', path: `/metadata/finalizers/${index}` },
  ]);
}

/** Something to ask of the metrics. */
interface Question {
  readonly key: string;
  /** The signal is aborted when nobody waits for the answer any more. */
  readonly ask: (signal: AbortSignal) => Promise<Answer>;
  /** What is known without an answer, where a pass can go on without one; the next one asks again. */
  readonly meanwhile?: Answer;
}

/** What the canary gets at weight 0, before its first weight and before its pods go. */
function trickleQuestion(deps: SampleDeps, seen: Observation, status: ReleaseStatus): Question | null {
  const window = drainWindow(seen, status) ?? baselineWindow(seen, status);
  const { service } = status;
  if (window === null || service === undefined) return null;
  const ask = async (signal: AbortSignal): Promise<Answer> => ({
    trickle: residualTrafficOf(await readRequests(deps, seen.release, service, window, signal)),
  });
  return {
    key: `trickle ${status.phase} ${status.routeConfirmedAt}`,
    ask,
    meanwhile: { trickle: { kind: 'unanswered' } },
  };
}

/** What stands against judging by the metrics. Where a person has it promoted in full, it is not judged by them. */
async function judgingProblem(
  deps: PassDeps,
  seen: Observation,
  service: string,
  signal: AbortSignal,
): Promise<Problem | null> {
  const { release, now } = seen;
  if (release.spec.promote !== undefined) return null;
  const problem = await probeMetrics(deps, release, service, now, signal);
  if (problem?.reason !== 'MetricWithoutData' || !isStableDown(seen)) return problem;
  const { podTemplateHash } = release.spec.stable;
  const why = await deps.podLooks.stuck(release.metadata.namespace ?? '', podTemplateHash);
  return stableDown(seen, problem.message, why);
}

/** What must be asked of the metrics before this pass is complete, if anything. */
function questionOf(deps: PassDeps, { seen, planned }: Observed, decision: Decision): Question | null {
  const { release, now } = seen;
  if (decision.moved) return null;
  if (planned !== null) {
    const ask = async (signal: AbortSignal): Promise<Answer> => {
      const problem =
        (await deps.warmUps.problem(release)) ??
        (await deps.checks.preflight(release)) ??
        (await judgingProblem(deps, seen, planned.service, signal));
      return { preflight: problem === null ? { plan: planned } : { problem } };
    };
    return { key: `preflight ${release.spec.promote !== undefined}`, ask };
  }
  const { status } = decision;
  const trickle = trickleQuestion(deps, seen, status);
  if (trickle !== null || status.phase === 'Aborting') return trickle;
  if (isContested(seen)) return null;
  const due = nextWindow(release, status, now);
  if (status.service === undefined || due === null || 'wakeAt' in due) return null;
  const service = status.service;
  return {
    key: `window ${due.start}`,
    ask: async (signal) => ({
      window: await readWindow(deps, release, service, due, status.analysis?.metrics, signal),
    }),
  };
}

interface Decided {
  /** What it was decided from. */
  readonly observation: Observation;
  /** Null where the metrics have not answered yet. */
  readonly decision: Decision | null;
  /** When the pods are to be looked at again. */
  readonly lookAt?: number;
}

/**
 * Decides without the pods and the metrics first: what need not wait for them does not. Only where nothing has moved
 * are they asked, the pods first, and a pass does not wait for them for long.
 */
async function decided(deps: PassDeps, key: Release, observed: Observed): Promise<Decided> {
  const { router } = observed;
  const remembered = { ...observed.seen, ...deps.podLooks.last(observed.seen) };
  const quick = decide(remembered, router);
  if (quick.moved) return { observation: remembered, decision: quick };
  const { pods, ...again } = await deps.podLooks.look(observed.seen, quick.status, BUDGET_MS);
  const observation = pods === undefined ? remembered : { ...observed.seen, pods };
  const careful = pods === undefined ? quick : decide(observation, router);
  const question = questionOf(deps, { ...observed, seen: observation }, careful);
  if (question === null) return { observation, decision: careful, ...again };
  const answer = await deps.answers.ask(key, question.key, question.ask, BUDGET_MS);
  if (answer === null && question.meanwhile === undefined) return { observation, decision: null, ...again };
  const full = { ...observation, ...(answer ?? question.meanwhile) };
  const lookAt = answer === null ? { lookAt: observation.now + AGAIN_MS } : again;
  return { observation: full, decision: decide(full, router), ...lookAt };
}

/** The status that is written last says that everybody has been told, where there is nobody: it costs no further write. */
function closing({ hasNobody }: PassDeps, stored: Release, status: ReleaseStatus): ReleaseStatus {
  const newest = status.messages?.at(-1)?.seq;
  return newest !== undefined && isFinal(status.phase) && hasNobody(stored)
    ? { ...status, notified: newest }
    : status;
}

/** Writes the status in the size that can be stored; an API server that takes less than usual gets the least. */
async function writeStatus({ writer }: PassDeps, stored: Release, status: ReleaseStatus): Promise<void> {
  try {
    await commitStatus(writer, stored, fitStatus(stored, status));
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== 'KUBERNETES_TOO_LARGE') throw error;
    await commitStatus(writer, stored, leanest(status));
  }
}

/** Writes the status if it is time to, and else remembers it. */
async function persist(
  deps: PassDeps,
  stored: Release,
  decision: Decision,
  now: number,
): Promise<{ readonly written: boolean; readonly dueAt?: number }> {
  const status = closing(deps, stored, decision.status);
  const urgent = urgency(stored, status);
  if (urgent === 'never') {
    // What had grown is gone again: routes that were seen as they are to be differ, say.
    deps.drafts.delete(stored);
    return { written: false };
  }
  const since = deps.drafts.get(stored)?.since ?? now;
  const dueAt = since + patienceMs(stored);
  if (urgent === 'later' && now < dueAt) {
    deps.drafts.set(stored, { status, since });
    return { written: false, dueAt };
  }
  await writeStatus(deps, stored, status);
  return { written: true };
}

/** The earliest of the times that are known. */
export function earliest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/**
 * One pass over a release that is under way: what the metrics say is waited for last and shortly, so that an abort
 * depends on nothing but the API server. Answers when to come back without being woken.
 */
export async function passRelease(
  deps: PassDeps,
  rollout: KubeObject | null,
  stored: Release,
  now: number,
): Promise<number | undefined> {
  const draft = deps.drafts.get(stored);
  const known = draft === undefined ? stored : { ...stored, status: draft.status };
  const observed = observe(deps, rollout, known, now);
  const status = known.status ?? initialStatus(known);
  const { warmth, lookAt: warmAt } = deps.warmUps.look(observed.seen, status);
  const [refusals, contest] = [deps.tries.of(stored), deps.contests.of(stored, now)];
  const warm = {
    ...observed.seen,
    refusals,
    ...(contest === null ? {} : { contest }),
    ...(warmth === undefined ? {} : { warmth }),
  };
  const { checks, lookAt: checkAt } = deps.checks.look(warm, status);
  const facts = { ...observed, seen: checks === undefined ? warm : { ...warm, checks } };
  const { observation, decision, lookAt } = await decided(deps, stored, facts);
  if (decision === null) {
    // Drift is put right though the metrics are slow.
    if (known.status !== undefined)
      await commitDesired(deps, observed.seen, { status: known.status, written: false });
    return now + AGAIN_MS;
  }
  deps.record(observation, decision);
  const { written, dueAt } = await persist(deps, stored, decision, now);
  measure(deps, known, decision.status, now);
  tell(deps, { release: stored, rollout, deployment: observed.seen.deployment?.object ?? null }, decision);
  const againAt = await commitDesired(deps, observed.seen, { status: decision.status, written });
  if (isFinal(decision.status.phase)) {
    deps.tries.forget(stored);
    deps.contests.forget(stored);
  }
  return earliest(decision.wakeAt, dueAt, againAt, lookAt, warmAt, checkAt);
}
