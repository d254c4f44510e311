import type { KubeObject } from '../../api/meta.ts';
import type { Release } from '../../api/release/release.ts';
import { type Decision, decide } from '../../release/decide.ts';
import { isFinal } from '../../release/machine.ts';
import type { Observation } from '../../release/observed.ts';
import { initialStatus } from '../../release/status/apply-transition.ts';
import { currentSpan, spansOf } from '../../release/trace/spans.ts';
import { earliest, type PassDeps } from '../pass-deps.ts';
import { commitDesired } from './commit.ts';
import { type Observed, observe } from './observe.ts';
import { OBSERVERS } from './observers.ts';
import { persist } from './persist.ts';
import { measure, tell } from './tell.ts';

interface Decided {
  /** What it was decided from. */
  readonly observation: Observation;
  /** Null where the metrics have not answered yet. */
  readonly decision: Decision | null;
  /** When an observer will have more to say. */
  readonly againAt: number | undefined;
}

/** Asks one observer after the other, and decides after each that has something to say, until the release moves. */
async function decideBySteps(
  deps: PassDeps,
  stored: Release,
  { observation: first, router }: Observed,
): Promise<Decided> {
  let observation = first;
  let decision: Decision | null = null;
  let againAt: number | undefined;
  for (const { observe: ask, budgetMs } of OBSERVERS) {
    const status = decision?.status ?? first.release.status ?? initialStatus(first.release);
    // oxlint-disable-next-line no-await-in-loop -- the next one is asked only where this one changes nothing
    const found = await ask(deps, { stored, observation, status }, budgetMs);
    if (found.isPending === true) return { observation, decision: null, againAt: found.againAt };
    againAt = earliest(againAt, found.againAt);
    observation = { ...observation, ...found.facts };
    if (decision === null || Object.keys(found.facts).length > 0) decision = decide(observation, router);
    if (decision.moved) break;
  }
  return { observation, decision, againAt };
}

/** The Release with what is known of its status beyond what is stored. */
function withDraft({ drafts }: PassDeps, stored: Release): Release {
  const draft = drafts.get(stored);
  return draft === undefined ? stored : { ...stored, status: draft.status };
}

/** Nothing is remembered of a release that has ended. */
function forget({ tries, contests, departures }: PassDeps, stored: Release): void {
  tries.forget(stored);
  departures.forget(stored);
  contests.forget(stored);
}

/** One pass over a release that is under way. Answers when to come back without being woken. */
export function passRelease(
  deps: PassDeps,
  rollout: KubeObject | null,
  stored: Release,
  now: number,
): Promise<number | undefined> {
  return deps.tracing.within(
    () => currentSpan(stored),
    () => pass(deps, rollout, stored, now),
  );
}

async function pass(
  deps: PassDeps,
  rollout: KubeObject | null,
  stored: Release,
  now: number,
): Promise<number | undefined> {
  const known = withDraft(deps, stored);
  const observed = observe(deps, rollout, known, now);
  const { observation, decision, againAt } = await decideBySteps(deps, stored, observed);
  if (decision === null) {
    // Drift is corrected even if the metrics are slow.
    if (known.status !== undefined)
      await commitDesired(deps, observation, { status: known.status, written: false });
    return againAt;
  }
  deps.record(observation, decision);
  const { status } = decision;
  const { written, dueAt } = await persist(deps, stored, decision, now);
  measure(deps, known, status, now);
  if (written) deps.tracing.emit(() => spansOf({ release: stored, after: status, now }));
  tell(deps, { release: stored, rollout, deployment: observation.deployment?.object ?? null }, decision);
  const triedAt = await commitDesired(deps, observation, { status, written });
  if (isFinal(status.phase)) forget(deps, stored);
  return earliest(decision.wakeAt, dueAt, triedAt, againAt);
}
